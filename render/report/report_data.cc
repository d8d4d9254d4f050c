#include "render/report/report_data.h"

#include <algorithm>

#include "analyzer/json_parts.h"
#include "analyzer/readable.h"
#include "analyzer/sites.h"
#include "analyzer/thread_lanes.h"
#include "render/printable.h"
#include "render/report/report_columns.h"
#include "render/units.h"

namespace heaptape {
namespace {

// The first `rows` of a list, and how many there are.
template <class Items, class Make>
Json rows_of(const Items& items, std::size_t rows, const Make& make) {
  Json json = {{"all", items.size()}, {"rows", Json::array()}};
  for (std::size_t i = 0; i < std::min(rows, items.size()); ++i) json["rows"].push_back(make(items[i]));
  return json;
}

Json curve_of(const std::vector<CurvePass::Step>& steps) {
  Json begin = Json::array(), low = Json::array(), high = Json::array(), blocks = Json::array(), at = Json::array();
  for (const CurvePass::Step& step : steps) {
    begin.push_back(step.begin_ns);
    low.push_back(step.low);
    high.push_back(step.high.bytes);
    blocks.push_back(step.high.blocks);
    at.push_back(step.high.event == 0 ? Json(nullptr) : Json(step.high.time_ns - step.begin_ns));
  }
  return {{"begin", begin}, {"low", low}, {"high", high}, {"high_blocks", blocks}, {"high_after", at}};
}

// Of a lane's events those in each bucket.
std::vector<std::uint64_t> by_bucket(const TimelineReport& line, const TimelineReport::Lane& lane,
                                     const std::vector<std::uint64_t>& borders) {
  std::vector<std::uint64_t> levels(borders.size() - 1);
  for (std::size_t i = 0, bucket = 0; i < std::min(lane.levels.size(), line.steps.size()); ++i) {
    while (bucket + 1 < levels.size() && borders[bucket + 1] <= line.steps[i].begin_ns) ++bucket;
    levels[bucket] += lane.levels[i];
  }
  return levels;
}

// The most bytes that a scope owned in each of equal steps from its begin to its end.
std::vector<std::uint64_t> levels_of(const VariablesReport::Scope& scope, std::uint64_t end_ns) {
  constexpr std::size_t kSteps = 32;
  std::vector<std::uint64_t> levels(kSteps);
  const std::uint64_t end = std::max(scope.end_ns.value_or(end_ns), scope.begin_ns);
  const double length = static_cast<double>(std::max<std::uint64_t>(end - scope.begin_ns, 1));
  const auto step_of = [&](std::uint64_t time) {
    const double part = static_cast<double>(std::clamp(time, scope.begin_ns, end) - scope.begin_ns) / length;
    return std::min(kSteps - 1, static_cast<std::size_t>(part * kSteps));
  };
  for (std::size_t i = 0; i < scope.history.size(); ++i) {
    const std::uint64_t until = i + 1 < scope.history.size() ? scope.history[i + 1].time_ns : end;
    for (std::size_t step = step_of(scope.history[i].time_ns); step <= step_of(until); ++step)
      levels[step] = std::max(levels[step], scope.history[i].bytes);
  }
  return levels;
}

class Writer {
 public:
  Writer(const ReportLimits& limits) : limits_(limits), names_(limits.name) {}

  std::string text(const std::string& bytes) const { return printable(bytes, limits_.name); }

