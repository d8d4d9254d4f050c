// Puts the parts together: one state, and what is to be drawn anew when it changes.
function describeCall(report, state) {
  return (node) => {
    const { tree, totals, cost } = state.graph, lines = [tree.label[node] + (tree.detail[node] ? ` (${tree.detail[node]})` : "")];
    if (state.view === "changes") {
      const before = totalsOf(tree, cost, null, "base")[node], now = totalsOf(tree, cost, null)[node];
      lines.push(`${exactAmount(cost, before)} before, ${exactAmount(cost, now)} now: ${signed(cost, now - before)}`);
    } else {
      lines.push(`${exactAmount(cost, totals[node])} ${nameOf(cost, state.range, report)}, ${shareOf(totals[node], totals[0])} of all`);
      const own = totals[node] - tree.children[node].reduce((sum, child) => sum + totals[child], 0);
      if (own > 0 && own < totals[node]) lines.push(`${exactAmount(cost, own)} of it itself`);
    }
    if (tree.whole[node]) lines.push(tree.whole[node]);
    return lines;
  };
}

function start(report) {
  const state = { cost: "peak", direction: "callees", view: "run", range: null };
  const controls = byId("flame-controls"), path = element("div", { id: "path", role: "navigation", "aria-label": "Where the flame graph is zoomed in" });
  const table = element("details", {}, element("summary", { text: "As a table" }), element("div"));
  const graph = state.graph = new FlameGraph(byId("flame"), {
    label: "Flame graph", describe: describeCall(report, state),
    colour: (...node) => (state.view === "changes" ? state.colour : colourOfCall)(...node),
    onzoom: () => showZoom(),
  });
  byId("flame").prepend(path);
  byId("flame").append(table);
  table.addEventListener("toggle", () => showZoom());

  const search = element("input", { type: "search", id: "search", placeholder: "Search functions   /", "aria-label": "Search the flame graph" });
  const found = element("span", { class: "quiet", "aria-live": "polite" });
  search.addEventListener("input", () => { graph.search(search.value.trim()); showFound(); });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    search.value = "";
    graph.search("");
    showFound();
    graph.canvas.focus();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, textarea")) return;
    event.preventDefault();
    search.focus();
  });

  function showFound() {
    // Folded calls have no names to search: what they hold may be more of it.
    const sum = graph.found && `${graph.hasFolded ? "at least " : ""}${amount(graph.cost, graph.foundSum)}, ${shareOf(graph.foundSum, graph.totals[0])} of all`;
    found.textContent = graph.found ? `${counted(graph.foundCount, "call")} found, with ${sum}` : "";
  }
  function showZoom() {
    if (!graph.tree) return;
    path.replaceChildren(...wayTo(graph.tree, graph.top, (node) => graph.zoom(node)));
    if (table.open) table.lastChild.replaceChildren(callTable(graph, graph.cost).show());
  }
  function showControls() {
    const costs = state.view === "changes" ? kCosts : costsOf(report, state.range);
    const change = (key) => (value) => { state[key] = value; showFlame(); if (key === "cost") tabs.refresh({ only: "sites", isSorted: false }); refocus(key, value); };
    const parts = [choice("Cost", costs.map((cost) => ({ value: cost, text: nameOf(cost, state.view === "changes" ? null : state.range, report) })), state.cost, change("cost")),
      choice("Direction", [{ value: "callees", text: "from main down" }, { value: "callers", text: "from the sites up" }], state.direction, change("direction"))];
    if (report.diff) parts.push(choice("Shown", [{ value: "run", text: "this run" }, { value: "changes", text: "changes" }], state.view, change("view")));
    controls.replaceChildren(...parts, search, found);
  }
  // The buttons are made anew: the one that was pressed keeps the focus.
  function refocus(key, value) {
    controls.querySelector(`[data-value="${value}"]`)?.focus();
  }
  function showFlame() {
    const source = state.view === "changes" ? report.diff : report, tree = source[state.direction];
    const range = state.view === "changes" ? null : state.range;
    const costs = state.view === "changes" ? kCosts : costsOf(report, range);
    if (!costs.includes(state.cost)) state.cost = range ? "allocated" : "peak";
    let totals = totalsOf(tree, state.cost, range);
    if (state.view === "changes") {
      // As wide as the larger of both runs: what went away shows too. Own costs are compared, so that parts fill the whole.
      const before = totalsOf(tree, state.cost, null, "base");
      state.colour = colourOfChange(before, totals);
      totals = summedUp(tree, tree.self[state.cost].map((own, i) => Math.max(own, tree.base[state.cost][i])));
    }
    const note = state.view === "changes" ? wholeRunsNote(report, state.range) : "";
    byId("flame-whole").textContent = note;
    byId("flame-whole").hidden = !note;
    showControls();
    graph.set(tree, totals, state.cost);
    showFound();
    const name = nameOf(state.cost, range, report);
    byId("flame-total").replaceChildren(...(state.view === "changes" ? [`change of what was ${name}, over the whole runs`, element("span", { class: "key" }), colourKey("grown", "grew"), colourKey("shrunk", "shrank")]
      : [`${exactAmount(state.cost, totals[0])} ${name}`, element("span", { class: "key" }), colourKey("program", "program"), colourKey("system", "libraries"), colourKey("folded", "folded")]));
    graph.status.textContent = totals[0] > 0 ? "Hover a call, click to zoom in; keys: arrows, Enter, Escape, and / to search." : `Nothing was ${name}.`;
  }
  function showInGraph(node) {
    state.view = "run";
    state.direction = "callers";
    showFlame();
    graph.zoom(node);
    byId("flame-section").scrollIntoView();
    graph.canvas.focus({ preventScroll: true });
  }
  const showSite = (row) => {
    const tree = report.callers;
    const node = row.node ?? tree.children[0].find((at) => tree.label[at] === row.label && tree.detail[at] === row.detail);
    return node === undefined ? element("p", { class: "quiet", text: "Its stacks are folded: it has small shares only." }) : stackDetails(report, node, "leaked", state.range, showInGraph);
  };

  showOverview(report);
  showFooter(report);
  const tabs = new Tabs(listsOf(report, state, showInGraph, showSite));
  const timeline = new Timeline(report, (range) => {
    state.range = range;
    if (range && state.cost === "peak") state.cost = "allocated";
    if (!range && state.cost === "live") state.cost = "peak";
    showRange(report, range, timeline);
    showFlame();
    tabs.refresh();
    announce(range ? byId("range").textContent : "the whole run");
  });
  showLegend(report, timeline);
  showQuietEnd(report);
  showRange(report, null, timeline);
  showFlame();
}

