#include <algorithm>

#include "analyzer/export.h"

namespace heaptape {

std::string caveats_in_line(const std::vector<Caveat>& caveats) {
  std::string line;
  for (const Caveat& caveat : caveats) line += (line.empty() ? "" : "; ") + caveat.sentence;
  return cleaned(std::move(line));
}

std::string cleaned(std::string text, std::string_view taken) {
  std::replace_if(
      text.begin(), text.end(),
      [&](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || taken.find(c) != taken.npos; }, ' ');
  return text;
}

}  // namespace heaptape
