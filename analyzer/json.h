// Reports as JSON. JSON.md describes every key; scripts depend on them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/variables.h"
#include "analyzer/waste.h"

namespace heaptape {

using Json = nlohmann::ordered_json;

Json to_json(const SummaryReport& report);
// {"tapes": […], "total": {…}}: sums, but the largest peak and the longest duration.
Json to_json(const std::vector<SummaryReport>& reports);
Json to_json(const TopReport& report);
Json to_json(const PeaksReport& report);
Json to_json(const LeaksReport& report);
Json to_json(const TimelineReport& report);
Json to_json(const TreeReport& report);
Json to_json(const LifetimesReport& report);
Json to_json(const VariablesReport& report);
Json to_json(const WasteReport& report);
Json to_json(const InfoReport& report);

// Documents of several tapes as one: the only one as it is, else {"tapes": […]}. `asked`: how many there should be.
Json one_or_list(const Json& documents, std::size_t asked);

// Indented text with a newline at its end. Names that are no UTF-8 get replacement characters.
std::string to_text(const Json& json);

// A name as a string of JSON; as above.
std::string json_text(const std::string& text);

// The words that JSON and text use.
const char* name_of(Layer layer);
const char* name_of(Condition condition);
const char* name_of(EndKind kind);

}  // namespace heaptape