  Json summary(const SummaryReport& report) {
    Json json = to_json(report);
    // A tape may track as many scopes as it likes, and their names are the tape's.
    json.erase("variables");
    json.erase("caveats");
    for (const char* key : {"program", "command", "tape", "filters"}) json[key] = text(json[key].get<std::string>());
    json["host"] = text(report.origin.host);
    return json;
  }
  // A place marked with HEAPTAPE_TRACK a row; of all of them as many scopes as there may be rows.
  Json variables(const std::vector<VariablesReport::Variable>& all, std::uint64_t end_ns) {
    std::size_t scopes = limits_.rows;
    return rows_of(all, limits_.rows, [&](const VariablesReport::Variable& one) {
      Json details = Json::array();
      for (const VariablesReport::Scope& scope : one.details) {
        if (scopes == 0) break;
        --scopes;
        details.push_back(scope_of(scope, end_ns));
      }
      return Json{{"name", text(one.name)},
                  {"type", text(readable(one.type))},
                  {"place", text(base_name(one.file)) + ":" + std::to_string(one.line)},
                  {"scopes", one.scopes},
                  {"bytes", one.bytes},
                  {"blocks", one.blocks},
                  {"peak_bytes", one.peak_bytes},
                  {"peak_blocks", one.peak_blocks},
                  {"use_count", one.max_use_count},
                  {"inferred", one.inferred},
                  {"confirmed", one.confirmed},
                  {"details", details}};
    });
  }
  Json marks(const TimelineReport& line) {
    return rows_of(line.marks, limits_.rows, [&](const TimelineReport::Mark& mark) {
      return Json{{"time_ns", mark.time_ns}, {"name", text(mark.name)}, {"thread", text(mark.thread)}};
    });
  }
  Json lanes(const TimelineReport& line, const std::vector<std::uint64_t>& borders) {
    constexpr std::size_t kLanes = 8;
    return list(lanes_of(line, kLanes), [&](const TimelineReport::Lane& lane) {
      return Json{{"label", text(name_of(lane, line.threads))},
                  {"tid", lane.tid},
                  {"events", lane.events},
                  {"levels", by_bucket(line, lane, borders)}};
    });
  }
  Json rss(const TimelineReport& line) {
    Json times = Json::array(), bytes = Json::array();
    for (const RssSample& sample : line.rss) {
      times.push_back(sample.time_ns);
      bytes.push_back(sample.bytes);
    }
    return {{"time_ns", times}, {"bytes", bytes}};
  }
  Json leaks(const std::vector<RunReport::Leak>& rows) {
    return rows_of(rows, limits_.rows, [&](const RunReport::Leak& row) {
      return Json{{"label", text(row.label)}, {"detail", text(row.detail)},    {"bytes", row.bytes},
                  {"blocks", row.blocks},     {"growth", name_of(row.growth)}, {"levels", row.levels}};
    });
  }
  Json lifetimes(const LifetimesReport& report) {
    Json json = rows_of(report.groups, limits_.rows, [&](const LifetimesReport::Group& group) {
      Json row = figures(group.figures);
      row["label"] = text(group.label);
      // A thread without a name is called by its id.
      row["detail"] = group.label.ends_with(group.detail) ? "" : text(group.detail);
      return row;
    });
    json["total"] = figures(report.total);
    return json;
  }
  Json loops(const LifetimesReport& report) {
    return rows_of(report.loops, limits_.rows, [&](const LifetimesReport::Loop& loop) {
      return Json{{"site", text(readable_place(loop.site))},
                  {"caller", text(readable_place(loop.caller))},
                  {"temporary", loop.temporary}};
    });
  }
  Json caveats(const std::vector<Caveat>& caveats) {
    Json json = Json::array();
    for (std::size_t i = 0; i < std::min(limits_.rows, caveats.size()); ++i)
      json.push_back({{"reason", caveats[i].reason},
                      {"count", caveats[i].count},
                      {"sentence", printable(caveats[i].sentence, 1000)}});
    return json;
  }
  Json diff(const RunComparison& comparison) {
    const DiffReport& report = comparison.diff;
    // Noise is said where it can be: of several runs.
    const auto change = [](const Change& one) {
      Json both{one.base.median, one.now.median};
      if (one.is_noise()) both.push_back("noise");
      return both;
    };
    Json json = rows_of(report.sites, limits_.rows, [&](const DiffReport::Site& site) {
      Json row = {{"label", text(site.label)}, {"detail", text(site.detail)}, {"state", name_of(site.state)}};
      for (int i = 0; i < kCosts; ++i) row[name_of(static_cast<Cost>(i))] = change(site.of(static_cast<Cost>(i)));
      return row;
    });
    for (int i = 0; i < kCosts; ++i)
      json["total"][name_of(static_cast<Cost>(i))] = change(report.total(static_cast<Cost>(i)));
    json["live_at_end"] = change(report.live_at_end);
    json["residue"] = change(report.residue);
    json["unchanged"] = report.unchanged;
    json["base"] = report.base.size() == 1 ? text(report.base[0].path) : counted(report.base.size(), "run");
    json["in_tree"] = text(report.base[comparison.in_tree].path);
    json["noisy"] = report.noisy;
    json["now"] = text(report.now.front().path);
    json["caveats"] = caveats(report.caveats);
    return json;
  }
  NameTable& names() { return names_; }

