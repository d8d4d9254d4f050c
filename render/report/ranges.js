// What nodes cost: in the whole run, or of what was allocated in a range of buckets of time.

// What is live at the end of a range takes older blocks, which are on the page if it has all buckets.
function costsOf(report, range) {
  if (!range) return ["peak", "allocated", "count", "temporary", "leaked"];
  return report.first_bucket === 0 ? ["allocated", "count", "temporary", "leaked", "live"]
                                   : ["allocated", "count", "temporary", "leaked"];
}
function isBytes(cost) {
  return cost !== "count" && cost !== "temporary";
}
function nameOf(cost, range, report) {
  if (cost === "leaked" && range) return "still live after it";
  const names = {
    peak: "live at the peak", allocated: "allocated", count: "allocations", temporary: "temporary",
    leaked: report.leaks.called === "leaked" ? "leaked" : "live at the end", live: "all live at its end",
  };
  return names[cost];
}
function amount(cost, value) {
  return isBytes(cost) ? humanBytes(value) : grouped(value);
}
function exactAmount(cost, value) {
  return isBytes(cost) ? bothBytes(value) : counted(value, "block");
}

// What one cell adds to a cost of the range.
function cellValue(cells, i, cost, range, isResidue) {
  const born = cells.birth[i] >= range.from && cells.birth[i] < range.to, ended = cells.end[i] < range.to;
  switch (cost) {
    case "allocated": return born ? cells.bytes[i] : 0;
    case "count": return born ? cells.blocks[i] : 0;
    case "temporary": return born && ended ? cells.temporary[i] : 0;
    case "leaked": return born && !ended && !isResidue ? cells.bytes[i] : 0;
    case "leakedBlocks": return born && !ended && !isResidue ? cells.blocks[i] : 0;
    case "leakedNever": return born && cells.end[i] === cells.never && !isResidue ? cells.bytes[i] : 0;
    case "residue": return born && !ended && isResidue ? cells.bytes[i] : 0;
    case "residueBlocks": return born && !ended && isResidue ? cells.blocks[i] : 0;
    case "residueNever": return born && cells.end[i] === cells.never && isResidue ? cells.bytes[i] : 0;
    default: return cells.birth[i] < range.to && !ended ? cells.bytes[i] : 0;
  }
}

function ownCosts(tree, cost, range) {
  if (!range) return Float64Array.from(tree.self[cost]);
  const own = new Float64Array(tree.size), { cells } = tree;
  for (let group = 0; group < 2 * tree.size; ++group) {
    let sum = 0;
    for (let i = cells.first[group]; i < cells.first[group + 1]; ++i) sum += cellValue(cells, i, cost, range, group % 2 === 1);
    own[group >> 1] += sum;
  }
  return own;
}

function summedUp(tree, own) {
  for (let i = tree.size - 1; i > 0; --i) own[tree.parent[i]] += own[i];
  return own;
}

// By node, with all that lies below it. The last few answers are kept.
const kKept = 24;
const known = new Map();
let treesSeen = 0;
function totalsOf(tree, cost, range, side = "self") {
  tree.number ??= ++treesSeen;
  const key = [tree.number, side, cost, range ? range.from : "", range ? range.to : ""].join();
  if (!known.has(key)) {
    if (known.size >= kKept) known.delete(known.keys().next().value);
    known.set(key, summedUp(tree, side === "base" ? Float64Array.from(tree.base[cost]) : ownCosts(tree, cost, range)));
  }
  return known.get(key);
}
