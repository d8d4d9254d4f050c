#include "analyzer/analyze.h"
#include "analyzer/caveats.h"

namespace heaptape {

const char* name_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::meta:
      return "meta";
    case BlockKind::definitions:
      return "definitions";
    case BlockKind::events:
      return "events";
    case BlockKind::rss:
      return "rss";
    case BlockKind::index:
      return "index";
    case BlockKind::aggregate:
      return "aggregate";
    case BlockKind::symbols:
      return "symbols";
  }
  return "unknown";
}

InfoReport info(const TapeReader& tape) {
  InfoReport report;
  report.path = tape.path();
  report.file_bytes = tape.file_bytes();
  report.format_minor = tape.format_minor();
  report.meta = tape.meta();
  report.command = command_of(tape);
  report.filters = filters_of(tape.meta());
  report.ending = tape.ending();
  report.duration_ns = duration_of(tape);
  report.frames = tape.frames().size() - 1;
  report.events = tape.events() - tape.opening().events;
  report.modules = tape.modules().size();
  report.threads = tape.thread_count();
  report.texts = tape.texts().size();
  report.variables = tape.variables().size();
  report.rss_samples = tape.rss().size();
  report.ledger = tape.ledger();
  for (auto kind = BlockKind::meta; kind <= kLastBlockKind; kind = BlockKind{static_cast<std::uint32_t>(kind) + 1})
    if (const TapeReader::Storage storage = tape.storage(kind); storage.blocks != 0)
      report.blocks.push_back({kind, storage});
  report.condition = tape.condition();
  report.damage = tape.damage();
  return report;
}

}  // namespace heaptape
