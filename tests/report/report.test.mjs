// The report in a browser, as somebody uses it. HEAPTAPE_PAGES: a folder with the pages that pages.sh makes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { brush, clickCall, openBrowser, openReport } from "./browser.mjs";

const kPages = process.env.HEAPTAPE_PAGES;
const pageOf = (name) => `${kPages}/${name}.html`;
const reportOf = (command, name) =>
  JSON.parse(execFileSync(process.env.HEAPTAPE, [...command, `${kPages}/${name}.tape`, "--json"], { encoding: "utf8", maxBuffer: 1 << 28 }));
const text = async (page, selector) => (await page.locator(selector).first().innerText()).trim();
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => { await browser?.close(); });

// Runs `use` on a page, which must not complain.
async function on(name, options, use) {
  const { page, faults } = await openReport(browser, pageOf(name), options);
  try {
    await use(page);
    assert.deepEqual(faults, []);
  } finally {
    await page.close();
  }
}

test("shows the summary's figures", async () => {
  const summary = reportOf(["summary"], "phases");
  await on("phases", {}, async (page) => {
    const cards = await text(page, "#cards");
    for (const figure of ["peak_bytes", "peak_blocks", "allocated_bytes", "allocations", "temporary"])
      assert.ok(cards.includes(grouped(summary[figure])), `${figure} ${summary[figure]} in ${cards}`);
    assert.match(await text(page, "#flame-total"), new RegExp(grouped(summary.peak_bytes)));
  });
});

test("lists the sites of heaptape top, sorted as asked", async () => {
  const top = reportOf(["top"], "phases");
  await on("phases", {}, async (page) => {
    const rows = page.locator("#panel-sites tbody tr");
    assert.equal(await rows.count(), top.sites.length);
    // People's names are shorter than the document's.
    assert.ok(top.sites[0].function.endsWith(await text(page, "#panel-sites tbody tr .opener")));
    await page.click("#panel-sites th button >> text=allocations");
    assert.equal(await page.getAttribute("#panel-sites th[aria-sort]", "aria-sort"), "descending");
    const most = top.sites.reduce((a, b) => (a.allocations >= b.allocations ? a : b));
    assert.ok((await text(page, "#panel-sites tbody tr")).includes(grouped(most.allocations)));
    await page.click("#panel-sites th button >> text=allocations");
    assert.equal(await page.getAttribute("#panel-sites th[aria-sort]", "aria-sort"), "ascending");
    await page.fill("#panel-sites input", most.function);
    assert.equal(await rows.count(), top.sites.filter((site) => site.function === most.function).length);
  });
});

test("a row opens its stacks", async () => {
  await on("phases", {}, async (page) => {
    await page.click("#panel-sites .opener");
    assert.equal(await page.getAttribute("#panel-sites .opener", "aria-expanded"), "true");
    assert.match(await text(page, "td.stack"), /main/);
    await page.click("td.stack button");
    assert.equal(await page.getAttribute('[data-value="callers"]', "aria-pressed"), "true");
  });
});

test("zooms by click and by keys", async () => {
  await on("phases", {}, async (page) => {
    await clickCall(page, 2, 0.2);
    assert.ok((await page.locator("#path button").count()) >= 3);
    await page.focus("#flame canvas");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#path button").count(), 1);
    await page.keyboard.press("ArrowDown");
    assert.match(await text(page, ".flame-status"), /^main/);
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#path button").count(), 2);
    await page.click("#flame summary");
    assert.match(await text(page, "#flame details table"), /With all below/);
  });
});

test("searches, by / too", async () => {
  await on("phases", {}, async (page) => {
    await page.focus("#flame canvas");
    await page.keyboard.press("/");
    await page.keyboard.type("main");
    assert.match(await text(page, "#flame-controls"), /1 call found, with (at least )?[\d.]+ \w+, 100 % of all/s);
    await page.keyboard.press("Escape");
    assert.equal(await page.inputValue("#search"), "");
  });
});

