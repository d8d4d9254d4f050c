// The tables, one a tab.
function siteRows(report, range) {
  const tree = report.callers, costs = costsOf(report, range), totals = costs.map((cost) => totalsOf(tree, cost, range));
  return tree.children[0].map((node) => ({ node, values: Object.fromEntries(costs.map((cost, i) => [cost, totals[i][node]])) }))
    .filter((row) => costs.some((cost) => row.values[cost] > 0));
}

// The dearest ways from a site up to main: those of the nodes that it ends at, or that have a share of their own.
function dearestStacks(tree, totals, site) {
  const ends = [], below = [site];
  while (below.length > 0) {
    const node = below.pop(), children = tree.children[node].filter((child) => totals[child] > 0);
    const own = totals[node] - children.reduce((sum, child) => sum + totals[child], 0);
    if (own > 0) ends.push({ node, total: own });
    below.push(...children);
  }
  return ends.sort((a, b) => b.total - a.total || a.node - b.node);
}
function pathFrom(tree, site, node) {
  const path = [node];
  while (path[0] !== site) path.unshift(tree.parent[path[0]]);
  return path;
}

function stackDetails(report, node, cost, range, showInGraph) {
  const tree = report.callers, totals = totalsOf(tree, cost, range), ends = dearestStacks(tree, totals, node);
  const stacks = ends.slice(0, 5).map((end) => element("div", {},
    element("p", { text: `${exactAmount(cost, end.total)}, ${shareOf(end.total, totals[node])} of the site` }),
    element("ol", {}, ...pathFrom(tree, node, end.node).map((at) => element("li", { title: tree.whole[at] || undefined }, tree.label[at], element("span", { class: "detail", text: tree.detail[at] }))))));
  const rest = ends.slice(5).reduce((sum, end) => sum + end.total, 0);
  return element("div", { class: "stacks" }, ...stacks,
    rest > 0 ? element("p", { class: "quiet", text: `… and ${counted(ends.length - 5, "more stack")} with ${exactAmount(cost, rest)}, ${shareOf(rest, totals[node])} of the site` }) : null,
    element("p", {}, element("button", { type: "button", class: "plain", text: "Show its callers in the flame graph", onclick: () => showInGraph(node) })));
}

function sitesTable(report, range, state, showInGraph, caption) {
  const tree = report.callers, costs = costsOf(report, range);
  const cost = costs.includes(state.cost) ? state.cost : costs[0];
  const rows = siteRows(report, range), all = totalsOf(tree, cost, range)[0];
  const figure = (one) => ({ title: nameOf(one, range, report), value: (row) => row.values[one], hover: (row) => exactAmount(one, row.values[one]),
    cell: (row) => (one === cost ? meterCell(amount(one, row.values[one]), row.values[one], all) : element("span", { text: amount(one, row.values[one]) })) });
  return new SortedTable({
    caption,
    columns: [{ title: "Site", isText: true, value: (row) => tree.label[row.node],
                cell: (row) => nameCell(tree.label[row.node], tree.detail[row.node], { opens: tree.kind[row.node] !== 2, whole: tree.whole[row.node] }) },
              ...costs.map(figure)],
    rows, sortedBy: 1 + costs.indexOf(cost), filter: (row) => `${tree.label[row.node]} ${tree.detail[row.node]} ${tree.whole[row.node]}`,
    details: (row) => stackDetails(report, row.node, cost, range, showInGraph),
  });
}

function sparkOf(levels) {
  const svg = shape("svg", { class: "spark", viewBox: "0 0 110 20", "aria-hidden": "true" }), most = Math.max(1, ...levels);
  levels.forEach((level, i) => {
    const height = Math.max(level > 0 ? 1 : 0, 20 * level / most), width = 110 / levels.length;
    svg.append(shape("rect", { x: (i * width).toFixed(2), y: (20 - height).toFixed(2), width: (width * 0.85).toFixed(2), height: height.toFixed(2) }));
  });
  return svg;
}
const kGrowthWords = { steady: "grows steadily", one_off: "came at once", plateau: "grew to a level", unclear: "" };

// `range`: then of what is live at its end, as that is not the run's.
function leaksTable(list, range, caption, details) {
  const last = range ? { title: "Never freed", help: "Bytes of it that nothing freed later", value: (row) => row.never, hover: (row) => exactBytes(row.never), text: (row) => humanBytes(row.never) }
    : { title: "Over time", isText: true, value: (row) => kGrowthWords[row.growth], cell: (row) => element("span", {}, row.levels?.length ? sparkOf(row.levels) : null, element("span", { class: "detail", text: kGrowthWords[row.growth] })) };
  return new SortedTable({
    caption, rows: list.rows, all: list.all, sortedBy: 1, filter: (row) => `${row.label} ${row.detail}`, details,
    columns: [
      { title: "Site", isText: true, value: (row) => row.label, cell: (row) => nameCell(row.label, row.detail, { opens: true }) },
      { title: "Bytes", value: (row) => row.bytes, hover: (row) => exactBytes(row.bytes), cell: (row) => meterCell(humanBytes(row.bytes), row.bytes, list.bytes) },
      { title: "Blocks", value: (row) => row.blocks, text: (row) => grouped(row.blocks) },
      last,
    ],
  });
}

