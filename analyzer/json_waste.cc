#include "analyzer/json_parts.h"
#include "analyzer/waste.h"

namespace heaptape {
namespace {

Json step_to_json(const WasteReport::Step& step) {
  return {{"time_ns", step.time_ns},           {"live_bytes", step.live_bytes}, {"live_blocks", step.live_blocks},
          {"usable_bytes", step.usable_bytes}, {"page_bytes", step.page_bytes}, {"span_bytes", step.span_bytes},
          {"rss_bytes", step.rss_bytes},       {"allocations", step.births},    {"allocated_bytes", step.born_bytes}};
}

Json waste_figures_to_json(const WasteReport::SiteFigures& figures) {
  return {{"allocations", figures.allocations},
          {"allocated_bytes", figures.allocated_bytes},
          {"rounding_bytes", figures.rounding_bytes},
          {"resized", figures.resized},
          {"moved", figures.moved},
          {"moved_bytes", figures.moved_bytes},
          {"longest_chain", figures.longest_chain},
          {"zero_length", figures.zero_length},
          {"in_storms", figures.in_storms},
          {"largest_storm",
           {{"allocations", figures.storm},
            {"size", figures.storm_size},
            {"duration_ns", figures.storm_ns},
            {"live_blocks", figures.storm_live}}}};
}

}  // namespace

Json to_json(const WasteReport& report) {
  Json json = head("heaptape.waste", report);
  json["begin_ns"] = report.begin_ns;
  json["duration_ns"] = report.duration_ns;
  json["allocator"] = report.is_glibc ? Json("glibc") : Json(nullptr);
  json["total"] = waste_figures_to_json(report.total);
  json["sites"] = list(report.sites, [](const WasteReport::SiteFigures& site) {
    Json item = to_json(site.place);
    item.update(waste_figures_to_json(site));
    return item;
  });
  json["at_peak"] = step_to_json(report.at_peak);
  json["steps"] = list(report.steps, step_to_json);
  json["caveats"] = to_json(report.caveats);
  return json;
}

}  // namespace heaptape
