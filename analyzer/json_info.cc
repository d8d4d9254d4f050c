#include "analyzer/json_parts.h"

namespace heaptape {

Json to_json(const InfoReport& report) {
  const Meta& meta = report.meta;
  Json json{{"schema", "heaptape.info"},
            {"version", 1},
            {"tape", report.path},
            {"file_bytes", report.file_bytes},
            {"format", {1, report.format_minor}},
            {"condition", name_of(report.condition)},
            {"program", meta.program},
            {"arguments", meta.arguments},
            {"command", report.command},
            {"host", meta.host},
            {"recorder", meta.recorder},
            {"started_unix_ns", meta.started_unix_ns},
            {"pid", meta.pid},
            {"parent_pid", meta.parent_pid},
            {"image", meta.image},
            {"forked", meta.forked},
            {"ending", to_json(report.ending)},
            {"duration_ns", report.duration_ns},
            {"clock_step_ns", meta.clock_step_ns},
            {"filters", report.filters},
            {"events", report.events},
            {"frames", report.frames},
            {"modules", report.modules},
            {"threads", report.threads},
            {"texts", report.texts},
            {"variables", report.variables},
            {"rss_samples", report.rss_samples}};
  json["blocks"] = list(report.blocks, [](const InfoReport::Blocks& blocks) {
    return Json{{"kind", name_of(blocks.kind)},
                {"blocks", blocks.storage.blocks},
                {"stored_bytes", blocks.storage.stored_bytes},
                {"raw_bytes", blocks.storage.raw_bytes}};
  });
  json["ledger"] = to_json(report.ledger);
  json["damage"] = to_json(report.damage);
  return json;
}

}  // namespace heaptape