// Where a page has parts of the first rows alone.
function partsNote({ known, of }) {
  return known < of ? `The page has parts of ${grouped(known)} of ${grouped(of)} only.` : "";
}

// The clock knows none that is shorter than its step.
function lifetimeText(ns, stepNs) {
  return ns < stepNs ? `<${humanTime(stepNs)}` : humanTime(ns);
}

function lifetimesTable(list, range, stepNs, caption, first) {
  const inRange = range ? ", off by at most an eighth" : "";
  const time = (title, i, help) => ({ title, help: `${help}${inRange}`, value: (row) => row.lifetime_ns[i], text: (row) => (row.allocations === row.live ? "–" : lifetimeText(row.lifetime_ns[i], stepNs)) });
  const count = (title, key, help) => ({ title, help, value: (row) => row[key], text: (row) => grouped(row[key]) });
  return new SortedTable({
    caption, rows: list.rows, all: list.all, note: partsNote(list), sortedBy: 1, filter: (row) => `${row.label} ${row.detail}`,
    columns: [
      { title: first, isText: true, value: (row) => row.label, cell: (row) => nameCell(row.label, row.detail) },
      { title: "Byte-seconds", help: "Bytes times the time that they were live", value: (row) => row.byte_seconds, text: (row) => humanBytes(Math.round(row.byte_seconds)) + "·s" },
      count("Blocks", "allocations"), count("Live", "live", "Still live at the end of the run"), count("Temporary", "temporary"),
      time("Half within", 0, "Half of the released blocks lived no longer"), time("90 %", 1, "90 of a hundred lived no longer"), time("99 %", 2, "99 of a hundred lived no longer"),
      time("Longest", 3, "The longest lifetime"),
      count("Outlived", "outlived", "Lived longer than the thread that allocated them"), count("Freed elsewhere", "freed_elsewhere", "Released by another thread"),
    ],
  });
}

function loopsTable(list, caption) {
  return new SortedTable({
    caption, rows: list.rows, all: list.all, note: partsNote(list), sortedBy: 2,
    filter: (row) => `${row.site} ${row.caller}`,
    columns: [
      { title: "Site", isText: true, text: (row) => row.site }, { title: "Called by", isText: true, text: (row) => row.caller },
      { title: "Temporary", value: (row) => row.temporary, cell: (row) => meterCell(grouped(row.temporary), row.temporary, list.temporary) },
    ],
  });
}

function peaksTable(report, peaks, caption) {
  return new SortedTable({
    caption, rows: peaks, sortedBy: 1,
    columns: [
      { title: "At", isText: true, value: (peak) => peak.time_ns, text: (peak) => humanTime(peak.time_ns) },
      { title: "Live bytes", value: (peak) => peak.bytes, hover: (peak) => exactBytes(peak.bytes), cell: (peak) => meterCell(humanBytes(peak.bytes), peak.bytes, report.peak.bytes) },
      { title: "Blocks", value: (peak) => peak.blocks, text: (peak) => grouped(peak.blocks) },
    ],
  });
}

function scopeDetails(scope) {
  const until = scope.end_ns === null ? "the end of the tape" : humanTime(scope.end_ns);
  const shares = scope.shared.map((one) => element("li", { text: `shares ${humanBytes(one.bytes)} in ${counted(one.blocks, "block")} with ${one.owner || "a variable that is out of scope"}, which owns ${one.blocks === 1 ? "it" : "them"}` }));
  const owned = scope.peak_bytes > 0
    ? `at most ${humanBytes(scope.peak_bytes)} in ${counted(scope.peak_blocks, "block")} at once${scope.peak_inferred ? " (inferred between two readings)" : ""}; ever ${humanBytes(scope.bytes)} in ${counted(scope.blocks, "block")}`
    : "owns no block by itself";
  return element("div", {},
    element("p", {}, `${humanTime(scope.begin_ns)} to ${until}${scope.thread ? `, on thread ${scope.thread}` : ""}: ${owned}${scope.use_count > 1 ? `; use count up to ${grouped(scope.use_count)}` : ""} `, scope.peak_bytes > 0 ? sparkOf(scope.levels) : null),
    shares.length > 0 ? element("ul", {}, ...shares) : null);
}

function variableDetails(row) {
  const more = row.scopes - row.details.length;
  const inferred = row.inferred > 0 ? element("p", { text: `Between readings ${counted(row.inferred, "block")} ${row.inferred === 1 ? "was" : "were"} inferred to take a smaller one's place; readings found ${grouped(row.confirmed)} of them.` }) : null;
  return element("div", { class: "stacks" }, ...row.details.map(scopeDetails),
    more > 0 ? element("p", { class: "quiet", text: `… and ${counted(more, "more scope")}, in the sums` }) : null, inferred);
}

