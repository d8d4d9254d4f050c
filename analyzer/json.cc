#include "analyzer/json.h"

#include "analyzer/json_parts.h"

namespace heaptape {

Json to_json(const PeaksReport& report) {
  Json json = head("heaptape.peaks", report);
  json["duration_ns"] = report.duration_ns;
  json["peak"] = to_json(report.peak);
  json["sites"] = to_json(report.sites);
  json["others"] = list(report.others, [](const Peak& peak) { return to_json(peak); });
  if (report.margins) json["margins"] = to_json(*report.margins);
  json["caveats"] = to_json(report.caveats);
  return json;
}

namespace {

Json live_to_json(const Costs& costs) { return {{"live_bytes", costs.live}, {"live_blocks", costs.live_blocks}}; }

}  // namespace

Json to_json(const TopReport& report) {
  Json json = head("heaptape.top", report);
  json["cost"] = name_of(report.cost);
  json["peak"] = to_json(report.peak);
  const auto costs = [&](const Costs& all) { return report.cost == Cost::live ? live_to_json(all) : to_json(all); };
  json["total"] = costs(report.total);
  json["sites"] = list(report.sites, [&](const TopReport::Site& site) {
    Json item = to_json(site.place);
    item.update(costs(site.costs));
    return item;
  });
  if (report.margins) json["margins"] = to_json(*report.margins);
  json["caveats"] = to_json(report.caveats);
  return json;
}

Json to_json(const TimelineReport& report) {
  Json json = head("heaptape.timeline", report);
  if (report.begin_ns != 0) json["begin_ns"] = report.begin_ns;
  json["duration_ns"] = report.duration_ns;
  json["peak"] = to_json(report.peak);
  json["live_at_end"] = report.live_at_end;
  json["steps"] = list(report.steps, [](const TimelineReport::Step& step) {
    return Json{{"begin_ns", step.begin_ns}, {"low", step.low}, {"high", step.high}, {"last", step.last}};
  });
  json["rss"] = list(report.rss, [](const RssSample& sample) {
    return Json{{"time_ns", sample.time_ns}, {"bytes", sample.bytes}};
  });
  json["marks"] = list(report.marks, [](const TimelineReport::Mark& mark) {
    return Json{{"time_ns", mark.time_ns}, {"name", mark.name}, {"thread", mark.thread}};
  });
  json["threads"] = list(report.threads, [](const TimelineReport::Lane& lane) {
    return Json{{"name", lane.name},         {"tid", lane.tid},         {"events", lane.events},
                {"first_ns", lane.first_ns}, {"last_ns", lane.last_ns}, {"levels", lane.levels}};
  });
  if (const TimelineReport::Lane& others = report.other_threads; others.threads != 0)
    json["other_threads"] = {{"threads", others.threads}, {"events", others.events}, {"levels", others.levels}};
  json["peak_sites"] = to_json(report.peak_sites);
  if (report.margins) json["margins"] = to_json(*report.margins);
  json["caveats"] = to_json(report.caveats);
  return json;
}

Json to_json(const TreeReport& report) {
  Json json = head("heaptape.tree", report);
  json["cost"] = name_of(report.cost);
  json["direction"] = report.direction == TreeReport::Direction::callees ? "callees" : "callers";
  json["peak"] = to_json(report.peak);
  json["total"] = report.total;
  json["nodes"] = list(report.nodes, [](const TreeReport::Node& node) {
    return Json{{"label", node.label}, {"detail", node.detail}, {"in_program", node.in_program}, {"total", node.total},
                {"self", node.self},   {"blocks", node.blocks}, {"children", node.children}};
  });
  if (report.margins) json["margins"] = to_json(*report.margins);
  json["caveats"] = to_json(report.caveats);
  return json;
}

namespace {

Json group_to_json(const LeaksReport::Group& group) {
  Json json = to_json(group.place);
  json["bytes"] = group.bytes;
  json["blocks"] = group.blocks;
  json["growth"] = name_of(group.growth);
  json["levels"] = group.levels;
  json["stacks"] = list(group.stacks, [](const LeaksReport::Stack& stack) {
    return Json{{"bytes", stack.bytes},
                {"blocks", stack.blocks},
                {"frames", list(stack.frames, [](const Location& frame) { return to_json(frame); })}};
  });
  return json;
}

}  // namespace

Json to_json(const LeaksReport& report) {
  Json json = head("heaptape.leaks", report);
  json["ending"] = to_json(report.ending);
  json["called"] = report.ended ? "leaked" : "live";
  json["bytes"] = report.bytes;
  json["blocks"] = report.blocks;
  json["residue_bytes"] = report.residue_bytes;
  json["residue_blocks"] = report.residue_blocks;
  json["suppressed_bytes"] = report.suppressed_bytes;
  json["suppressed_blocks"] = report.suppressed_blocks;
  json["suppressed"] = list(report.suppressed, [](const LeaksReport::Suppressed& one) {
    return Json{{"pattern", one.pattern}, {"bytes", one.bytes}, {"blocks", one.blocks}};
  });
  json["exact"] = report.exact;
  json["growth_from_ns"] = report.growth_from_ns ? Json(*report.growth_from_ns) : Json(nullptr);
  json["sites"] = list(report.groups, group_to_json);
  json["residue"] = list(report.residue, group_to_json);
  if (report.margins) json["margins"] = to_json(*report.margins);
  json["caveats"] = to_json(report.caveats);
  return json;
}

Json one_or_list(const Json& documents, std::size_t asked) {
  return asked == 1 ? documents[0] : Json{{"tapes", documents}};
}

std::string to_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string json_text(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace heaptape
