// A check for people, for a pull request and for a CI server.
#pragma once

#include <string>

#include "analyzer/check.h"
#include "cli/terminal.h"

namespace heaptape::cli {

std::string check_text(const CheckReport& report, const Terminal& terminal);
std::string check_markdown(const CheckReport& report);
// JUnit's XML: a suite for each tape, a case for each figure; an exceeded one is a failure, an unknown one an error.
std::string check_junit(const CheckReport& report);

}  // namespace heaptape::cli
