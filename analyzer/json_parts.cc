#include "analyzer/json_parts.h"

namespace heaptape {

Json head(const char* schema, Layer layer, const std::string& program, const std::string& command) {
  return {{"schema", schema}, {"version", 1}, {"layer", name_of(layer)}, {"program", program}, {"command", command}};
}

namespace {

Json place_to_json(const SelectionReport::Place& place) {
  Json json{{"time_ns", place.time_ns}, {"event", place.event}};
  if (!place.word.empty()) json["word"] = place.word;
  return json;
}

Json bounds_to_json(const Bounds& bounds) {
  Json json{{"least", bounds.least}, {"most", nullptr}};
  if (bounds.most != UINT64_MAX) json["most"] = bounds.most;
  return json;
}

}  // namespace

Json to_json(const SelectionReport& selection) {
  Json json = Json::object();
  if (selection.at) json["at"] = place_to_json(*selection.at);
  if (selection.from) json["from"] = place_to_json(*selection.from);
  if (selection.to) json["to"] = place_to_json(*selection.to);
  if (!selection.threads.empty()) json["threads"] = selection.threads;
  if (!selection.modules.empty()) json["modules"] = selection.modules;
  if (!selection.functions.empty()) json["functions"] = selection.functions;
  if (!selection.files.empty()) json["files"] = selection.files;
  if (!selection.size.is_open()) json["size"] = bounds_to_json(selection.size);
  if (!selection.lifetime_ns.is_open()) json["lifetime_ns"] = bounds_to_json(selection.lifetime_ns);
  return json;
}

Json to_json(const Peak& peak) {
  return {{"bytes", peak.bytes}, {"blocks", peak.blocks}, {"time_ns", peak.time_ns}, {"event", peak.event}};
}

Json to_json(const Costs& costs) {
  return {{"peak_bytes", costs.peak},
          {"peak_blocks", costs.peak_blocks},
          {"allocated_bytes", costs.allocated},
          {"allocations", costs.count},
          {"temporary", costs.temporary},
          {"leaked_bytes", costs.leaked},
          {"leaked_blocks", costs.leaked_blocks}};
}

Json to_json(const Location& location) {
  return {{"function", location.function},
          {"file", location.file},
          {"line", location.line},
          {"module", location.module},
          {"inlined", location.inlined}};
}

Json to_json(const Ending& ending) { return {{"kind", name_of(ending.kind)}, {"status", ending.status}}; }

Json to_json(const Ledger& ledger) {
  Json json = Json::object();
  for (int i = 0; i < kLosses; ++i) json[name_of(static_cast<Loss>(i))] = ledger[static_cast<Loss>(i)];
  return json;
}

Json to_json(const Totals& totals) {
  return {{"allocations", totals.allocations},
          {"frees", totals.frees},
          {"allocated_bytes", totals.allocated_bytes},
          {"peak_bytes", totals.peak_bytes},
          {"peak_blocks", totals.peak_blocks},
          {"peak_time_ns", totals.peak_time_ns},
          {"live_bytes", totals.live_bytes},
          {"live_blocks", totals.live_blocks},
          {"temporary", totals.temporary},
          {"events", totals.allocations + totals.frees}};
}

Json to_json(const Margins& margins) {
  return {{"allocations", margins.allocations},         {"frees", margins.frees},
          {"allocated_bytes", margins.allocated_bytes}, {"temporary", margins.temporary},
          {"live_bytes", margins.live_bytes},           {"live_blocks", margins.live_blocks},
          {"peak_bytes", margins.peak_bytes},           {"peak_blocks", margins.peak_blocks}};
}

Json to_json(const std::vector<SiteShare>& shares) {
  return list(shares, [](const SiteShare& share) {
    return Json{{"label", share.label}, {"bytes", share.bytes}, {"blocks", share.blocks}};
  });
}

Json to_json(const std::vector<Caveat>& caveats) {
  return list(caveats, [](const Caveat& caveat) {
    return Json{{"reason", caveat.reason}, {"count", caveat.count}, {"sentence", caveat.sentence}};
  });
}

const char* name_of(Layer layer) {
  switch (layer) {
    case Layer::user:
      return "user";
    case Layer::program:
      return "program";
    case Layer::all:
      return "all";
  }
  return "";
}

const char* name_of(Condition condition) {
  switch (condition) {
    case Condition::whole:
      return "whole";
    case Condition::cut:
      return "cut";
    case Condition::damaged:
      return "damaged";
  }
  return "";
}

const char* name_of(EndKind kind) {
  switch (kind) {
    case EndKind::unknown:
      return "unknown";
    case EndKind::exited:
      return "exited";
    case EndKind::signaled:
      return "signaled";
    case EndKind::execed:
      return "execed";
    case EndKind::gone:
      return "gone";
  }
  return "";
}

Json to_json(const std::vector<Damage>& damage) {
  return list(damage, [](const Damage& one) { return Json{{"offset", one.offset}, {"reason", one.reason}}; });
}

}  // namespace heaptape
