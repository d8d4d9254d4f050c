#include "render/selection_words.h"

#include <fmt/format.h>

#include "render/printable.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr std::size_t kLongestPattern = 200;

std::string words_of(const SelectionReport::Place& place, bool is_exact = false) {
  const std::string time = is_exact ? grouped(place.time_ns) + " ns" : human_time(place.time_ns);
  return place.word.empty() ? time : fmt::format("{} ({})", printable(place.word, kLongestPattern), time);
}

template <class ToText>
std::string words_of(const Bounds& bounds, const ToText& to_text) {
  return fmt::format("{}..{}", bounds.least == 0 ? "" : to_text(bounds.least),
                     bounds.most == UINT64_MAX ? "" : to_text(bounds.most));
}

}  // namespace

std::vector<std::string> words_of(const SelectionReport& selection) {
  std::vector<std::string> words;
  if (selection.at) words.push_back("live at " + words_of(*selection.at));
  std::string range;
  // Three digits may not tell a short range's ends apart.
  const bool is_short = selection.from && selection.to && words_of(*selection.from) == words_of(*selection.to);
  if (selection.from) range = "from " + words_of(*selection.from, is_short);
  if (selection.to) range += (range.empty() ? "to " : " to ") + words_of(*selection.to, is_short);
  if (!range.empty()) words.push_back(range);
  const auto list = [&](const char* name, const std::vector<std::string>& patterns) {
    std::string text;
    for (const std::string& pattern : patterns)
      text += (text.empty() ? std::string(name) + " " : " or ") + printable(pattern, kLongestPattern);
    if (!text.empty()) words.push_back(text);
  };
  list("thread", selection.threads);
  list("module", selection.modules);
  list("function", selection.functions);
  list("file", selection.files);
  if (!selection.size.is_open()) words.push_back("size " + words_of(selection.size, human_bytes));
  if (!selection.lifetime_ns.is_open()) words.push_back("lifetime " + words_of(selection.lifetime_ns, human_time));
  return words;
}

std::vector<std::string> quiet_note(const SelectionReport& selection) {
  if (!selection.quiet_end) return {};
  const auto& [from_ns, to_ns, rss] = *selection.quiet_end;
  return {fmt::format("Not drawn: no events from {} to the end at {}{}.", human_time(from_ns), human_time(to_ns),
                      rss == 0 ? "" : "; RSS there up to " + human_bytes(rss))};
}

}  // namespace heaptape