function variablesTable(list, caption) {
  const sharers = (row) => [...new Set(row.details.flatMap((scope) => scope.shared.map((one) => one.owner || "?")))].join(", ");
  const most = Math.max(1, ...list.rows.map((row) => row.peak_bytes));
  return new SortedTable({
    caption, rows: list.rows, all: list.all, note: list.untold ? `${counted(list.untold, "further scope")} of the run ${list.untold === 1 ? "is" : "are"} in the whole run's sums alone.` : "", sortedBy: 2, filter: (row) => `${row.name} ${row.type} ${row.place}`,
    details: variableDetails,
    columns: [
      { title: "Variable", isText: true, value: (row) => row.name, cell: (row) => nameCell(row.name, row.place, { opens: true }) },
      { title: "Type", isText: true, text: (row) => row.type },
      { title: "Most at once", help: "Of the scope that owned most", value: (row) => row.peak_bytes, hover: (row) => `${exactBytes(row.peak_bytes)} in ${counted(row.peak_blocks, "block")}`, cell: (row) => meterCell(humanBytes(row.peak_bytes), row.peak_bytes, most) },
      { title: "Ever owned", help: "By readings, over all scopes", value: (row) => row.bytes, text: (row) => `${humanBytes(row.bytes)} in ${counted(row.blocks, "block")}`, hover: (row) => exactBytes(row.bytes) },
      { title: "Over time", isText: true, value: (row) => row.scopes, cell: (row) => element("span", {}, row.details.length > 0 && row.peak_bytes > 0 ? sparkOf(row.details[0].levels) : null) },
      { title: "Use count", help: "Most owners of a shared block", value: (row) => row.use_count, text: (row) => (row.use_count === 0 ? "–" : grouped(row.use_count)) },
      { title: "Shares with", help: "Whose blocks it reaches too", isText: true, text: sharers },
      { title: "Scopes", value: (row) => row.scopes, text: (row) => grouped(row.scopes) },
    ],
  });
}

function ledgerTable(report, caption) {
  const rows = Object.entries(report.summary.ledger).map(([reason, count]) => ({ reason, count, sentence: report.caveats.find((one) => one.reason === reason)?.sentence ?? "" }));
  return new SortedTable({
    caption, rows, sortedBy: 1,
    columns: [
      { title: "Reason", isText: true, text: (row) => row.reason.replaceAll("_", " ") },
      { title: "Count", value: (row) => row.count, text: (row) => grouped(row.count) },
      { title: "What it means", isText: true, text: (row) => row.sentence },
    ],
  });
}

// Tabs of one list each, made when they are first looked at, and all of them for print. An entry's make() answers tables
// and paragraphs; `count`, where it has one, how many rows there are.
class Tabs {
  constructor(entries) {
    this.entries = entries;
    this.buttons = entries.map((entry, i) => element("button", { type: "button", role: "tab", id: `tab-${entry.name}`, "aria-controls": `panel-${entry.name}`,
      onclick: () => this.show(i), onkeydown: (event) => this.key(event, i) },
      entry.title, entry.count ? element("span", { class: "count" }) : null));
    this.panels = entries.map((entry) => element("div", { class: "panel", role: "tabpanel", id: `panel-${entry.name}`, "aria-labelledby": `tab-${entry.name}` },
      element("h3", { text: entry.title }), element("div")));
    byId("tabs").replaceChildren(...this.buttons);
    byId("panels").replaceChildren(...this.panels);
    addEventListener("beforeprint", () => entries.forEach((_, i) => this.fill(i)));
    this.tables = entries.map(() => []);
    this.refresh();
    this.show(0);
  }
  key(event, i) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const to = (i + step + this.entries.length) % this.entries.length;
    this.show(to);
    this.buttons[to].focus();
  }
  // A table that takes an older one's place goes on from it.
  fill(i) {
    const entry = this.entries[i];
    if (entry.isMade) return;
    const made = entry.make(), tables = made.filter((part) => part instanceof SortedTable);
    tables.forEach((table, at) => { if (this.tables[i][at]) table.goOnFrom(this.tables[i][at], entry.isSorted); });
    Object.assign(entry, { isMade: true, isSorted: true });
    this.tables[i] = tables;
    this.panels[i].lastChild.replaceChildren(...made.map((part) => (part instanceof SortedTable ? part.show() : part)));
  }
  show(shown) {
    this.shown = shown;
    this.fill(shown);
    this.entries.forEach((_, i) => {
      this.buttons[i].setAttribute("aria-selected", String(i === shown));
      this.buttons[i].tabIndex = i === shown ? 0 : -1;
      this.panels[i].hidden = i !== shown;
    });
  }
  // Makes them anew, all or `only` one, sorted as they were, or as they are at first.
  refresh({ only, isSorted = true } = {}) {
    this.entries.forEach((entry, i) => {
      if (only && entry.name !== only) return;
      entry.isSorted = isSorted && entry.isSorted !== false;
      entry.isMade = false;
      if (entry.count) this.buttons[i].lastChild.textContent = grouped(entry.count());
      if (i === this.shown) this.fill(i);
    });
  }
}