 private:
  static std::string readable_place(const Location& location);
  Json scope_of(const VariablesReport::Scope& scope, std::uint64_t end_ns) const {
    return {{"thread", text(scope.thread)},
            {"begin_ns", scope.begin_ns},
            {"end_ns", scope.end_ns ? Json(*scope.end_ns) : Json(nullptr)},
            {"bytes", scope.bytes},
            {"blocks", scope.blocks},
            {"peak_bytes", scope.peak_bytes},
            {"peak_blocks", scope.peak_blocks},
            {"peak_inferred", scope.peak_is_inferred},
            {"use_count", scope.max_use_count},
            {"levels", levels_of(scope, end_ns)},
            {"shared", list(scope.shared, [&](const VariablesReport::Shared& shared) {
               return Json{{"owner", text(shared.owner)}, {"bytes", shared.bytes}, {"blocks", shared.blocks}};
             })}};
  }
  static Json quantile(const LifetimesReport::Quantile& one) { return {one.p50, one.p90, one.p99, one.longest}; }
  Json figures(const LifetimesReport::Figures& one) {
    return {{"allocations", one.count},
            {"live", one.live},
            {"temporary", one.temporary},
            {"lifetime_ns", quantile(one.lifetime_ns)},
            {"byte_seconds", one.byte_seconds},
            {"outlived", one.outlived},
            {"freed_elsewhere", one.freed_elsewhere}};
  }

  ReportLimits limits_;
  NameTable names_;
};

std::string Writer::readable_place(const Location& location) {
  if (location.function.empty()) return {};
  return label_of(Site{readable(location.function), detail_of(location), location});
}

Json fold_of_tree(const FoldedTree& tree) { return {{"nodes", tree.nodes.size()}, {"folded", tree.folded()}}; }

}  // namespace

ReportData report_data(const RunReport& report, const RunComparison* comparison, const std::string& title,
                       const ReportLimits& limits) {
  Writer writer(limits);
  ReportData data;
  Json& json = data.json;
  json["schema"] = "heaptape.report";
  json["version"] = 1;
  json["title"] = writer.text(title.empty() ? report.summary.program : title);
  json["layer"] = name_of(report.summary.layer);
  json["summary"] = writer.summary(report.summary);
  json["peak"] = to_json(report.timeline.peak);
  json["other_peaks"] = list(report.others, [](const Peak& peak) { return to_json(peak); });
  if (report.timeline.margins) json["margins"] = to_json(*report.timeline.margins);
  json["curve"] = curve_of(report.curve);
  json["duration_ns"] = report.timeline.duration_ns;
  if (const auto& quiet = report.timeline.selection.quiet_end)
    json["quiet_end"] = {{"from_ns", quiet->from_ns}, {"to_ns", quiet->to_ns}, {"rss_bytes", quiet->rss}};
  json["borders"] = report.borders;
  json["clock_step_ns"] = report.lifetimes.by_site.clock_step_ns;
  json["first_bucket"] = report.first_bucket;
  json["rss"] = writer.rss(report.timeline);
  json["lanes"] = writer.lanes(report.timeline, report.borders);
  json["marks"] = writer.marks(report.timeline);
  json["sites"] = report.sites;
  json["leaks"] = writer.leaks(report.leaks);
  json["leaks"]["called"] = report.ended ? "leaked" : "live";
  json["leaks"]["exact"] = report.exact;
  json["leaks"]["bytes"] = report.leaked.leaked;
  json["leaks"]["blocks"] = report.leaked.leaked_blocks;
  json["residue"] = writer.leaks(report.residue);
  json["residue"]["bytes"] = report.kept.leaked;
  json["residue"]["blocks"] = report.kept.leaked_blocks;
  json["lifetimes"] = writer.lifetimes(report.lifetimes.by_site);
  json["threads"] = writer.lifetimes(report.lifetimes.by_thread);
  json["loops"] = writer.loops(report.lifetimes.by_site);
  json["variables"] = writer.variables(report.variables, report.timeline.duration_ns);
  json["caveats"] = writer.caveats(report.caveats);
  append_tree(data.columns, report.callees, writer.names(), false);
  append_tree(data.columns, report.callers, writer.names(), false);
  json["folds"] = {{"callees", fold_of_tree(report.callees)}, {"callers", fold_of_tree(report.callers)}};
  if (comparison != nullptr) {
    json["diff"] = writer.diff(*comparison);
    append_tree(data.columns, comparison->callees, writer.names(), true);
    append_tree(data.columns, comparison->callers, writer.names(), true);
  }
  const auto listed = [&](const auto& parts) { return std::span(parts).first(std::min(limits.rows, parts.size())); };
  append_parts(data.columns, listed(report.lifetimes.site_parts), limits.parts / 2);
  append_parts(data.columns, listed(report.lifetimes.thread_parts), limits.parts / 4);
  append_parts(data.columns, listed(report.lifetimes.loop_parts), limits.parts / 4);
  json["names"] = writer.names().names();
  return data;
}

}  // namespace heaptape