test("a brush recomputes flame graph and sites, as a range of the tape", async () => {
  await on("phases", {}, async (page) => {
    await brush(page, 0.1, 0.5);
    const data = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
    const [from, to] = await page.locator(".handle").evaluateAll((all) => all.map((one) => Number(one.getAttribute("aria-valuenow"))));
    assert.ok(from > 0 && to > from && to < data.borders.length - 1, `${from} to ${to}`);
    const range = reportOf(["top", "--from", `${data.borders[from]}ns`, "--to", `${data.borders[to]}ns`, "--cost", "allocated"], "phases");
    assert.ok((await text(page, "#range")).includes(grouped(range.total.allocations)), await text(page, "#range"));
    assert.ok((await text(page, "#flame-total")).includes(grouped(range.total.allocated_bytes)), await text(page, "#flame-total"));
    await page.click('[data-value="leaked"]');
    assert.ok((await text(page, "#flame-total")).includes(grouped(range.total.leaked_bytes)), await text(page, "#flame-total"));
    await page.focus(".handle");
    await page.keyboard.press("ArrowRight");
    assert.equal(Number(await page.getAttribute(".handle", "aria-valuenow")), from + 1);
    await page.click("#range button");
    assert.match(await text(page, "#range"), /^Drag across/);
  });
});

// The cells of a table's rows, by the names in its first column.
const rowsOf = async (page, panel) => page.locator(`#panel-${panel} table`).first().evaluate((table) =>
  [...table.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.innerText.trim().replace(/\s+/g, " "))));
// "1.50 KiB" in bytes.
const bytesOf = (text) => {
  const [number, unit] = text.split(" ");
  return Number(number.replaceAll(",", "")) * 1024 ** ["B", "KiB", "MiB", "GiB"].indexOf(unit);
};
const nsOf = (text) => {
  if (text.startsWith("<")) return 0;
  const [number, unit] = text.split(" ");
  return Number(number.replaceAll(",", "")) * { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9 }[unit];
};
const chosenRange = async (page) => {
  const { borders } = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
  const [from, to] = await page.locator(".handle").evaluateAll((all) => all.map((one) => Number(one.getAttribute("aria-valuenow"))));
  return ["--from", `${borders[from]}ns`, "--to", `${borders[to]}ns`];
};

for (const [name, begin, end] of [["phases", 0.2, 0.5], ["threads", 0.05, 0.97]]) {
  test(`a brush recomputes every table of ${name}, as the commands tell them of that range`, async () => {
    await on(name, {}, async (page) => {
      await brush(page, begin, end);
      const range = await chosenRange(page);
      const ask = (...command) => reportOf([...command, ...range], name);
      const count = async (tab) => Number((await text(page, `#tab-${tab} .count`)).replaceAll(",", ""));

      const leaks = ask("leaks");
      await page.click("#tab-leaks");
      assert.match(await text(page, "#panel-leaks caption"), /^Still live after it, by site: what was allocated from .* to /);
      assert.equal(await count("leaks"), leaks.sites.length);
      assert.deepEqual((await rowsOf(page, "leaks")).map((row) => row[2]).sort(), leaks.sites.map((site) => grouped(site.blocks)).sort());

      // All that was allocated from a border on, less what was from the later one on: lives are whole ones.
      const since = (at, ...command) => reportOf([...command, "--from", at, "--to", "end"], name);
      for (const [tab, by] of [["lifetimes", "site"], ["threads", "thread"]]) {
        const [early, late] = [range[1], range[3]].map((at) => since(at, "lifetimes", "--by", by)[`${by}s`]);
        const keyOf = (row) => (by === "site" ? [row.function, row.file, row.line, row.module].join() : row.tid);
        const later = new Map(late.map((row) => [keyOf(row), row]));
        const kFigures = ["allocations", "live_blocks", "temporary", "outlived", "freed_elsewhere"];
        const told = early.map((row) => kFigures.map((figure) => row[figure] - (later.get(keyOf(row))?.[figure] ?? 0))).filter((row) => row[0] > 0);
        await page.click(`#tab-${tab}`);
        const rows = await rowsOf(page, tab);
        assert.deepEqual(rows.map((row) => [2, 3, 4, 9, 10].map((at) => row[at]).join()).sort(), told.map((row) => row.map(grouped).join()).sort(), tab);
        assert.ok(told.length > 0);
        const byteSeconds = (all) => all.reduce((sum, row) => sum + row.byte_seconds, 0);
        const shown = rows.reduce((sum, row) => sum + bytesOf(row[1].replace("·s", "")), 0), expected = byteSeconds(early) - byteSeconds(late);
        assert.ok(Math.abs(shown - expected) <= 0.01 * expected + rows.length, `${shown} for ${expected}`);
      }

      const loopsOf = (at) => new Map(since(at, "lifetimes").loops.map((loop) => [JSON.stringify([loop.site, loop.caller]), loop.temporary]));
      const [early, late] = [loopsOf(range[1]), loopsOf(range[3])];
      const loops = [...early].map(([key, temporary]) => temporary - (late.get(key) ?? 0)).filter((temporary) => temporary > 0);
      await page.click("#tab-loops");
      assert.equal(await count("loops"), loops.length);
      assert.deepEqual((await rowsOf(page, "loops")).map((row) => row[2]), loops.sort((a, b) => b - a).map(grouped));

      await page.click("#tab-peaks");
      assert.ok((await page.locator("#panel-peaks tbody tr td").nth(1).getAttribute("title")).includes(grouped(ask("peaks").peak.bytes)));
      await page.click("#tab-ledger");
      assert.match(await text(page, "#panel-ledger caption"), /of the whole run/);

      await page.click("#range button");
      const whole = reportOf(["lifetimes"], name);
      await page.click("#tab-lifetimes");
      assert.equal((await rowsOf(page, "lifetimes")).length, Math.min(25, whole.sites.length));
    });
  });
}

