// What the forms of a check share.
#pragma once

#include <string>
#include <vector>

#include "analyzer/check.h"

namespace heaptape::cli {

// "peak", "peak (baseline)", "allocations in draw", "growth per mark 'request', range 'serving', layer all"
std::string figure_text(const CheckReport::Item& item);
// "range 'serving': from mark:load (1.2 ms) to end (3 ms)"
std::string range_text(const CheckReport::Range& range);
std::string figure_amount(Figure figure, std::uint64_t value);
// "4.00 KiB", and what is allowed for: "4.00 KiB (1.00 KiB of it allowed)"
std::string value_text(const CheckReport::Item& item);
// "64.0 MiB", "9.10 MiB (baseline 9.00 MiB)"
std::string limit_text(const CheckReport::Item& item);
// "+4.00 KiB", "4.00 KiB"
std::string share_text(Figure figure, const CheckReport::Share& share);
std::string site_text(const CheckReport::Share& share);
// "exceeded: 2 of 7 figures", "ok: 7 figures"
std::string outcome_text(const CheckReport& report);
// One sentence for each allowance that is expired or meets nothing.
std::vector<std::string> allowance_notes(const CheckReport& report);

}  // namespace heaptape::cli
