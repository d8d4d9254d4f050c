// Live bytes over time, and a brush on it. The brush lies on borders of buckets: only there figures are known exactly.
const kMargin = { left: 68, right: 14, top: 26, bottom: 24 };

const kMostRss = 4;

// Round figures up to `most`, in powers of two times 1, 2 or 5 of a unit.
function byteTicks(most) {
  let step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(most, 4) / 4)));
  if (most / step > 5) step *= 2;
  const ticks = [];
  for (let tick = 0; tick <= most; tick += step) ticks.push(tick);
  return ticks;
}
function timeTicks(most, count) {
  const raw = Math.max(most, 1) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((one) => one * power >= raw) * power;
  const ticks = [];
  for (let tick = 0; tick <= most; tick += step) ticks.push(tick);
  return ticks;
}
// The tick's own digits: "1.5 s" for 1.50 s.
function tickText(text) {
  return text.replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ");
}

class Timeline {
  constructor(report, onrange) {
    Object.assign(this, { report, onrange, range: null });
    this.root = byId("timeline");
    this.buckets = report.borders.length - 1;
    this.live = Math.max(1, ...report.curve.high);
    this.resident = Math.max(0, ...report.rss.bytes);
    // A resident set that is much larger would flatten the curve.
    // Samples of a moment alone are no curve.
    const times = report.rss.time_ns, isCurve = times.length > 1 && times.at(-1) - times[0] > report.duration_ns / 4;
    this.hasRss = isCurve && this.resident < kMostRss * this.live;
    this.handles = ["from", "to"].map((side) => this.makeHandle(side));
    new ResizeObserver(() => this.draw()).observe(this.root);
    this.listen();
    this.draw();
  }
  showRss(isShown) {
    this.hasRss = isShown;
    this.draw();
  }
  get first() { return this.report.first_bucket; }
  x(ns) {
    return kMargin.left + (this.width - kMargin.left - kMargin.right) * ns / Math.max(1, this.report.duration_ns);
  }
  y(bytes) {
    return this.height - kMargin.bottom - (this.height - kMargin.top - kMargin.bottom) * bytes / this.most;
  }
  // The border next to a place on the screen.
  borderAt(clientX) {
    const x = clientX - this.root.getBoundingClientRect().left;
    const share = (x - kMargin.left) / (this.width - kMargin.left - kMargin.right);
    return Math.max(this.first, Math.min(this.buckets, Math.round(share * this.buckets)));
  }
  makeHandle(side) {
    const handle = element("button", { type: "button", class: "handle", role: "slider", "aria-orientation": "horizontal",
      "aria-label": side === "from" ? "Begin of the range" : "End of the range" });
    handle.addEventListener("keydown", (event) => this.moveByKey(event, side));
    handle.addEventListener("pointerdown", (event) => this.drag(event, side));
    return handle;
  }
  listen() {
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest(".handle")) return;
      const start = this.borderAt(event.clientX);
      this.follow(event, (at) => { if (at !== start) this.set({ from: Math.min(start, at), to: Math.max(start, at) }); });
    });
    this.root.addEventListener("pointermove", (event) => this.hover(event));
    this.root.addEventListener("pointerleave", () => this.cursor?.setAttribute("visibility", "hidden"));
    this.root.addEventListener("keydown", (event) => { if (event.key === "Escape") this.set(null); });
  }
  follow(event, move) {
    // At most once a frame: the tables may take longer than the pointer.
    this.root.setPointerCapture(event.pointerId);
    let last = null, frame = 0;
    const settle = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      if (last !== null) move(this.borderAt(last));
      last = null;
    };
    const onmove = (moved) => {
      last = moved.clientX;
      if (!frame) frame = requestAnimationFrame(settle);
    };
    this.root.addEventListener("pointermove", onmove);
    const end = () => {
      this.root.removeEventListener("pointermove", onmove);
      settle();
    };
    this.root.addEventListener("pointerup", end, { once: true });
    this.root.addEventListener("pointercancel", end, { once: true });
  }
  drag(event, side) {
    event.preventDefault();
    event.currentTarget.focus();
    this.follow(event, (at) => this.move(side, at));
  }
  move(side, at) {
    const range = this.range ?? { from: this.first, to: this.buckets };
    if (side === "from") this.set({ from: Math.max(this.first, Math.min(at, range.to - 1)), to: range.to });
    else this.set({ from: range.from, to: Math.min(this.buckets, Math.max(at, range.from + 1)) });
  }
  moveByKey(event, side) {
    const range = this.range ?? { from: this.first, to: this.buckets };
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -8, PageUp: 8 };
    if (event.key in steps) this.move(side, range[side] + steps[event.key]);
    else if (event.key === "Home") this.move(side, this.first);
    else if (event.key === "End") this.move(side, this.buckets);
    else return;
    event.preventDefault();
  }
  // Of all there is: no range.
  set(range) {
    if (range && range.from === 0 && range.to === this.buckets) range = null;
    if (range?.from === this.range?.from && range?.to === this.range?.to) return;
    this.range = range;
    this.placeRange();
    this.onrange(range);
  }

  draw() {
    this.width = Math.max(280, this.root.clientWidth);
    this.height = this.width < 560 ? 180 : 220;
    this.most = Math.max(this.live, this.hasRss ? this.resident : 0);
    const { peak, curve } = this.report;
    const svg = shape("svg", { role: "img", viewBox: `0 0 ${this.width} ${this.height}`, "aria-label":
      `Live bytes over ${humanTime(this.report.duration_ns)}: at most ${bothBytes(peak.bytes)} at ${humanTime(peak.time_ns)}` });
    svg.append(...this.axes(), this.area("high", curve.high), this.area("low", curve.low));
    if (this.hasRss) svg.append(this.rssLine());
    svg.append(...this.marks());
    this.shades = [shape("rect", { class: "outside" }), shape("rect", { class: "outside" }), shape("rect", { class: "inside" })];
    this.cursor = shape("g", { visibility: "hidden" });
    svg.append(...this.shades, ...this.peak(), this.cursor);
    this.root.replaceChildren(svg, ...(this.buckets - this.first > 1 ? this.handles : []));
    this.placeRange();
    drawLanes(this.report, this);
  }
  axes() {
    const made = [], right = this.width - kMargin.right, bottom = this.height - kMargin.bottom;
    for (const tick of byteTicks(this.most)) {
      made.push(shape("line", { class: tick ? "grid" : "axis", x1: kMargin.left, x2: right, y1: this.y(tick), y2: this.y(tick) }));
      made.push(shape("text", { x: kMargin.left - 8, y: this.y(tick) + 4, "text-anchor": "end" }, tickText(humanBytes(tick))));
    }
    for (const tick of timeTicks(this.report.duration_ns, this.width < 560 ? 3 : 7)) {
      made.push(shape("line", { class: "axis", x1: this.x(tick), x2: this.x(tick), y1: bottom, y2: bottom + 4 }));
      if (this.x(tick) < right - 8)
        made.push(shape("text", { x: this.x(tick), y: bottom + 17, "text-anchor": "middle" }, tick ? tickText(humanTime(Math.round(tick))) : "0"));
    }
    return made;
  }
  area(name, levels) {
    const { begin } = this.report.curve, points = [`${this.x(0)},${this.y(0)}`];
    levels.forEach((level, i) => {
      const y = this.y(level).toFixed(1);
      points.push(`${this.x(begin[i]).toFixed(1)},${y}`, `${this.x(begin[i + 1] ?? this.report.duration_ns).toFixed(1)},${y}`);
    });
    points.push(`${this.x(this.report.duration_ns)},${this.y(0)}`);
    return shape("polygon", { class: name, points: points.join(" ") });
  }
  rssLine() {
    const { time_ns: times, bytes } = this.report.rss;
    return shape("polyline", { class: "rss", points: times.map((time, i) => `${this.x(time).toFixed(1)},${this.y(bytes[i]).toFixed(1)}`).join(" ") });
  }
  marks() {
    const made = [];
    let free = 0;
    for (const mark of this.report.marks.rows) {
      const x = this.x(mark.time_ns);
      const line = shape("line", { class: "mark", x1: x, x2: x, y1: kMargin.top - 8, y2: this.height - kMargin.bottom });
      line.append(shape("title", {}, `${mark.name} at ${humanTime(mark.time_ns)}`));
      made.push(line);
      if (x < free || x > this.width - 60) continue;
      const name = mark.name.length > 18 ? `${mark.name.slice(0, 17)}…` : mark.name;
      made.push(shape("text", { x: x + 3, y: 11 }, name));
      free = x + 12 + 6.4 * name.length;
    }
    return made;
  }
  peak() {
    const { peak } = this.report;
    if (peak.bytes === 0) return [];
    const x = this.x(peak.time_ns), y = this.y(peak.bytes), text = `peak ${humanBytes(peak.bytes)} at ${humanTime(peak.time_ns)}`;
    const isLeft = x > this.width / 2 && x + 9 + 6.8 * text.length > this.width;
    return [shape("circle", { class: "peak", cx: x, cy: y, r: 4.5 }),
            shape("text", { class: "peak-text", x: isLeft ? x - 9 : x + 9, y: Math.max(y - 6, 25), "text-anchor": isLeft ? "end" : "start" },
                  text)];
  }
  placeRange() {
    const { borders } = this.report, shown = this.range ?? { from: 0, to: this.buckets };
    const from = this.x(borders[shown.from]), to = this.x(borders[shown.to]);
    const top = kMargin.top - 4, height = this.height - kMargin.bottom - top;
    const place = (box, x, width) => {
      for (const [key, value] of Object.entries({ x, y: top, width: Math.max(0, width), height })) box.setAttribute(key, value);
      box.setAttribute("visibility", this.range ? "visible" : "hidden");
    };
    place(this.shades[0], kMargin.left, from - kMargin.left);
    place(this.shades[1], to, this.width - kMargin.right - to);
    place(this.shades[2], from, to - from);
    this.handles.forEach((handle, i) => {
      const side = i === 0 ? "from" : "to";
      handle.style.left = `${i === 0 ? from : to}px`;
      handle.style.top = `${top}px`;
      handle.style.height = `${height}px`;
      handle.setAttribute("aria-valuemin", this.first);
      handle.setAttribute("aria-valuemax", this.buckets);
      handle.setAttribute("aria-valuenow", shown[side]);
      handle.setAttribute("aria-valuetext", humanTime(borders[shown[side]]));
    });
  }
  hover(event) {
    const { begin, high, low } = this.report.curve;
    const x = event.clientX - this.root.getBoundingClientRect().left;
    const ns = (x - kMargin.left) / (this.width - kMargin.left - kMargin.right) * this.report.duration_ns;
    if (ns < 0 || ns > this.report.duration_ns) return this.cursor.setAttribute("visibility", "hidden");
    let step = begin.findIndex((time) => time > ns);
    step = (step < 0 ? begin.length : step) - 1;
    const text = `${humanTime(Math.round(ns))}: ${low[step] === high[step] ? "" : `${humanBytes(low[step])} to `}${humanBytes(high[step])}`;
    const isLeft = x > this.width / 2;
    this.cursor.replaceChildren(shape("line", { class: "cursor", x1: x, x2: x, y1: kMargin.top, y2: this.height - kMargin.bottom }),
      shape("text", { class: "cursor-text", x: isLeft ? x - 6 : x + 6, y: this.height - kMargin.bottom - 8, "text-anchor": isLeft ? "end" : "start" }, text));
    this.cursor.setAttribute("visibility", "visible");
  }
}

