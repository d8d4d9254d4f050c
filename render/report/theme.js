// Light and dark: as the system has it, until somebody chooses.
const theme = {
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  watchers: [],
  set(dark) {
    this.dark = dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    for (const watcher of this.watchers) watcher();
  },
  colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  },
};

function startTheme() {
  const button = document.getElementById("theme");
  const show = () => { button.textContent = theme.dark ? "Light" : "Dark"; };
  theme.watchers.push(show);
  theme.set(theme.dark);
  button.setAttribute("aria-label", "Switch between light and dark");
  button.addEventListener("click", () => theme.set(!theme.dark));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => theme.set(event.matches));
  let wasDark = false;
  addEventListener("beforeprint", () => { wasDark = theme.dark; theme.set(false); });
  addEventListener("afterprint", () => theme.set(wasDark));
  document.getElementById("print").addEventListener("click", () => print());
}
