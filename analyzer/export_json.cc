#include "analyzer/analyze.h"
#include "analyzer/export.h"
#include "analyzer/json_parts.h"

namespace heaptape {
namespace {

constexpr std::size_t kOtherPeaks = 10;

}  // namespace

Json export_json(const TapeReader& tape, const Selection& selection, Cost cost, Symbols& symbols) {
  const TopReport sites = top(tape, selection, cost, symbols);
  Json json = head("heaptape.export", sites);
  if (selection.is_whole()) json["summary"] = to_json(summary(tape, selection.layer()));
  if (!selection.is_instant()) json["peaks"] = to_json(peaks(tape, selection, kOtherPeaks, symbols));
  json["leaks"] = to_json(leaks(tape, selection, symbols));
  json["top"] = to_json(sites);
  json["caveats"] = to_json(sites.caveats);
  return json;
}

}  // namespace heaptape