function showLegend(report, timeline) {
  const parts = [colourKey("low", "least"), colourKey("high", "most live in a step")];
  if (report.rss.bytes.length > 1) {
    const button = element("button", { type: "button", class: "legend", "aria-pressed": String(timeline.hasRss) }, element("span", { class: "swatch rss" }), "resident set");
    button.addEventListener("click", () => {
      timeline.showRss(!timeline.hasRss);
      button.setAttribute("aria-pressed", String(timeline.hasRss));
    });
    parts.push(button);
  }
  byId("legend").replaceChildren(...parts);
}

// Where the axis ends before the run does.
function showQuietEnd({ quiet_end: quiet }) {
  if (!quiet) return;
  const rss = quiet.rss_bytes ? `; the resident set there comes to ${humanBytes(quiet.rss_bytes)} at most` : "";
  byId("quiet-end").textContent = `Not drawn: no events from ${humanTime(quiet.from_ns)} to the end at ${humanTime(quiet.to_ns)}${rss}.`;
  byId("quiet-end").hidden = false;
}

function rangeWords(report, range) {
  return `from ${humanTime(report.borders[range.from])} to ${humanTime(report.borders[range.to])}`;
}

// The line below: which range, what it holds, and how to leave it.
function showRange(report, range, timeline) {
  const bar = byId("range");
  if (!range) {
    bar.replaceChildren(element("span", { class: "quiet", text: `Drag across the curve, or move its handles, to see a part of the run: the flame graph and the tables follow${report.diff ? "; changes are of whole runs" : ""}.` }));
    return;
  }
  const sum = (cost) => totalsOf(report.callers, cost, range)[0];
  const { begin, high } = report.curve, from = report.borders[range.from], to = report.borders[range.to];
  const highest = Math.max(...high.filter((_, i) => begin[i] >= from && begin[i] < to));
  bar.replaceChildren(
    element("strong", { text: `${humanTime(from)} – ${humanTime(to)}` }),
    element("span", { text: `${humanBytes(sum("allocated"))} allocated in ${counted(sum("count"), "block")}, ${humanBytes(sum("leaked"))} of it still live after it; at most ${humanBytes(highest)} live` }),
    element("button", { type: "button", class: "plain", text: "Whole run", onclick: () => timeline.set(null) }));
}
