// What the page of a report is given: names and lists as JSON, trees and their figures as columns of numbers.
//
// Names come out fit to be shown (printable.h). The page's scripts are the only readers: data.js is the other side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/json.h"
#include "analyzer/run_report.h"

namespace heaptape {

struct ReportData {
  Json json;
  std::string columns;  // LEB128 numbers, 7 bits a byte, low bits first
};

// `comparison` may be null. `title`: empty for the program's name.
ReportData report_data(const RunReport& report, const RunComparison* comparison, const std::string& title,
                       const ReportLimits& limits);

}  // namespace heaptape
