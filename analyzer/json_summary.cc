#include <algorithm>

#include "analyzer/json_parts.h"

namespace heaptape {
namespace {

Json variable_to_json(const VariableReport& variable) {
  return {{"name", variable.name},
          {"type", variable.type},
          {"file", variable.file},
          {"line", variable.line},
          {"address", variable.address},
          {"size", variable.size},
          {"scope", variable.scope},
          {"thread", variable.thread},
          {"begin_ns", variable.begin_ns},
          {"end_ns", variable.end_ns ? Json(*variable.end_ns) : Json(nullptr)},
          {"blocks", variable.blocks},
          {"bytes", variable.bytes},
          {"held_blocks", variable.held_blocks},
          {"held_bytes", variable.held_bytes},
          {"use_count", variable.use_count},
          {"max_use_count", variable.max_use_count}};
}

Json total_of(const std::vector<SummaryReport>& reports) {
  Totals total;
  Ledger ledger;
  std::uint64_t threads = 0;
  std::uint64_t duration_ns = 0;
  for (const SummaryReport& report : reports) {
    total.allocations += report.totals.allocations;
    total.frees += report.totals.frees;
    total.allocated_bytes += report.totals.allocated_bytes;
    total.temporary += report.totals.temporary;
    total.live_bytes += report.totals.live_bytes;
    total.live_blocks += report.totals.live_blocks;
    if (report.totals.peak_bytes > total.peak_bytes) {
      total.peak_bytes = report.totals.peak_bytes;
      total.peak_blocks = report.totals.peak_blocks;
      total.peak_time_ns = report.totals.peak_time_ns;
    }
    for (int i = 0; i < kLosses; ++i) ledger[static_cast<Loss>(i)] += report.ledger[static_cast<Loss>(i)];
    threads += report.threads;
    duration_ns = std::max(duration_ns, report.duration_ns);
  }
  Json json = to_json(total);
  json["threads"] = threads;
  json["duration_ns"] = duration_ns;
  json["ledger"] = to_json(ledger);
  return json;
}

}  // namespace

Json to_json(const SummaryReport& report) {
  Json json = head("heaptape.summary", report.layer, report.program, report.command);
  json["tape"] = report.path;
  json["condition"] = name_of(report.condition);
  json["ending"] = to_json(report.ending);
  json.update(to_json(report.totals));
  json["threads"] = report.threads;
  json["duration_ns"] = report.duration_ns;
  json["rss_peak_bytes"] = report.rss_peak;
  json["layers"] = {{"program", to_json(report.layers.program)}, {"all", to_json(report.layers.all)}};
  if (report.user) json["layers"]["user"] = to_json(*report.user);
  json["variables"] = list(report.variables, variable_to_json);
  json["ledger"] = to_json(report.ledger);
  json["caveats"] = to_json(report.caveats);
  return json;
}

Json to_json(const std::vector<SummaryReport>& reports) {
  return {{"schema", "heaptape.summaries"},
          {"version", 1},
          {"tapes", list(reports, [](const SummaryReport& report) { return to_json(report); })},
          {"total", total_of(reports)}};
}

}  // namespace heaptape
