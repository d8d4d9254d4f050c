// What changed since another run.
function signed(cost, change) {
  const size = amount(cost, Math.abs(change));
  return change > 0 ? `+${size}` : change < 0 ? `−${size}` : "0";
}
// Quiet where the change is no larger than what the older runs differ by.
function changeCell(cost, [before, now, noise]) {
  const change = now - before;
  return element("span", { class: noise ? "quiet" : change > 0 ? "grown-text" : change < 0 ? "shrunk-text" : undefined, text: signed(cost, change),
                           title: `${exactAmount(cost, before)} before, ${exactAmount(cost, now)} now${noise ? ": within the noise" : ""}` });
}
// Other runs have no such moments: nothing says which part of them goes with a part of this one.
function wholeRunsNote(report, range) {
  if (!range) return "";
  return `Changes are of the whole runs, not of ${humanTime(report.borders[range.from])} – ${humanTime(report.borders[range.to])}: the brush on the timeline does not choose here.`;
}
const kChangeTitles = { peak: "Live at the peak", allocated: "Allocated", count: "Allocations", temporary: "Temporary", leaked: "Leaked" };

function totalsTable(diff) {
  const rows = kCosts.map((cost) => ({ cost, name: kChangeTitles[cost], values: diff.total[cost] }));
  return new SortedTable({
    caption: `What changed from ${diff.base} to ${diff.now}, over the whole runs${diff.base === diff.in_tree ? "" : `: medians; the flame graph is against ${diff.in_tree}, whose peak is the median`}`, rows, sortedBy: 3,
    columns: [
      { title: "Figure", isText: true, text: (row) => row.name },
      { title: "Before", value: (row) => row.values[0], text: (row) => amount(row.cost, row.values[0]), hover: (row) => exactAmount(row.cost, row.values[0]) },
      { title: "Now", value: (row) => row.values[1], text: (row) => amount(row.cost, row.values[1]), hover: (row) => exactAmount(row.cost, row.values[1]) },
      { title: "Change", value: (row) => Math.abs(row.values[1] - row.values[0]), cell: (row) => changeCell(row.cost, row.values) },
    ],
  });
}

function changesTable(diff) {
  const change = (cost) => ({ title: kChangeTitles[cost], value: (row) => row[cost][1] - row[cost][0], cell: (row) => changeCell(cost, row[cost]) });
  return new SortedTable({
    caption: `Sites that changed; ${counted(diff.unchanged, "site")} did not${diff.noisy > 0 ? `, and ${grouped(diff.noisy)} of these only within the noise` : ""}`, rows: diff.rows, all: diff.all, sortedBy: 2, filter: (row) => `${row.label} ${row.detail}`,
    columns: [
      { title: "Site", isText: true, value: (row) => row.label, cell: (row) => nameCell(row.label, row.detail) },
      { title: "State", isText: true, text: (row) => (row.state === "same" ? "" : row.state) },
      ...kCosts.map(change),
    ],
  });
}

function mixed(from, to, share) {
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.length === 4 ? colour[(at + 1) / 2].repeat(2) : colour.slice(at, at + 2), 16));
  const [a, b] = [parts(from), parts(to)];
  return `rgb(${a.map((value, i) => Math.round(value + (b[i] - value) * share)).join(",")})`;
}
// Red where it grew, blue where it shrank; the stronger the larger its change is beside the node. Folded calls too.
function colourOfChange(before, now) {
  return (tree, node, palette) => {
    const larger = Math.max(before[node], now[node]), change = now[node] - before[node];
    const share = larger === 0 ? 0 : Math.abs(change) / larger;
    return mixed(palette.same, change >= 0 ? palette.grown : palette.shrunk, share === 0 ? 0 : 0.15 + 0.85 * share);
  };
}
