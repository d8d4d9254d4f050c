// Cairo writes an SVG's text as glyphs; this gives the file words that programs and screen readers find.
#pragma once

#include <string>
#include <string_view>

namespace heaptape {

// Adds <title> and <desc> right behind the opening tag, and replaces the one number in Cairo's output that
// counts surfaces of the whole process, so that the same picture has the same bytes.
std::string described_svg(std::string_view svg, std::string_view title, std::string_view description);

}  // namespace heaptape
