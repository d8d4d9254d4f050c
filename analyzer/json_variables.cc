#include "analyzer/json_parts.h"
#include "analyzer/variables.h"

namespace heaptape {
namespace {

Json point_to_json(const VariablesReport::Point& point) {
  Json json{{"time_ns", point.time_ns},     {"blocks", point.blocks},    {"bytes", point.bytes},
            {"use_count", point.use_count}, {"how", name_of(point.how)}, {"inferred", point.is_inferred()}};
  if (point.how == VariablesReport::How::mark) json["mark"] = point.mark;
  return json;
}

Json scope_to_json(const VariablesReport::Scope& scope) {
  return {{"scope", scope.scope},
          {"thread", scope.thread},
          {"address", scope.address},
          {"begin_ns", scope.begin_ns},
          {"end_ns", scope.end_ns ? Json(*scope.end_ns) : Json(nullptr)},
          {"blocks", scope.blocks},
          {"bytes", scope.bytes},
          {"peak_bytes", scope.peak_bytes},
          {"peak_blocks", scope.peak_blocks},
          {"peak_inferred", scope.peak_is_inferred},
          {"max_use_count", scope.max_use_count},
          {"history", list(scope.history, point_to_json)},
          {"points_left_out", scope.points_left_out},
          {"shared", list(scope.shared, [](const VariablesReport::Shared& shared) {
             return Json{{"owner", shared.owner},
                         {"owner_scope", shared.owner_scope},
                         {"blocks", shared.blocks},
                         {"bytes", shared.bytes}};
           })}};
}

Json tracked_to_json(const VariablesReport::Variable& variable) {
  return {{"name", variable.name},
          {"type", variable.type},
          {"file", variable.file},
          {"line", variable.line},
          {"size", variable.size},
          {"scopes", variable.scopes},
          {"open", variable.open},
          {"blocks", variable.blocks},
          {"bytes", variable.bytes},
          {"peak_bytes", variable.peak_bytes},
          {"peak_blocks", variable.peak_blocks},
          {"max_use_count", variable.max_use_count},
          {"inferred", variable.inferred},
          {"confirmed", variable.confirmed},
          {"details", list(variable.details, scope_to_json)}};
}

}  // namespace

Json to_json(const VariablesReport& report) {
  Json json = head("heaptape.variables", Layer::user, report.program, report.command);
  if (!report.selection.is_whole()) json["selection"] = to_json(report.selection);
  json["duration_ns"] = report.duration_ns;
  json["variables"] = list(report.variables, tracked_to_json);
  json["caveats"] = to_json(report.caveats);
  return json;
}

}  // namespace heaptape
