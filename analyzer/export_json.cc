#include "analyzer/analyze.h"
#include "analyzer/export.h"
#include "analyzer/json_parts.h"

namespace heaptape {
namespace {

constexpr std::size_t kOtherPeaks = 10;

}  // namespace

Json export_json(const TapeReader& tape, Layer layer, Cost cost, Symbols& symbols) {
  const SummaryReport whole = summary(tape, layer);
  Json json = head("heaptape.export", layer, whole.program, whole.command);
  json["summary"] = to_json(whole);
  json["peaks"] = to_json(peaks(tape, layer, kOtherPeaks, symbols));
  json["leaks"] = to_json(leaks(tape, layer, symbols));
  const TopReport sites = top(tape, layer, cost, symbols);
  json["top"] = to_json(sites);
  json["caveats"] = to_json(sites.caveats);
  return json;
}

}  // namespace heaptape
