// Elements from plain values. Text is text: nothing here reads markup.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "text") made.textContent = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
function shape(name, properties = {}, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
function byId(id) {
  return document.getElementById(id);
}
// What a colour stands for.
function colourKey(name, text) {
  return element("span", { class: "key" }, element("span", { class: `swatch ${name}` }), text);
}
// Read out by screen readers.
function announce(text) {
  byId("announcer").textContent = text;
}
// Buttons of which one is pressed.
function choice(label, options, chosen, onchange) {
  const group = element("div", { class: "group", role: "group", "aria-label": label });
  for (const { value, text, title } of options) {
    group.append(element("button", { type: "button", text, title, "aria-pressed": String(value === chosen),
                                     "data-value": value, onclick: () => onchange(value) }));
  }
  return group;
}
