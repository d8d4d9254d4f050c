#include "analyzer/json_diff.h"

#include "analyzer/json_parts.h"

namespace heaptape {
namespace {

// As other reports call what a cost counts.
const char* key_of(Cost cost) {
  switch (cost) {
    case Cost::peak:
      return "peak_bytes";
    case Cost::allocated:
      return "allocated_bytes";
    case Cost::count:
      return "allocations";
    case Cost::temporary:
      return "temporary";
    case Cost::leaked:
      return "leaked_bytes";
    case Cost::live:
      return "live_bytes";
  }
  return "";
}

Json change_to_json(const Change& change) {
  const auto signed_of = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  Json json{{"base", change.base.median},
            {"new", change.now.median},
            {"change", signed_of(change.now.median - change.base.median)}};
  if (change.base.runs > 1) json["base_range"] = {change.base.low, change.base.high};
  if (change.now.runs > 1) json["new_range"] = {change.now.low, change.now.high};
  if (change.is_noise()) json["noise"] = true;
  return json;
}

Json changes_to_json(const Changes& changes) {
  Json json = Json::object();
  for (int i = 0; i < kCosts; ++i)
    json[key_of(static_cast<Cost>(i))] = change_to_json(changes[static_cast<std::size_t>(i)]);
  return json;
}

// Of a side that released nothing there is no figure.
Json quantile_change_to_json(const Change& change) {
  Json json = change_to_json(change);
  if (change.base.runs == 0) json["base"] = json["change"] = nullptr;
  if (change.now.runs == 0) json["new"] = json["change"] = nullptr;
  return json;
}

Json lifetimes_to_json(const LifetimeChanges& lifetimes) {
  const auto seconds = [](std::uint64_t byte_ms) { return static_cast<double>(byte_ms) / 1000; };
  Json json{{"changed", lifetimes.is_change}, {"released", change_to_json(lifetimes.released)}};
  json["lifetime_ns"]["p50"] = quantile_change_to_json(lifetimes.p50_ns);
  json["lifetime_ns"]["p90"] = quantile_change_to_json(lifetimes.p90_ns);
  json["distance"]["p50"] = quantile_change_to_json(lifetimes.distance);
  const double base = seconds(lifetimes.byte_ms.base.median), now = seconds(lifetimes.byte_ms.now.median);
  json["byte_seconds"] = {{"base", base}, {"new", now}, {"change", now - base}};
  return json;
}

Json side_to_json(const std::vector<DiffReport::Run>& runs, const std::optional<Margins>& margins) {
  Json json{
      {"runs", list(runs, [](const DiffReport::Run& run) {
         return Json{{"tape", run.path}, {"program", run.program}, {"command", run.command}, {"exact", run.exact}};
       })}};
  if (margins) json["margins"] = to_json(*margins);
  return json;
}

Json compared_place_to_json(const DiffReport::Site& site) {
  Json json = to_json(site.place);
  json["state"] = name_of(site.state);
  if (site.before) json["before"] = to_json(*site.before);
  if (site.lifetimes) json["lifetimes"] = lifetimes_to_json(*site.lifetimes);
  return json;
}

Json changed_site_to_json(const DiffReport::Site& site) {
  Json json = compared_place_to_json(site);
  json.update(changes_to_json(site.changes));
  return json;
}

}  // namespace

Json to_json(const DiffReport& report) {
  Json json = head("heaptape.diff", report.layer, report.program, report.command);
  json["cost"] = name_of(report.cost);
  json["aligned"] = report.aligned;
  json["base"] = side_to_json(report.base, report.base_margins);
  json["new"] = side_to_json(report.now, report.now_margins);
  json["total"] = changes_to_json(report.totals);
  json["total"]["live_bytes"] = change_to_json(report.live_at_end);
  json["total"]["residue_bytes"] = change_to_json(report.residue);
  if (report.lifetimes) json["total"]["lifetimes"] = lifetimes_to_json(*report.lifetimes);
  json["sites"] = list(report.sites, changed_site_to_json);
  if (report.lifetimes) json["by_lifetime"] = list(report.by_lifetime, compared_place_to_json);
  json["unchanged"] = report.unchanged;
  json["within_noise"] = report.noisy;
  json["caveats"] = to_json(report.caveats);
  return json;
}

}  // namespace heaptape
