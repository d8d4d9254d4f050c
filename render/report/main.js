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
    found.textContent = graph.found ? `${counted(graph.foundCount, "call")} found, with ${amount(graph.cost, graph.foundSum)}, ${shareOf(graph.foundSum, graph.totals[0])} of all` : "";
  }
  function showZoom() {
    if (!graph.tree) return;
    path.replaceChildren(...wayTo(graph.tree, graph.top, (node) => graph.zoom(node)));
    if (table.open) table.lastChild.replaceChildren(callTable(graph, graph.cost));
  }
  function showControls() {
    const costs = state.view === "changes" ? kCosts : costsOf(report, state.range);
    const change = (key) => (value) => { state[key] = value; showFlame(); if (key === "cost") tabs.refresh("sites"); refocus(key, value); };
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
    const node = tree.children[0].find((at) => tree.label[at] === row.label && tree.detail[at] === row.detail);
    return node === undefined ? element("p", { class: "quiet", text: "Its stacks are folded: it has small shares only." }) : stackDetails(report, node, "leaked", null, showInGraph);
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
    for (const name of report.diff ? ["changes", "sites"] : ["sites"]) tabs.refresh(name);
    announce(range ? byId("range").textContent : "the whole run");
  });
  showLegend(report, timeline);
  showQuietEnd(report);
  showRange(report, null, timeline);
  showFlame();
}

function listsOf(report, state, showInGraph, showSite) {
  const lists = [{ name: "sites", title: "Sites", count: report.sites, make: () => [sitesTable(report, state.range, state, showInGraph)] }];
  if (report.diff) lists.unshift({ name: "changes", title: "Changes", count: report.diff.all, make: () => {
    const note = wholeRunsNote(report, state.range);
    return [...(note ? [element("p", { class: "note", text: note })] : []), totalsTable(report.diff), changesTable(report.diff)];
  } });
  const wasLeaked = report.leaks.called === "leaked";
  const leaks = () => {
    const made = [leaksTable(report, report.leaks, wasLeaked ? "Leaks: what was never freed, by site" : "Live at the end, by site", showSite)];
    if (report.residue.all) made.push(leaksTable(report, report.residue, "Kept by the runtime: no leaks", () => element("p", { class: "quiet", text: "The runtime's own." })));
    return made;
  };
  lists.push({ name: "leaks", title: wasLeaked ? "Leaks" : "Live at the end", count: report.leaks.all, make: leaks },
    { name: "lifetimes", title: "Lifetimes", make: () => [lifetimesTable(report.lifetimes, "Lifetimes: how long blocks of each site lived", "Site")] },
    { name: "loops", title: "Temporary", count: report.loops.all, make: () => [loopsTable(report)] },
    { name: "threads", title: "Threads", count: report.threads.all, make: () => [lifetimesTable(report.threads, "Threads: what each allocated, and how long it lived", "Thread")] },
    { name: "peaks", title: "Peaks", count: report.other_peaks.length + (report.peak.bytes ? 1 : 0), make: () => [peaksTable(report)] });
  // Where the tape tracked variables.
  if (report.variables.all) lists.push({ name: "variables", title: "Variables", count: report.variables.all, make: () => [variablesTable(report)] });
  lists.push({ name: "ledger", title: "Ledger", make: () => [ledgerTable(report)] });
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
