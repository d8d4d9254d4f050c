// A tree of calls as an icicle: the root on top, callees (or callers) beneath, as wide as their share. Or as a flame:
// the same upside down.
#pragma once

#include <vector>

#include "analyzer/reports.h"
#include "render/legend.h"
#include "render/page.h"

namespace heaptape {

inline constexpr std::uint8_t kProgramShades = 6;
inline constexpr std::uint8_t kSystemShades = 4;

struct IcicleBar {
  enum class Kind : std::uint8_t { program, system, folded };
  Rect rect;
  std::uint32_t node = 0;  // in the report; of `folded`: the first one in it
  Kind kind = Kind::program;
  std::uint8_t shade = 0;  // of its kind; the same for the same function name in every picture
};

// Frames that are in the tree and not in the picture. `cost` is the share of the topmost of them.
struct Folded {
  std::uint64_t frames = 0, cost = 0;
};

struct IcicleLayout {
  Page page;
  Rect frame;
  std::vector<IcicleBar> bars;  // nowhere overlapping
  std::vector<Swatch> legend;
  Folded narrow, deep;
  double least_width = 0;  // of a bar; narrower ones are folded
};

inline constexpr double kIcicleWidth = 1200;
inline constexpr double kBarHeight = 20;

enum class TreeShape : std::uint8_t { icicle, flame };

// A height of 0 is chosen from the depth. A report whose total is 0 gives a sentence.
IcicleLayout lay_out(const TreeReport& report, const std::string& title, Size size, const TextRuler& ruler,
                     TreeShape shape = TreeShape::icicle);

// "1.21 MiB (1,269,760 bytes) in 8 blocks", or "12,345 allocations".
std::string total_of(const TreeReport& report);

}  // namespace heaptape
