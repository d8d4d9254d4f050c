// The address space against time: how much of each stretch of it is live. Pale and striped is fragmented.
#pragma once

#include "analyzer/addresses.h"
#include "render/chart.h"

namespace heaptape {

struct AddressesLayout : Chart {
  Rect plot;
  std::vector<Rect> regions;  // by region of the report, highest address on top
};

inline constexpr Size kAddressesSize{1200, 720};

AddressesLayout lay_out(const AddressesReport& report, const std::string& title, Size size, const TextRuler& ruler);

// "peak 1,234 bytes in stretches of 64 KiB".
std::string spread_of(const AddressesReport& report);

}  // namespace heaptape