test("how long blocks live is told of a range to within an eighth", async () => {
  await on("phases", {}, async (page) => {
    await brush(page, 0.3, 1);
    const [, from] = await chosenRange(page);
    const told = reportOf(["lifetimes", "--from", from, "--to", "end"], "phases").sites.filter((site) => site.allocations > site.live_blocks);
    await page.click("#tab-lifetimes");
    const rows = (await rowsOf(page, "lifetimes")).filter((row) => row[5] !== "–");
    assert.equal(rows.length, told.length);
    assert.ok(rows.some((row) => nsOf(row[8]) > 100_000), "some live long");
    for (const site of told) {
      const place = site.line ? `${site.file.split("/").at(-1)}:${site.line}` : "";  // sites may have the same counts
      const row = rows.find((one) => one[0].endsWith(place) && one[2] === grouped(site.allocations) && one[4] === grouped(site.temporary) && one[3] === grouped(site.live_blocks));
      ["p50", "p90", "p99", "longest"].forEach((quantile, i) => {
        const expected = site.lifetime_ns[quantile], shown = nsOf(row[5 + i]);
        assert.ok(Math.abs(shown - expected) <= expected / 8 + 10_000, `${site.function} ${quantile}: ${shown} for ${expected}`);
      });
    }
  });
});

test("another cost sorts the sites by it, and a filter stays", async () => {
  await on("phases", {}, async (page) => {
    const sorted = () => text(page, "#panel-sites th[aria-sort]");
    await page.fill("#panel-sites input", "a");
    for (const cost of ["temporary", "count", "peak"]) {
      await page.click(`[data-value="${cost}"]`);
      assert.equal((await sorted()).replace(/ [▾▴]/, ""), { temporary: "temporary", count: "allocations", peak: "live at the peak" }[cost]);
      assert.equal(await page.inputValue("#panel-sites input"), "a");
    }
  });
});

test("each thread has a lane beneath the timeline, where there are several", async () => {
  const told = reportOf(["timeline", "--steps", "96"], "threads").threads;
  await on("threads", {}, async (page) => {
    const lanes = await page.locator("#lanes g").evaluateAll((all) => all.map((one) => one.querySelector("title").textContent));
    assert.equal(lanes.length, told.length);
    told.forEach((thread, i) => assert.ok(lanes[i].includes(`${grouped(thread.events)} allocations and frees`), `${lanes[i]}: ${thread.events}`));
    const [curve, lane] = await Promise.all(["#timeline .axis", "#lanes .track"].map((one) => page.locator(one).first().boundingBox()));
    assert.ok(Math.abs(curve.x - lane.x) < 2 && Math.abs(curve.width - lane.width) < 2, JSON.stringify([curve, lane]));
  });
  await on("phases", {}, async (page) => assert.ok(!(await page.isVisible("#lanes"))));
});

test("a brush leaves a table sorted and filtered as it was", async () => {
  await on("phases", {}, async (page) => {
    await page.click("#tab-lifetimes");
    await page.click("#panel-lifetimes th button >> text=Blocks");
    await page.fill("#panel-lifetimes input", "main");
    const names = (await rowsOf(page, "lifetimes")).map((row) => row[0]);
    await brush(page, 0.9, 0);
    assert.equal(await page.inputValue("#panel-lifetimes input"), "main");
    assert.match(await text(page, "#panel-lifetimes th[aria-sort]"), /Blocks/);
    for (const [name] of await rowsOf(page, "lifetimes")) assert.ok(names.includes(name), name);
  });
});

