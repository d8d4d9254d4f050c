// Tables that can be sorted, filtered and opened; they are empty until show(). A column is {title, text(row), value(row)} or {title, cell(row)}.
const kPage = 25;

class SortedTable {
  constructor({ caption, columns, rows, all, note, sortedBy, filter, details }) {
    Object.assign(this, { caption, columns, rows, all: all ?? rows.length, note: note ?? "", filter, details });
    this.column = sortedBy ?? columns.length - 1;
    this.isDescending = true;
    this.shown = kPage;
    this.words = "";
    this.root = element("div");
    if (filter) this.root.append(this.makeFilter());
    this.wide = element("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption });
    this.after = element("div", { class: "more bar" });
    this.root.append(this.wide, this.after);
  }
  // Filtered and as long as another one, and if `isSorted` in the same order, where it has such a column.
  goOnFrom(other, isSorted) {
    const title = other.columns[other.column].title, column = this.columns.findIndex((one) => one.title === title);
    if (isSorted && column >= 0) Object.assign(this, { column, isDescending: other.isDescending });
    if (this.filter) this.input.value = other.input.value;
    Object.assign(this, { words: other.words, shown: other.shown });
  }
  makeFilter() {
    const input = this.input = element("input", { type: "search", placeholder: "Filter by name", "aria-label": `Filter: ${this.caption}` });
    input.addEventListener("input", () => {
      this.words = input.value.toLowerCase();
      this.shown = kPage;
      this.show();
    });
    return element("div", { class: "filter bar" }, input);
  }
  chosenRows() {
    const column = this.columns[this.column], sign = this.isDescending ? -1 : 1;
    const key = column.value ?? column.text;
    const rows = this.words ? this.rows.filter((row) => this.filter(row).toLowerCase().includes(this.words)) : [...this.rows];
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : a - b);
    return rows.map((row, i) => [key(row), i, row]).sort((a, b) => sign * compare(a[0], b[0]) || a[1] - b[1]).map((entry) => entry[2]);
  }
  sortBy(index) {
    this.isDescending = this.column === index ? !this.isDescending : !this.columns[index].isText;
    this.column = index;
    this.show();
    this.wide.querySelectorAll("th button")[index].focus();
    announce(`sorted by ${this.columns[index].title}, ${this.isDescending ? "descending" : "ascending"}`);
  }
  head() {
    const cells = this.columns.map((column, i) => {
      const sort = i === this.column ? (this.isDescending ? "descending" : "ascending") : undefined;
      return element("th", { scope: "col", class: column.isText ? "text" : undefined, "aria-sort": sort },
                     element("button", { type: "button", text: column.title, title: column.help, onclick: () => this.sortBy(i) }));
    });
    return element("thead", {}, element("tr", {}, ...cells));
  }
  cellOf(column, row) {
    const cell = element("td", { class: column.isText ? "text" : undefined });
    if (column.cell) cell.append(column.cell(row));
    else cell.textContent = column.text(row);
    if (column.hover) cell.title = column.hover(row);
    return cell;
  }
  rowOf(row) {
    const line = element("tr", {}, ...this.columns.map((column) => this.cellOf(column, row)));
    const opener = line.querySelector(".opener");
    if (opener && this.details) opener.addEventListener("click", () => this.toggle(line, opener, row));
    return line;
  }
  toggle(line, opener, row) {
    const isOpen = opener.getAttribute("aria-expanded") === "true";
    opener.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) return line.nextSibling.remove();
    line.after(element("tr", {}, element("td", { class: "stack", colspan: this.columns.length }, this.details(row))));
  }
  // Answers the root.
  show() {
    const rows = this.chosenRows();
    const body = element("tbody", {}, ...rows.slice(0, this.shown).map((row) => this.rowOf(row)));
    this.wide.replaceChildren(element("table", {}, element("caption", {}, element("span", { text: this.caption })), this.head(), body));
    this.after.replaceChildren();
    if (rows.length === 0) this.after.append(element("span", { class: "quiet", text: this.words ? "No name has that." : "None." }));
    if (rows.length > this.shown) {
      const left = rows.length - this.shown;
      this.after.append(element("button", { type: "button", class: "plain", text: `Show ${grouped(Math.min(left, 4 * kPage))} more`,
        onclick: () => { this.shown += 4 * kPage; this.show(); } }),
        element("span", { class: "quiet", text: `${grouped(left)} not shown` }));
    } else if (this.all > this.rows.length) {
      this.after.append(element("span", { class: "quiet", text: `The page has the first ${grouped(this.rows.length)} of ${grouped(this.all)}.` }));
    }
    if (this.note) this.after.append(element("span", { class: "quiet", text: this.note }));
    return this.root;
  }
}

// A name, and where it is.
function nameCell(label, detail, { opens = false, whole = "" } = {}) {
  const name = opens ? element("button", { type: "button", class: "opener", "aria-expanded": "false", text: label, title: whole || undefined })
                     : element("span", { text: label, title: whole || undefined });
  return element("span", {}, name, detail ? element("span", { class: "detail", text: detail }) : null);
}
function meterCell(text, part, whole) {
  const fill = element("span");
  fill.style.width = `${whole > 0 ? Math.max(0, Math.min(100, 100 * part / whole)) : 0}%`;
  return element("span", {}, text, element("span", { class: "meter", "aria-hidden": "true" }, fill));
}