// The tables, as Tabs takes them. Where a range is brushed they are of that; "…" in a caption stands for it.
function listsOf(report, state, showInGraph, showSite) {
  const lists = [], range = () => state.range;
  const caption = (whole, inRange) => (range() ? inRange.replace("…", rangeWords(report, range())) : whole);
  const add = (name, title, make, count) => lists.push({ name, title, make, count });
  // Each is worked out once for a range: for its tab's number, and for the table.
  const ofRange = (make) => {
    let last, rows;
    return () => {
      if (rows === undefined || last !== range()) [last, rows] = [range(), make(range())];
      return rows;
    };
  };

  if (report.diff) add("changes", "Changes", () => {
    const note = wholeRunsNote(report, range());
    return [...(note ? [element("p", { class: "note", text: note })] : []), totalsTable(report.diff), changesTable(report.diff)];
  }, () => report.diff.all);

  add("sites", "Sites", () => [sitesTable(report, range(), state, showInGraph,
    caption("Sites: functions that allocate, with what they cost in the whole run", "Sites: what was allocated …, by who allocated it"))],
    () => (range() ? siteRows(report, range()).length : report.sites));

  const wasLeaked = report.leaks.called === "leaked";
  const leaks = ofRange((of) => (of ? keptIn(report, of, false) : report.leaks));
  const residue = ofRange((of) => (of ? keptIn(report, of, true) : report.residue));
  add("leaks", wasLeaked ? "Leaks" : "Live at the end", () => [
    leaksTable(leaks(), range(), caption(wasLeaked ? "Leaks: what was never freed, by site" : "Live at the end, by site",
      "Still live after it, by site: what was allocated …"), showSite),
    ...(residue().all ? [leaksTable(residue(), range(), "Kept by the runtime: no leaks", () => element("p", { class: "quiet", text: "The runtime's own." }))] : []),
  ], () => leaks().all);

  const bySite = ofRange((of) => lifetimesIn(report, report.lifetimes, of));
  add("lifetimes", "Lifetimes", () => [lifetimesTable(bySite(), range(), report.clock_step_ns,
    caption("Lifetimes: how long blocks of each site lived", "Lifetimes of what each site allocated …, as long as it lived: to the end of the run where that is later"), "Site")]);
  const loops = ofRange((of) => loopsIn(report, of));
  add("loops", "Temporary", () => [loopsTable(loops(),
    caption("Loops: what makes blocks that are freed at once", "Loops: what made blocks … that were freed at once"))], () => loops().all);
  const byThread = ofRange((of) => lifetimesIn(report, report.threads, of));
  add("threads", "Threads", () => [lifetimesTable(byThread(), range(), report.clock_step_ns,
    caption("Threads: what each allocated, and how long it lived", "Threads: what each allocated …, and how long it lived: to the end of the run where that is later"), "Thread")],
    () => byThread().all);
  const peaks = ofRange((of) => peaksIn(report, of)), step = humanTime(Math.round(report.duration_ns / report.curve.begin.length));
  add("peaks", "Peaks", () => [peaksTable(report, peaks(),
    caption("Peaks: the highest instants with a valley between", `Peaks: the highest instants … with a valley between, told apart in steps of ${step}`))],
    () => peaks().length);
  // Where the tape tracked variables.
  const variables = ofRange((of) => variablesIn(report, of));
  if (report.variables.all) add("variables", "Variables", () => [variablesTable(variables(),
    caption("Variables: what each tracked variable owns over time", "Variables with a scope …, and what these scopes own over their whole lives"))],
    () => variables().all);
  add("ledger", "Ledger", () => [ledgerTable(report,
    caption("Ledger: what is not on the tape, by reason. All 0: nothing was lost or cut", "Ledger: what is not on the tape of the whole run, by reason. All 0: nothing was lost or cut"))]);
  return lists;
}

startTheme();
readReport().then((report) => {
  byId("loading").hidden = true;
  start(report);
  document.documentElement.dataset.ready = "true";
}).catch((error) => {
  byId("loading").textContent = `The report can't be shown: ${error.message}. It needs a browser of 2023 or later.`;
});