test("a variable is listed for a range that one of its scopes meets", async () => {
  const told = reportOf(["variables"], "variables").variables;
  await on("variables", {}, async (page) => {
    await page.click("#tab-variables");
    await brush(page, 0.06, 0);  // from a place that no handle is at
    assert.equal((await rowsOf(page, "variables")).length, 0, "they come later");
    await page.click("#range button");
    assert.equal((await rowsOf(page, "variables")).length, told.length);
    const data = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
    const last = Math.max(...data.variables.rows.flatMap((row) => row.details.map((scope) => scope.begin_ns)));
    await brush(page, (last + 20000) / data.duration_ns, 0.99);
    const shown = await rowsOf(page, "variables");
    assert.ok(shown.length > 0 && shown.length < told.length, "one has left its scope by then");
    for (const row of shown) assert.ok(told.some((one) => row[0].startsWith(one.name) && row[3].endsWith(`in ${one.blocks} block${one.blocks === 1 ? "" : "s"}`)), row.join());
  });
});

test("every cost and both directions add up to one figure", async () => {
  const top = reportOf(["top"], "phases").total;
  await on("phases", {}, async (page) => {
    for (const direction of ["callees", "callers"]) {
      await page.click(`[data-value="${direction}"]`);
      for (const [cost, figure] of [["peak", "peak_bytes"], ["allocated", "allocated_bytes"], ["count", "allocations"], ["temporary", "temporary"]]) {
        await page.click(`[data-value="${cost}"]`);
        assert.ok((await text(page, "#flame-total")).includes(grouped(top[figure])), `${cost}, ${direction}`);
      }
    }
  });
});

test("shows what changed", async () => {
  await on("changes", {}, async (page) => {
    assert.match(await text(page, "#panel-changes"), /Cache::get/);
    await page.click('[data-value="changes"]');
    assert.match(await text(page, "#flame-total"), /grew/);
    await page.hover("#flame canvas", { position: { x: 200, y: 10 } });
    assert.match(await text(page, ".tip"), /before,.*now/);
  });
});

test("changes say that they are of the whole runs, whatever is brushed", async () => {
  await on("changes", {}, async (page) => {
    const table = await text(page, "#panel-changes table");
    await page.click('[data-value="changes"]');
    assert.match(await text(page, "#flame-total"), /over the whole runs/);
    assert.ok(!(await page.isVisible("#flame-whole")) && !(await page.isVisible("#panel-changes .note")));
    await brush(page, 0.1, 0.5);
    for (const place of ["#flame-whole", "#panel-changes .note"])
      assert.match(await text(page, place), /^Changes are of the whole runs, not of .* – /, place);
    assert.equal(await text(page, "#panel-changes table"), table);
    await page.click('[data-value="run"]');
    assert.ok(!(await page.isVisible("#flame-whole")), "this run follows the brush");
    await page.click("#range button");
    assert.equal(await page.locator("#panel-changes .note").count(), 0);
  });
});

test("an axis that ends before its run says where both end", async () => {
  await on("hostile", {}, async (page) => {
    assert.equal(await text(page, "#quiet-end"), "Not drawn: no events from 900 ns to the end at 50.0 µs; the resident set there comes to 4.00 KiB at most.");
    assert.match(await text(page, "#subtitle"), /50\.0 µs/);
    assert.match(await text(page, "#footer"), /in steps of 500 ns/);
  });
  await on("phases", {}, async (page) => {
    const data = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
    assert.equal(data.borders.at(-1), data.duration_ns);
    assert.equal(await page.isVisible("#quiet-end"), Boolean(data.quiet_end));
  });
});

test("every tab has its table", async () => {
  await on("phases", {}, async (page) => {
    for (const name of ["leaks", "lifetimes", "loops", "threads", "peaks", "variables", "ledger"]) {
      await page.click(`#tab-${name}`);
      assert.ok(await page.locator(`#panel-${name} table`).first().isVisible(), name);
    }
    await page.focus("#tab-ledger");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.getAttribute("#tab-sites", "aria-selected"), "true");
  });
});

