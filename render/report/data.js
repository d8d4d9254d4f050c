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

// Of a site or a thread, by bucket of birth. None: the page has no parts of it.
function readLifetimes(numbers) {
  const parts = [];
  let bucket = 0;
  for (let left = numbers.next(); left > 0; --left) {
    const part = { bucket: bucket += numbers.next(), ages: [] };
    for (const figure of ["allocations", "live", "temporary", "outlived", "freed_elsewhere"]) part[figure] = numbers.next();
    part.byte_seconds = 2 ** numbers.next() * numbers.next() / 1e9;
    let age = 0;
    for (let ages = numbers.next(); ages > 0; --ages) part.ages.push([age += numbers.next(), numbers.next()]);
    parts.push(part);
  }
  return parts;
}
function readTemporary(numbers) {
  const parts = [];
  let bucket = 0;
  for (let left = numbers.next(); left > 0; --left) parts.push({ bucket: bucket += numbers.next(), temporary: numbers.next() });
  return parts;
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
  for (const list of [report.lifetimes, report.threads])
    for (const row of list.rows) row.parts = readLifetimes(numbers);
  for (const loop of report.loops.rows) loop.parts = readTemporary(numbers);
  return report;
}
