// The first figures, and what they depend on.
function endingOf(ending) {
  switch (ending.kind) {
    case "exited": return `exited with status ${ending.status}`;
    case "signaled": return `killed by signal ${ending.status}`;
    case "execed": return "became another program (exec)";
    case "gone": return "ended; its status went to another process";
    default: return "how it ended is unknown: the tape does not reach to it";
  }
}
function aboutOf(report, text, margin) {
  return report.margins ? `about ${text} (± ${margin})` : text;
}

function showOverview(report) {
  const { summary, leaks, peak, residue, margins } = report;
  document.title = `${report.title} – heap report`;
  byId("title").textContent = report.title;
  const day = new Date(summary.started_unix_ns / 1e6).toISOString().slice(0, 16).replace("T", " ");
  byId("subtitle").replaceChildren(element("code", { text: summary.command }), element("span", {
    text: ` — ${humanTime(report.quiet_end?.to_ns ?? report.duration_ns)}, ${endingOf(summary.ending)}; recorded ${day} UTC${summary.host ? ` on ${summary.host}` : ""}; layer ${report.layer}` }));
  const card = (title, figure, detail, isStrong) => element("div", { class: isStrong ? "strong" : undefined },
    element("dt", { text: title }), element("dd", { class: "figure", text: figure }), element("dd", { class: "detail", text: detail }));
  const inBlocks = (bytes, blocks) => `${exactBytes(bytes)} in ${counted(blocks, "block")}`;
  const wasLeaked = leaks.called === "leaked";
  const cards = [
    card("Peak", aboutOf(report, humanBytes(peak.bytes), humanBytes(margins?.peak_bytes ?? 0)), `${inBlocks(peak.bytes, peak.blocks)}, at ${humanTime(peak.time_ns)}`, true),
    card(wasLeaked ? "Leaked" : "Live at the end", aboutOf(report, humanBytes(leaks.bytes), humanBytes(margins?.live_bytes ?? 0)),
         inBlocks(leaks.bytes, leaks.blocks) + (residue.bytes ? `; the runtime keeps ${humanBytes(residue.bytes)}` : "")),
    card("Allocated", aboutOf(report, humanBytes(summary.allocated_bytes), humanBytes(margins?.allocated_bytes ?? 0)), exactBytes(summary.allocated_bytes)),
    card("Allocations", aboutOf(report, grouped(summary.allocations), grouped(margins?.allocations ?? 0)), `${counted(summary.frees, "free")}; ${counted(summary.threads, "thread")}`),
    card("Temporary", aboutOf(report, grouped(summary.temporary), grouped(margins?.temporary ?? 0)), `${shareOf(summary.temporary, summary.allocations)} of allocations, freed at once`),
  ];
  if (summary.rss_peak_bytes) cards.push(card("Resident at most", humanBytes(summary.rss_peak_bytes), `${exactBytes(summary.rss_peak_bytes)}, sampled`));
  byId("cards").replaceChildren(...cards);
  byId("notes").replaceChildren(...report.caveats.map((caveat) => element("p", { class: "note", text: caveat.sentence })));
}

function showFooter(report) {
  const { callees, callers } = report.folds;
  const folded = (fold) => (fold.folded === 0 ? "none" : `${grouped(fold.folded)} of ${grouped(fold.folded + fold.nodes)}`);
  const lines = [
    `To keep this page small, calls with small shares are folded: ${folded(callees)} from main down, ${folded(callers)} from the sites up. Sums are exact all the same.`,
    `A part of the run is chosen in steps of ${humanTime(Math.round(report.duration_ns / (report.borders.length - 1)))}.`,
  ];
  if (report.summary.filters) lines.push(`Recorded with ${report.summary.filters}.`);
  byId("footer").replaceChildren(...lines.map((text) => element("p", { text })));
}
