// The rows of tables for a range of buckets.

// The middle of a class of lifetimes, in steps of the clock: LogClasses<2> of analyzer/quantiles.h.
function middleOfClass(index) {
  if (index < 8) return index;
  const shift = (index >> 2) - 1;
  return (index - shift * 4) * 2 ** shift + Math.floor((2 ** shift - 1) / 2);
}
// Of blocks by class: the times that 50, 90, 99 and all of a hundred did not outlast.
function quantilesOf(ages, stepNs) {
  const classes = [...ages].sort((a, b) => a[0] - b[0]), all = classes.reduce((sum, [, blocks]) => sum + blocks, 0);
  return [50, 90, 99, 100].map((percent) => {
    let passed = 0;
    const found = classes.find(([, blocks]) => (passed += blocks) * 100 >= all * percent);
    return found ? middleOfClass(found[0]) * stepNs : 0;
  });
}

const kLifetimeFigures = ["allocations", "live", "temporary", "byte_seconds", "outlived", "freed_elsewhere"];

function partsIn(row, range) {
  return row.parts.filter((part) => part.bucket >= range.from && part.bucket < range.to);
}
function lifetimesOf(report, row, range) {
  const sum = { label: row.label, detail: row.detail }, parts = partsIn(row, range), ages = new Map();
  for (const figure of kLifetimeFigures) sum[figure] = parts.reduce((all, part) => all + part[figure], 0);
  for (const [age, blocks] of parts.flatMap((part) => part.ages)) ages.set(age, (ages.get(age) ?? 0) + blocks);
  sum.lifetime_ns = quantilesOf(ages, report.clock_step_ns);
  return sum;
}
// Of what was allocated there, over its whole life. `list`: that of the whole run.
function lifetimesIn(report, list, range) {
  if (!range) return list;
  const known = list.rows.filter((row) => row.parts.length > 0);
  const rows = known.map((row) => lifetimesOf(report, row, range)).filter((row) => row.allocations > 0);
  return { rows, all: rows.length, known: known.length, of: list.all };
}

function loopsIn(report, range) {
  if (!range) return { ...report.loops, temporary: report.lifetimes.total.temporary };
  const known = report.loops.rows.filter((row) => row.parts.length > 0);
  const rows = known.map((row) => ({ ...row, temporary: partsIn(row, range).reduce((sum, part) => sum + part.temporary, 0) }))
    .filter((row) => row.temporary > 0);
  return { rows, all: rows.length, known: known.length, of: report.loops.all, temporary: rows.reduce((sum, row) => sum + row.temporary, 0) };
}

// By site; or what the runtime keeps for itself.
function keptIn(report, range, isResidue) {
  const tree = report.callers, kept = isResidue ? "residue" : "leaked";
  const [bytes, blocks, never] = [kept, `${kept}Blocks`, `${kept}Never`].map((cost) => totalsOf(tree, cost, range));
  const rows = tree.children[0].filter((node) => blocks[node] > 0)
    .map((node) => ({ node, label: tree.label[node], detail: tree.detail[node], bytes: bytes[node], blocks: blocks[node], never: never[node] }));
  return { rows, all: rows.length, bytes: bytes[0], blocks: blocks[0] };
}

// The highest instants with a valley of a tenth of their height between, in steps of the curve: smaller ones may hide in
// one step.
const kOtherPeaks = 10;
function peaksIn(report, range) {
  if (!range) return [report.peak, ...report.other_peaks].filter((peak) => peak.bytes > 0);
  const { begin, low, high, high_blocks: blocks, high_after: after } = report.curve;
  const from = report.borders[range.from], to = report.borders[range.to];
  // A step that only goes down has its highest level from the one before; the first one from before the range.
  const steps = begin.map((_, i) => i).filter((i) => begin[i] >= from && begin[i] < to && high[i] > 0 && (after[i] !== null || begin[i] === from));
  const hasValley = (lower, higher) => {
    for (let i = Math.min(lower, higher) + 1; i < Math.max(lower, higher); ++i)
      if (low[i] < high[lower] - Math.floor(high[lower] / 10)) return true;
    return false;
  };
  const chosen = [];
  for (const step of steps.sort((a, b) => high[b] - high[a] || a - b)) {
    if (chosen.length > kOtherPeaks) break;
    if (chosen.every((other) => hasValley(step, other))) chosen.push(step);
  }
  return chosen.map((i) => ({ bytes: high[i], blocks: blocks[i], time_ns: begin[i] + (after[i] ?? 0) }));
}

// Variables that have a scope there, and what these scopes own over their whole lives.
function variablesIn(report, range) {
  if (!range) return report.variables;
  const from = report.borders[range.from], to = report.borders[range.to];
  const meets = (scope) => scope.begin_ns <= to && (scope.end_ns ?? Infinity) >= from;
  const most = (scopes, figure) => Math.max(0, ...scopes.map((scope) => scope[figure]));
  const rows = report.variables.rows.map((row) => {
    const details = row.details.filter(meets), largest = details.find((scope) => scope.peak_bytes === most(details, "peak_bytes"));
    const sum = (figure) => details.reduce((all, scope) => all + scope[figure], 0);
    return { ...row, details, scopes: details.length, untold: row.scopes - row.details.length, bytes: sum("bytes"), blocks: sum("blocks"),
             peak_bytes: largest?.peak_bytes ?? 0, peak_blocks: largest?.peak_blocks ?? 0, use_count: most(details, "use_count"), inferred: 0 };
  }).filter((row) => row.details.length > 0);
  return { rows, all: rows.length, untold: report.variables.rows.reduce((sum, row) => sum + row.scopes - row.details.length, 0) };
}
