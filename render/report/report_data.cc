#include "render/report/report_data.h"

#include <algorithm>

#include "analyzer/json_parts.h"
#include "analyzer/readable.h"
#include "analyzer/sites.h"
#include "render/printable.h"
#include "render/report/report_columns.h"

namespace heaptape {
namespace {

// The first `rows` of a list, and how many there are.
template <class Items, class Make>
Json rows_of(const Items& items, std::size_t rows, const Make& make) {
  Json json = {{"all", items.size()}, {"rows", Json::array()}};
  for (std::size_t i = 0; i < std::min(rows, items.size()); ++i) json["rows"].push_back(make(items[i]));
  return json;
}

Json curve_of(const TimelineReport& line) {
  Json low = Json::array(), high = Json::array(), last = Json::array(), begin = Json::array();
  for (const TimelineReport::Step& step : line.steps) {
    begin.push_back(step.begin_ns);
    low.push_back(step.low);
    high.push_back(step.high);
    last.push_back(step.last);
  }
  return {{"begin", begin}, {"low", low}, {"high", high}, {"last", last}};
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
  Json variables(const SummaryReport& report) {
    return rows_of(report.variables, limits_.rows, [&](const VariableReport& one) {
      return Json{{"name", text(one.name)},
                  {"type", text(one.type)},
                  {"place", text(one.file) + ":" + std::to_string(one.line)},
                  {"scope", one.scope},
                  {"thread", text(one.thread)},
                  {"begin_ns", one.begin_ns},
                  {"end_ns", one.end_ns ? Json(*one.end_ns) : Json(nullptr)},
                  {"bytes", one.bytes},
                  {"blocks", one.blocks},
                  {"held_bytes", one.held_bytes},
                  {"held_blocks", one.held_blocks}};
    });
  }
  Json marks(const TimelineReport& line) {
    return rows_of(line.marks, limits_.rows, [&](const TimelineReport::Mark& mark) {
      return Json{{"time_ns", mark.time_ns}, {"name", text(mark.name)}, {"thread", text(mark.thread)}};
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
      row["detail"] = text(group.detail);
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
  Json diff(const DiffReport& report) {
    const auto change = [](const Change& one) { return Json{one.base.median, one.now.median}; };
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
    json["base"] = text(report.base.front().path);
    json["now"] = text(report.now.front().path);
    json["caveats"] = caveats(report.caveats);
    return json;
  }
  NameTable& names() { return names_; }

 private:
  static std::string readable_place(const Location& location);
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
  json["curve"] = curve_of(report.timeline);
  json["duration_ns"] = report.timeline.duration_ns;
  json["borders"] = report.borders;
  json["first_bucket"] = report.first_bucket;
  json["rss"] = writer.rss(report.timeline);
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
  json["lifetimes"] = writer.lifetimes(report.by_site);
  json["threads"] = writer.lifetimes(report.by_thread);
  json["loops"] = writer.loops(report.by_site);
  json["variables"] = writer.variables(report.summary);
  json["caveats"] = writer.caveats(report.caveats);
  append_tree(data.columns, report.callees, writer.names(), false);
  append_tree(data.columns, report.callers, writer.names(), false);
  json["folds"] = {{"callees", fold_of_tree(report.callees)}, {"callers", fold_of_tree(report.callers)}};
  if (comparison != nullptr) {
    json["diff"] = writer.diff(comparison->diff);
    append_tree(data.columns, comparison->callees, writer.names(), true);
    append_tree(data.columns, comparison->callers, writer.names(), true);
  }
  json["names"] = writer.names().names();
  return data;
}

}  // namespace heaptape
