#include "analyzer/json_parts.h"

namespace heaptape {
namespace {

Json quantile_to_json(const LifetimesReport::Quantile& quantile) {
  return {{"p50", quantile.p50}, {"p90", quantile.p90}, {"p99", quantile.p99}, {"longest", quantile.longest}};
}

Json thread_to_json(const LifetimesReport::ByThread& thread) { return {{"tid", thread.tid}, {"name", thread.name}}; }

Json lifetime_figures_to_json(const LifetimesReport::Figures& figures) {
  return {{"allocations", figures.count},
          {"live_blocks", figures.live},
          {"temporary", figures.temporary},
          {"lifetime_ns", quantile_to_json(figures.lifetime_ns)},
          {"distance", quantile_to_json(figures.distance)},
          {"byte_seconds", figures.byte_seconds},
          {"outlived", figures.outlived},
          {"freed_elsewhere", figures.freed_elsewhere},
          {"freed_by", list(figures.freed_by,
                            [](const LifetimesReport::FreedBy& one) {
                              return Json{{"thread", thread_to_json(one.thread)}, {"blocks", one.blocks}};
                            })},
          {"freed_by_others", figures.freed_by_others}};
}

}  // namespace

Json to_json(const LifetimesReport& report) {
  const bool by_site = report.by == LifetimesReport::By::site;
  Json json = head("heaptape.lifetimes", report);
  json["by"] = by_site ? "site" : "thread";
  json["clock_step_ns"] = report.clock_step_ns;
  json["total"] = lifetime_figures_to_json(report.total);
  json[by_site ? "sites" : "threads"] = list(report.groups, [&](const LifetimesReport::Group& group) {
    Json item = by_site ? to_json(group.place) : thread_to_json(group.thread);
    item.update(lifetime_figures_to_json(group.figures));
    return item;
  });
  json["loops"] = list(report.loops, [](const LifetimesReport::Loop& loop) {
    return Json{{"site", to_json(loop.site)},
                {"caller", loop.caller.function.empty() ? Json() : to_json(loop.caller)},
                {"temporary", loop.temporary}};
  });
  if (report.margins)
    json["margins"] = {{"allocations", report.margins->allocations},
                       {"temporary", report.margins->temporary},
                       {"live_blocks", report.margins->live_blocks}};
  json["caveats"] = to_json(report.caveats);
  return json;
}

}  // namespace heaptape
