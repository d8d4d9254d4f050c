// A lane for each thread, beneath the curve: the stronger the more it allocates and frees. None where there is one thread.
const kLane = 15;

// What of its label there is room for beside the lane: of one that ends with the thread's id, that.
function shortLabel({ label, tid }) {
  if (label.length <= 9) return label;
  return tid !== 0 && label.endsWith(` ${tid}`) ? String(tid) : `${label.slice(0, 8)}…`;
}

// `timeline` knows where a time is.
function drawLanes({ lanes, borders, margins }, timeline) {
  const root = byId("lanes");
  root.hidden = lanes.length < 2;
  if (root.hidden) return;
  const most = Math.max(...lanes.flatMap((lane) => lane.levels)), from = timeline.x(0), to = timeline.x(borders.at(-1));
  const svg = shape("svg", { role: "img", viewBox: `0 0 ${timeline.width} ${lanes.length * kLane}`, height: lanes.length * kLane, "aria-label":
    `Threads, with how often they allocate and free: ${lanes.map((lane) => `${lane.label} ${grouped(lane.events)}`).join(", ")}` });
  lanes.forEach((lane, row) => {
    const y = row * kLane;
    const group = shape("g");
    group.append(shape("title", {}, `${lane.label}: ${grouped(lane.events)} ${margins ? "recorded " : ""}allocations and frees, of all layers`),
      shape("text", { x: from - 8, y: y + 10, "text-anchor": "end" }, shortLabel(lane)),
      shape("rect", { class: "track", x: from, y, width: to - from, height: kLane - 3 }));
    lane.levels.forEach((level, i) => {
      if (level === 0) return;
      const left = timeline.x(borders[i]), share = Math.log1p(level) / Math.log1p(most);
      group.append(shape("rect", { class: "busy", x: left.toFixed(1), y, width: (timeline.x(borders[i + 1]) - left).toFixed(1), height: kLane - 3, "fill-opacity": (0.25 + 0.75 * share).toFixed(2) }));
    });
    svg.append(group);
  });
  root.replaceChildren(svg);
}
