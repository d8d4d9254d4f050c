// The flame graph, on a canvas: the root on top, width is the share of the cost. A table says the same.
const kRow = 20;
const kFont = "12px system-ui, 'DejaVu Sans', sans-serif";

// A number that is the same for a name always.
function hashOf(name) {
  let hash = 2166136261;
  for (let i = 0; i < name.length; ++i) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619) >>> 0;
  return hash;
}

// Rectangles of what lies below `top`, and of the way to it: pure arithmetic. Children are laid out largest first;
// narrower ones than `least` of the width are left out.
function layOut(tree, totals, top, width, least) {
  const boxes = [], way = [];
  for (let node = top; ; node = tree.parent[node]) {
    way.unshift(node);
    if (node === 0) break;
  }
  way.slice(0, -1).forEach((node, depth) => boxes.push({ node, depth, x: 0, width, isWay: true }));
  if (totals[top] <= 0) return boxes;
  const scale = width / totals[top], stack = [{ node: top, depth: way.length - 1, x: 0 }];
  while (stack.length > 0) {
    const box = stack.pop();
    box.width = totals[box.node] * scale;
    boxes.push(box);
    let x = box.x;
    const children = tree.children[box.node].filter((child) => totals[child] * scale >= least);
    for (const child of children.sort((a, b) => totals[b] - totals[a] || a - b)) {
      stack.push({ node: child, depth: box.depth + 1, x });
      x += totals[child] * scale;
    }
  }
  return boxes;
}