test("a variable opens its scopes, and says with whom it shares", async () => {
  const told = reportOf(["variables"], "variables").variables;
  await on("variables", {}, async (page) => {
    await page.click("#tab-variables");
    assert.equal(await page.locator("#panel-variables tbody tr").count(), told.length);
    await page.fill("#panel-variables input", "view");
    assert.match(await text(page, "#panel-variables tbody tr"), /shared_ptr.*table/s);
    await page.click("#panel-variables .opener");
    assert.match(await text(page, "#panel-variables td.stack"), /owns no block by itself; use count up to 2.*with table, which owns them/s);
    await page.fill("#panel-variables input", "samples");
    await page.click("#panel-variables .opener");
    const most = told.find((one) => one.name === "samples");
    assert.match(await text(page, "#panel-variables td.stack"), new RegExp(`in 1 block at once.*ever .* in ${most.blocks} blocks`, "s"));
    assert.equal(await page.locator("#panel-variables td.stack .spark rect").count(), 32);
  });
});

test("every control has a name", async () => {
  await on("changes", {}, async (page) => {
    const nameless = await page.locator("button, input, canvas, [role=slider], [role=region], svg[role=img]").evaluateAll((all) =>
      all.filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim())).map((one) => one.outerHTML));
    assert.deepEqual(nameless, []);
  });
});

test("hostile names stay text", async () => {
  await on("hostile", {}, async (page) => {
    assert.equal(await page.evaluate(() => document.querySelectorAll("script").length), 3);
    assert.equal(await page.evaluate(() => document.querySelectorAll("img, iframe").length), 0);
    assert.match(await text(page, "h1"), /<img/);
  });
});

for (const width of [1280, 400]) {
  for (const dark of [false, true]) {
    test(`fits ${width} pixels, ${dark ? "dark" : "light"}`, async () => {
      await on("phases", { width, dark }, async (page) => {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} pixels wide`);
        assert.equal(await page.getAttribute("html", "data-theme"), dark ? "dark" : "light");
        if (process.env.HEAPTAPE_SHOTS) {
          mkdirSync(process.env.HEAPTAPE_SHOTS, { recursive: true });
          await page.screenshot({ path: `${process.env.HEAPTAPE_SHOTS}/${width}-${dark ? "dark" : "light"}.png`, fullPage: true });
        }
        await page.click("#theme");
        assert.equal(await page.getAttribute("html", "data-theme"), dark ? "light" : "dark");
      });
    });
  }
}

test("prints all of its tables", async () => {
  await on("phases", { dark: true }, async (page) => {
    await page.pdf({ path: process.env.HEAPTAPE_SHOTS ? `${process.env.HEAPTAPE_SHOTS}/print.pdf` : undefined });
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal(await page.getAttribute("html", "data-theme"), "light");
    assert.ok(await page.locator("#panel-ledger table").isVisible());
  });
});

// The page's own functions, against the texts of render/units.cc.
test("writes figures as the other reports do", async () => {
  const script = readFileSync(pageOf("units-script"), "utf8");
  const units = new Function(`${script}; return { humanBytes, bothBytes, humanTime, grouped, shareOf };`)();
  for (const line of readFileSync(pageOf("units"), "utf8").trimEnd().split("\n")) {
    const [call, a, b, expected] = line.split("\t");
    assert.equal(units[call](Number(a), Number(b)), expected, line);
  }
});

// A site with two callers, of which the lighter one has the dearest stack.
test("a site's stacks are listed by what they cost, whatever way they lie", () => {
  const script = readFileSync(pageOf("lists-script"), "utf8");
  const { dearestStacks, pathFrom } = new Function(`${script}; return { dearestStacks, pathFrom };`)();
  const tree = { parent: [0, 0, 1, 1, 2, 2, 2, 3], children: [[1], [2, 3], [4, 5, 6], [7], [], [], [], []] };
  const totals = [100, 100, 55, 45, 20, 18, 10, 40];  // 2 has 7 of its own, 3 has 5
  const ends = dearestStacks(tree, totals, 1);
  assert.deepEqual(ends.map(({ node, total }) => [node, total]), [[7, 40], [4, 20], [5, 18], [6, 10], [2, 7], [3, 5]]);
  assert.equal(ends.reduce((sum, end) => sum + end.total, 0), totals[1]);
  assert.deepEqual(pathFrom(tree, 1, 7), [1, 3, 7]);
});
