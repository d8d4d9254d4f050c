// Pieces that the JSON of several reports share.
#pragma once

#include <string>
#include <vector>

#include "analyzer/json.h"

namespace heaptape {

Json to_json(const SelectionReport& selection);

// "schema", "version" and what each report begins with.
Json head(const char* schema, Layer layer, const std::string& program, const std::string& command);
// The same with "selection", where there is one.
template <class Report>
Json head(const char* schema, const Report& report) {
  Json json = head(schema, report.layer, report.program, report.command);
  if (!report.selection.is_whole()) json["selection"] = to_json(report.selection);
  return json;
}

Json to_json(const Peak& peak);
Json to_json(const Costs& costs);
Json to_json(const Location& location);
Json to_json(const Ending& ending);
Json to_json(const Ledger& ledger);
Json to_json(const Totals& totals);
Json to_json(const Margins& margins);
Json to_json(const std::vector<SiteShare>& shares);
Json to_json(const std::vector<Caveat>& caveats);
Json to_json(const std::vector<Damage>& damage);

template <class Items, class Make>
Json list(const Items& items, const Make& make) {
  Json json = Json::array();
  for (const auto& item : items) json.push_back(make(item));
  return json;
}

}  // namespace heaptape