class FlameGraph {
  // `colour(node, palette)` and `describe(node)` say how a node looks and what it is in words.
  constructor(root, { describe, colour, onzoom, label }) {
    Object.assign(this, { describe, colour, onzoom, root });
    this.canvas = element("canvas", { tabindex: "0", role: "application", "aria-label": label,
      "aria-description": "Arrow keys move, Enter zooms in, Escape zooms out, slash searches. The table below has the same figures." });
    this.space = element("div");
    this.scroller = element("div", { class: "scroller" }, this.space);
    this.space.append(this.canvas);
    this.tip = element("div", { class: "tip", hidden: "" });
    this.status = element("p", { id: undefined, class: "flame-status quiet", "aria-live": "polite" });
    root.append(this.scroller, this.status, this.tip);
    this.top = 0;
    this.focus = 0;
    this.words = "";
    this.listen();
  }
  listen() {
    new ResizeObserver(() => this.layout()).observe(this.root);
    theme.watchers.push(() => this.paint());
    this.scroller.addEventListener("scroll", () => this.paint());
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.hideTip());
    this.canvas.addEventListener("click", (event) => {
      const box = this.boxAt(event);
      if (box) this.zoom(box.node);
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("focus", () => { this.paint(); this.say(); });
    this.canvas.addEventListener("blur", () => this.paint());
    addEventListener("beforeprint", () => { this.isPrinting = true; this.layout(); });
    addEventListener("afterprint", () => { this.isPrinting = false; this.layout(); });
  }
  set(tree, totals, cost) {
    if (tree !== this.tree) this.top = this.focus = 0;
    Object.assign(this, { tree, totals, cost });
    if (totals[this.top] <= 0) this.top = 0;
    if (totals[this.focus] <= 0) this.focus = this.top;
    this.match();
    this.layout();
    this.onzoom(this.top);
  }
  search(words) {
    this.words = words.toLowerCase();
    this.match();
    this.paint();
  }
  // What is found counts once, where it lies below something found.
  match() {
    this.found = null;
    if (!this.words || !this.tree) return;
    const { tree, totals } = this;
    this.found = new Uint8Array(tree.size);
    const below = new Uint8Array(tree.size);
    this.foundSum = 0;
    this.foundCount = 0;
    this.hasFolded = tree.kind.some((kind, node) => kind === 2 && totals[node] > 0);
    for (let i = 1; i < tree.size; ++i) {
      below[i] = below[tree.parent[i]] | this.found[tree.parent[i]];
      const isFound = tree.kind[i] !== 2 && `${tree.label[i]} ${tree.detail[i]} ${tree.whole[i]}`.toLowerCase().includes(this.words);
      this.found[i] = isFound ? 1 : 0;
      if (!isFound) continue;
      ++this.foundCount;
      if (!below[i]) this.foundSum += totals[i];
    }
  }
  layout() {
    if (!this.tree) return;
    this.width = Math.max(200, this.scroller.clientWidth);
    this.boxes = layOut(this.tree, this.totals, this.top, this.width, 0.4);
    const rows = 1 + this.boxes.reduce((most, box) => Math.max(most, box.depth), 0);
    this.rows = Array.from({ length: rows }, () => []);
    for (const box of this.boxes) this.rows[box.depth].push(box);
    for (const row of this.rows) row.sort((a, b) => a.x - b.x);
    this.full = rows * kRow;
    this.space.style.height = `${this.full}px`;
    this.paint();
  }
  paint() {
    if (!this.boxes) return;
    const height = this.isPrinting ? Math.min(this.full, 700) : Math.min(this.full, 618);
    const ratio = devicePixelRatio || 1, { canvas } = this, offset = this.isPrinting ? 0 : this.scroller.scrollTop;
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${this.width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.font = kFont;
    pen.textBaseline = "middle";
    const palette = this.palette();
    const first = Math.floor(offset / kRow), last = Math.min(this.rows.length - 1, Math.ceil((offset + height) / kRow));
    for (let row = first; row <= last; ++row)
      for (const box of this.rows[row]) this.paintBox(pen, box, row * kRow - offset, palette);
  }
  palette() {
    const names = ["bar-text", "panel", "found", "text", "folded", "grown", "shrunk", "same"];
    for (let i = 0; i < 6; ++i) names.push(`program-${i}`);
    for (let i = 0; i < 4; ++i) names.push(`system-${i}`);
    return Object.fromEntries(names.map((name) => [name, theme.colour(name)]));
  }
  paintBox(pen, box, y, palette) {
    const { tree } = this, width = Math.max(box.width - 1, 0.6);
    pen.globalAlpha = box.isWay ? 0.55 : this.found && !this.found[box.node] ? 0.35 : 1;
    pen.fillStyle = this.colour(tree, box.node, palette);
    pen.fillRect(box.x, y, width, kRow - 1);
    pen.globalAlpha = 1;
    if (this.found?.[box.node]) {
      pen.fillStyle = palette.found;
      pen.fillRect(box.x, y + kRow - 4, width, 3);
    }
    if (box.node === this.focus && document.activeElement === this.canvas) {
      pen.strokeStyle = palette.text;
      pen.lineWidth = 2;
      pen.strokeRect(box.x + 1, y + 1, Math.max(width - 2, 2), kRow - 3);
    }
    if (width < 28) return;
    pen.fillStyle = palette["bar-text"];
    pen.fillText(fitted(pen, tree.label[box.node], width - 8), box.x + 4, y + kRow / 2);
  }
  boxAt(event) {
    const place = this.canvas.getBoundingClientRect();
    const row = this.rows[Math.floor((event.clientY - place.top + this.scroller.scrollTop) / kRow)];
    const x = event.clientX - place.left;
    return row?.findLast((box) => box.x <= x && x < box.x + Math.max(box.width, 1));
  }
  hover(event) {
    const box = this.boxAt(event);
    this.canvas.style.cursor = box ? "pointer" : "default";
    if (!box) return this.hideTip();
    this.tip.replaceChildren(...this.describe(box.node).map((text, i) => element("p", { class: i === 0 ? "name" : "quiet", text })));
    this.tip.hidden = false;
    const { width, height } = this.tip.getBoundingClientRect();
    this.tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
    this.tip.style.top = `${event.clientY + 18 + height > innerHeight ? Math.max(4, event.clientY - height - 12) : event.clientY + 18}px`;
  }
  hideTip() {
    this.tip.hidden = true;
  }
  zoom(node) {
    this.top = this.focus = node;
    this.hideTip();
    this.scroller.scrollTop = Math.max(0, (this.tree.depth[node] - 3) * kRow);
    this.layout();
    this.say();
    this.onzoom(node);
  }
  say() {
    if (this.tree) this.status.textContent = this.describe(this.focus).join(" · ");
  }
  visibleChildren(node) {
    return this.tree.children[node].filter((child) => this.totals[child] > 0).sort((a, b) => this.totals[b] - this.totals[a] || a - b);
  }
  key(event) {
    const { tree, focus } = this;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const beside = (step) => {
      const all = this.visibleChildren(tree.parent[focus]);
      return all[all.indexOf(focus) + step];
    };
    let to;
    if (event.key === "ArrowDown") to = this.visibleChildren(focus)[0];
    else if (event.key === "ArrowUp") to = focus === 0 ? undefined : tree.parent[focus];
    else if (event.key === "ArrowRight") to = focus === 0 ? undefined : beside(1);
    else if (event.key === "ArrowLeft") to = focus === 0 ? undefined : beside(-1);
    else if (event.key === "Home") to = this.top;
    else if (event.key === "Enter" || event.key === " ") this.zoom(focus);
    else if (event.key === "Escape") this.zoom(this.top === 0 ? 0 : tree.parent[this.top]);
    else return;
    event.preventDefault();
    if (to === undefined) return;
    this.focus = to;
    const y = tree.depth[to] * kRow;
    if (y < this.scroller.scrollTop) this.scroller.scrollTop = y;
    if (y + kRow > this.scroller.scrollTop + 618) this.scroller.scrollTop = y + kRow - 618;
    this.paint();
    this.say();
  }
}

function fitted(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  let least = 0, most = Math.min(text.length, Math.ceil(room / 3));
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= room) least = middle;
    else most = middle - 1;
  }
  return least > 1 ? `${text.slice(0, least)}…` : "";
}

