// The rows of tables for a range of buckets: of what was allocated in it, as it stands at its end.
function isBornIn(cell, range) {
  return cell.birth >= range.from && cell.birth < range.to;
}
// Blocks of cells that were born in the range and ended in it.
function endedIn(cells, range) {
  return cells.reduce((sum, cell) => sum + (isBornIn(cell, range) && cell.end < range.to ? cell.blocks : 0), 0);
}

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

function lifetimesOf(report, row, range) {
  const { borders } = report, ages = new Map();
  const end = range.to === borders.length - 1 ? report.quiet_end?.to_ns ?? report.duration_ns : borders[range.to];
  const sum = { label: row.label, detail: row.detail, allocations: 0, live: 0, temporary: 0, byte_seconds: 0, freed_elsewhere: 0 };
  for (const cell of row.parts.cells) {
    if (!isBornIn(cell, range)) continue;
    sum.allocations += cell.blocks;
    if (cell.end >= range.to) {
      sum.live += cell.blocks;
      sum.byte_seconds += (cell.bytes * (end - borders[cell.birth]) - cell.since) / 1e9;
      continue;
    }
    sum.byte_seconds += cell.lived / 1e9;
    sum.temporary += cell.temporary;
    sum.freed_elsewhere += cell.elsewhere;
    for (const [age, blocks] of cell.ages) ages.set(age, (ages.get(age) ?? 0) + blocks);
  }
  sum.lifetime_ns = quantilesOf(ages, report.clock_step_ns);
  sum.outlived = endedIn(row.parts.outlived, range);
  return sum;
}
// `list`: that of the whole run.
function lifetimesIn(report, list, range) {
  if (!range) return list;
  const known = list.rows.filter((row) => row.parts);
  const rows = known.map((row) => lifetimesOf(report, row, range)).filter((row) => row.allocations > 0);
  return { rows, all: rows.length, left_out: list.all - known.length };
}

function loopsIn(report, range) {
  if (!range) return report.loops;
  const rows = report.loops.rows.map((row) => ({ ...row, temporary: endedIn(row.parts, range) })).filter((row) => row.temporary > 0);
  return { rows, all: rows.length, left_out: report.loops.all - report.loops.rows.length };
}

// By site; or what the runtime keeps for itself.
function keptIn(report, range, isResidue) {
  const tree = report.callers, kept = isResidue ? "residue" : "leaked";
  const [bytes, blocks, never] = [kept, `${kept}Blocks`, `${kept}Never`].map((cost) => totalsOf(tree, cost, range));
  const rows = tree.children[0].filter((node) => blocks[node] > 0)
    .map((node) => ({ node, label: tree.label[node], detail: tree.detail[node], bytes: bytes[node], blocks: blocks[node], never: never[node] }));
  return { rows, all: rows.length, bytes: bytes[0], blocks: blocks[0] };
}

// As `heaptape peaks` tells them: the highest step, and the next highest ones with a valley of a tenth between.
function peaksIn(report, range) {
  if (!range) return [report.peak, ...report.other_peaks].filter((peak) => peak.bytes > 0);
  const { begin, low, high, high_blocks: blocks, high_after: after } = report.curve;
  const from = report.borders[range.from], to = report.borders[range.to];
  const steps = begin.map((_, i) => i).filter((i) => begin[i] >= from && begin[i] < to && high[i] > 0);
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
  return chosen.map((i) => ({ bytes: high[i], blocks: blocks[i], time_ns: begin[i] + after[i] }));
}
const kOtherPeaks = 10;

// Variables that have a scope there.
function variablesIn(report, range) {
  if (!range) return report.variables;
  const from = report.borders[range.from], to = report.borders[range.to];
  const meets = (scope) => scope.begin_ns <= to && (scope.end_ns ?? Infinity) >= from;
  const rows = report.variables.rows.map((row) => ({ ...row, details: row.details.filter(meets), unknown: row.scopes - row.details.length }))
    .filter((row) => row.details.length > 0 || row.unknown > 0)
    .map((row) => ({ ...row, scopes: row.details.length + row.unknown }));
  return { rows, all: rows.length, left_out: report.variables.all - report.variables.rows.length };
}
