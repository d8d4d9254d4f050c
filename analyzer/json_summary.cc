#include "analyzer/family.h"
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

Json to_json(const FamilyTotal& total) {
  Json json = to_json(total.totals);
  json["threads"] = total.threads;
  json["duration_ns"] = total.duration_ns;
  json["ledger"] = to_json(total.ledger);
  return json;
}

}  // namespace

Json to_json(const SummaryReport& report) {
  Json json = head("heaptape.summary", report.layer, report.program, report.command);
  json["tape"] = report.path;
  json["condition"] = name_of(report.condition);
  json["ending"] = to_json(report.ending);
  json["pid"] = report.origin.pid;
  json["parent_pid"] = report.origin.parent_pid;
  json["image"] = report.origin.image;
  json["forked"] = report.origin.forked;
  json["started_unix_ns"] = report.origin.started_unix_ns;
  json.update(to_json(report.totals));
  json["threads"] = report.threads;
  json["duration_ns"] = report.duration_ns;
  json["rss_peak_bytes"] = report.rss_peak;
  json["layers"] = {{"program", to_json(report.layers.program)}, {"all", to_json(report.layers.all)}};
  if (report.user) json["layers"]["user"] = to_json(*report.user);
  json["variables"] = list(report.variables, variable_to_json);
  json["ledger"] = to_json(report.ledger);
  if (report.margins) json["margins"] = to_json(*report.margins);
  if (report.recorded)
    json["recorded"] = {{"program", to_json(report.recorded->program)}, {"all", to_json(report.recorded->all)}};
  json["filters"] = report.filters;
  json["caveats"] = to_json(report.caveats);
  return json;
}

Json to_json(const std::vector<SummaryReport>& reports) {
  const auto member_to_json = [&](const FamilyMember& member) {
    Json json = to_json(reports[member.report]);
    json["parent"] = member.parent ? Json(reports[*member.parent].path) : Json(nullptr);
    json["depth"] = member.depth;
    return json;
  };
  return {{"schema", "heaptape.summaries"},
          {"version", 1},
          {"tapes", list(family_of(reports), member_to_json)},
          {"total", to_json(total_of(reports))}};
}

}  // namespace heaptape
