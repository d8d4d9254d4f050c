#include "analyzer/json_check.h"

#include <fmt/format.h>

#include "analyzer/json_parts.h"

namespace heaptape {
namespace {

Json item_to_json(const CheckReport::Item& item) {
  Json json{{"figure", name_of(item.limit.figure)},
            {"layer", name_of(item.limit.layer)},
            {"source", item.baseline ? "baseline" : "budget"}};
  if (!item.range.empty()) json["range"] = item.range;
  if (!item.limit.name.empty()) json["name"] = item.limit.name;
  json["limit"] = item.limit.most;
  json["value"] = item.value;
  json["allowed"] = item.allowed;
  json["verdict"] = name_of(item.verdict);
  if (!item.why.empty()) json["why"] = item.why;
  if (item.baseline)
    json["baseline"] = {{"median", item.baseline->median},
                        {"low", item.baseline->low},
                        {"high", item.baseline->high},
                        {"runs", item.baseline->runs}};
  json["sites"] = list(item.sites, [](const CheckReport::Share& share) {
    Json site{{"label", share.label}, {"detail", share.detail}, {"value", share.now}};
    if (share.before) site["before"] = *share.before;
    return site;
  });
  return json;
}

Json range_to_json(const CheckReport::Range& range) {
  Json json = to_json(range.selection);
  json["name"] = range.name;
  return json;
}

Json allowance_to_json(const CheckReport::Allowed& allowed) {
  const auto& until = allowed.allowance.until;
  return {{"function", allowed.allowance.function},
          {"until", fmt::format("{:04}-{:02}-{:02}", static_cast<int>(until.year()),
                                static_cast<unsigned>(until.month()), static_cast<unsigned>(until.day()))},
          {"reason", allowed.allowance.reason},
          {"for", list(allowed.allowance.figures, [](Figure figure) { return name_of(figure); })},
          {"ranges", allowed.allowance.ranges},
          {"expired", allowed.expired},
          {"used", allowed.used}};
}

}  // namespace

Json to_json(const CheckReport& report) {
  Json json{{"schema", "heaptape.check"}, {"version", 1}, {"verdict", name_of(report.verdict())}};
  json["tapes"] = list(report.tapes, [](const CheckReport::Tape& tape) {
    return Json{{"tape", tape.path},
                {"program", tape.program},
                {"command", tape.command},
                {"exact", tape.exact},
                {"verdict", name_of(tape.verdict())},
                {"checks", list(tape.items, item_to_json)},
                {"ranges", list(tape.ranges, range_to_json)},
                {"caveats", to_json(tape.caveats)}};
  });
  json["allowances"] = list(report.allowances, allowance_to_json);
  json["caveats"] = to_json(report.caveats);
  return json;
}

}  // namespace heaptape
