// Two flames on one scale, the older run above the newer: what grew is red, what shrank is blue.
#pragma once

#include "analyzer/change_tree.h"
#include "render/chart.h"
#include "render/icicle_layout.h"

namespace heaptape {

struct ChangeLayout : Chart {
  Rect base, now;  // as wide as their totals
  Folded base_folded, now_folded;
};

ChangeLayout lay_out(const ChangeTreeReport& report, const std::string& title, Size size, const TextRuler& ruler);

// Of a path with these totals: how much it changed against the larger of both.
Ink ink_of_change(std::uint64_t base, std::uint64_t now);

// "1.21 MiB (1,269,760 bytes), before 1.00 MiB (1,048,576 bytes): +21 %".
std::string change_in_words(const ChangeTreeReport& report);

}  // namespace heaptape