function colourOfCall(tree, node, palette) {
  if (tree.kind[node] === 2) return palette.folded;
  const hash = hashOf(tree.label[node]);
  return tree.kind[node] === 0 ? palette[`program-${hash % 6}`] : palette[`system-${hash % 4}`];
}

// The way to the node that is zoomed in on, as buttons.
function wayTo(tree, node, zoom) {
  const way = [];
  for (let at = node; ; at = tree.parent[at]) {
    way.unshift(at);
    if (at === 0) break;
  }
  const shown = way.length > 9 ? [...way.slice(0, 3), null, ...way.slice(-5)] : way;
  return shown.flatMap((at, i) => [i > 0 ? element("span", { class: "quiet", "aria-hidden": "true", text: "›" }) : null,
    at === null ? element("span", { class: "quiet", text: "…" })
                : element("button", { type: "button", text: tree.label[at], title: tree.whole[at] || tree.label[at], onclick: () => zoom(at) })]).filter(Boolean);
}

// What the node calls, as a table: the flame graph for whoever can't see it.
function callTable(graph, cost) {
  const { tree, totals, top } = graph, rows = graph.visibleChildren(top);
  return new SortedTable({
    caption: `Below ${tree.label[top]}: ${amount(cost, totals[top])}`, rows, sortedBy: 1,
    columns: [
      { title: "Call", isText: true, value: (node) => tree.label[node],
        cell: (node) => element("span", {}, element("button", { type: "button", class: "opener", text: tree.label[node], title: tree.whole[node] || undefined,
          onclick: () => graph.zoom(node) }), element("span", { class: "detail", text: tree.detail[node] })) },
      { title: "With all below", value: (node) => totals[node], text: (node) => amount(cost, totals[node]), hover: (node) => exactAmount(cost, totals[node]) },
      { title: "Share", value: (node) => totals[node], text: (node) => shareOf(totals[node], totals[0]) },
      { title: "Calls below", value: (node) => tree.children[node].length, text: (node) => grouped(tree.children[node].length) },
    ],
  });
}
