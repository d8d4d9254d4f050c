// What the page was given: names and lists as JSON, trees as columns of numbers (report_columns.cc writes them).
const kCosts = ["peak", "allocated", "count", "temporary", "leaked"];

function readJson() {
  return JSON.parse(document.getElementById("data").textContent);
}

async function readColumns() {
  const text = atob(document.getElementById("columns").textContent.trim());
  const packed = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Numbers {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  next() {
    let value = 0, scale = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }
  // Zigzag: 0, -1, 1, -2 …
  nextSigned() {
    const value = this.next();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  column(length) {
    const column = new Float64Array(length);
    for (let i = 0; i < length; ++i) column[i] = this.next();
    return column;
  }
}

function readCosts(numbers, size) {
  const costs = {};
  for (const name of [...kCosts, "peakBlocks", "leakedBlocks"]) costs[name] = numbers.column(size);
  return costs;
}

// Cells of node i, by bucket of birth and of end, which is `never` for what lives on: they lie from first[2 i] to first[2 i + 1], those of its residue from there to first[2 i + 2].
function readCells(numbers, size, buckets) {
  const cells = { never: buckets, first: new Uint32Array(2 * size + 1), birth: [], end: [], bytes: [], blocks: [], temporary: [] };
  for (let i = 0; i < 2 * size; ++i) {
    let birth = 0;
    for (let left = numbers.next(); left > 0; --left) {
      birth += numbers.next();
      cells.birth.push(birth);
      cells.end.push(birth + numbers.next());
      cells.bytes.push(numbers.nextSigned());
      cells.blocks.push(numbers.nextSigned());
      cells.temporary.push(numbers.nextSigned());
    }
    cells.first[i + 1] = cells.birth.length;
  }
  return cells;
}

function readTree(numbers, { names, borders }, isComparison) {
  const size = numbers.next();
  const back = numbers.column(size);
  const tree = { size, parent: Int32Array.from(back, (distance, i) => i - distance) };
  tree.kind = numbers.column(size);  // 0 program, 1 system, 2 folded
  for (const what of ["label", "detail", "whole"]) tree[what] = Array.from(numbers.column(size), (i) => names[i]);
  tree.folded = numbers.column(size);
  tree.self = readCosts(numbers, size);
  if (isComparison) tree.base = readCosts(numbers, size);
  else tree.cells = readCells(numbers, size, borders.length - 1);
  tree.children = Array.from({ length: size }, () => []);
  tree.depth = new Int32Array(size);
  for (let i = 1; i < size; ++i) {
    tree.children[tree.parent[i]].push(i);
    tree.depth[i] = tree.depth[tree.parent[i]] + 1;
    if (tree.kind[i] === 2) tree.label[i] = `${counted(tree.folded[i], "smaller call")}, folded`;
  }
  return tree;
}

// Of a site or a thread: by bucket of birth and of end, which is `buckets` for what lives on. Null: it has no parts.
function readLifetimes(numbers, buckets) {
  if (numbers.next() === 0) return null;
  const unit = 2 ** numbers.next(), cells = [];
  let birth = 0;
  for (let left = numbers.next(); left > 0; --left) {
    birth += numbers.next();
    const cell = { birth, end: birth + numbers.next(), blocks: numbers.next(), bytes: 0, since: 0, lived: 0, temporary: 0, elsewhere: 0, ages: [] };
    if (cell.end !== birth) {
      cell.bytes = numbers.next();
      cell.since = numbers.next() * unit;
    }
    if (cell.end !== buckets) {
      cell.lived = numbers.next() * unit;
      cell.temporary = numbers.next();
      cell.elsewhere = numbers.next();
      let age = 0;
      for (let ages = numbers.next(); ages > 0; --ages) cell.ages.push([age += numbers.next(), numbers.next()]);
    }
    cells.push(cell);
  }
  return { cells, outlived: readBlocks(numbers) };
}
function readBlocks(numbers) {
  const cells = [];
  let birth = 0;
  for (let left = numbers.next(); left > 0; --left) {
    birth += numbers.next();
    cells.push({ birth, end: birth + numbers.next(), blocks: numbers.nextSigned() });
  }
  return cells;
}

async function readReport() {
  const report = readJson();
  const numbers = new Numbers(await readColumns());
  report.callees = readTree(numbers, report, false);
  report.callers = readTree(numbers, report, false);
  for (const node of report.callers.children[0]) {
    if (report.callers.kind[node] === 2) report.callers.label[node] = "smaller sites, folded";
  }
  if (report.diff) {
    report.diff.callees = readTree(numbers, report, true);
    report.diff.callers = readTree(numbers, report, true);
  }
  const buckets = report.borders.length - 1;
  for (const list of [report.lifetimes, report.threads])
    for (const row of list.rows) row.parts = readLifetimes(numbers, buckets);
  for (const loop of report.loops.rows) loop.parts = readBlocks(numbers);
  return report;
}
