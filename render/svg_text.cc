#include "render/svg_text.h"

#include "render/printable.h"

namespace heaptape {
namespace {

// Cairo 1.16 names the page's group by a counter of the process: id="surface7".
void fix_surface_name(std::string& svg) {
  constexpr std::string_view kName = "id=\"surface";
  for (std::size_t at = svg.find(kName); at != std::string::npos; at = svg.find(kName, at + 1)) {
    const std::size_t digits = at + kName.size();
    svg.erase(digits, svg.find('"', digits) - digits);
  }
}

}  // namespace

std::string described_svg(std::string_view svg, std::string_view title, std::string_view description) {
  std::string described(svg);
  fix_surface_name(described);
  const std::size_t open = described.find("<svg");
  const std::size_t end = open == std::string::npos ? open : described.find('>', open);
  if (end == std::string::npos) return described;
  described.insert(end + 1,
                   "\n<title>" + xml_escaped(title) + "</title>\n<desc>" + xml_escaped(description) + "</desc>");
  described.insert(open + 4, " role=\"img\"");
  return described;
}

}  // namespace heaptape
