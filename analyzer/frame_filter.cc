#include "analyzer/frame_filter.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "format/base_name.h"

namespace heaptape {
namespace {

bool is_glob(const std::string& pattern) { return pattern.find_first_of("*?[") != std::string::npos; }
bool matches_glob(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool matches_path(const std::string& pattern, const std::string& path) {
  return matches(pattern, path) || (is_glob(pattern) && matches_glob(pattern, base_name(path)));
}

const std::string& text_of(const Location& location, FramePart part) {
  switch (part) {
    case FramePart::function:
      return location.function;
    case FramePart::file:
      return location.file;
    case FramePart::module:
      break;
  }
  return location.module;
}

// Answers each distinct text once: there are few, and frames are many.
class Matcher {
 public:
  Matcher(FramePart part, const std::vector<std::string>& patterns) : part_(part), patterns_(patterns) {}
  bool any(const std::string& text) {
    if (text.empty()) return false;
    const auto [known, is_new] = known_.try_emplace(text, false);
    if (is_new)
      known->second = std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
        return part_ == FramePart::function ? matches(pattern, text) : matches_path(pattern, text);
      });
    return known->second;
  }

 private:
  FramePart part_;
  const std::vector<std::string>& patterns_;
  std::map<std::string, bool> known_;
};

bool passes_through(const TapeReader& tape, Symbols& symbols, const Frame& frame, FramePart part, Matcher& matcher) {
  if (part == FramePart::module) {  // needs no symbols
    const auto module = static_cast<std::size_t>(frame.module);
    return module < tape.modules().size() && matcher.any(tape.modules()[module].path);
  }
  const std::vector<Location>& places = symbols.resolve(frame.module, frame.address);
  return std::any_of(places.begin(), places.end(),
                     [&](const Location& place) { return matcher.any(text_of(place, part)); });
}

std::vector<std::uint8_t> none_as_empty(std::vector<std::uint8_t> chosen) {
  if (std::find(chosen.begin(), chosen.end(), 1) == chosen.end()) chosen.clear();
  return chosen;
}

}  // namespace

bool matches(const std::string& pattern, std::string_view name) {
  if (is_glob(pattern)) return matches_glob(pattern, std::string(name));
  return name.find(pattern) != std::string_view::npos;
}

std::vector<std::uint8_t> stacks_through(const TapeReader& tape, Symbols& symbols, FramePart part,
                                         const std::vector<std::string>& patterns) {
  const std::vector<Frame>& frames = tape.frames();
  Matcher matcher(part, patterns);
  std::vector<std::uint8_t> chosen(frames.size());
  // A frame comes behind its caller.
  for (std::size_t i = 1; i < frames.size(); ++i)
    chosen[i] = chosen[static_cast<std::size_t>(frames[i].parent)] != 0 ||
                passes_through(tape, symbols, frames[i], part, matcher);
  return none_as_empty(std::move(chosen));
}

std::vector<std::uint8_t> threads_called(const TapeReader& tape, const std::vector<std::string>& words) {
  std::vector<std::uint8_t> chosen;
  for (const Thread& thread : tape.threads()) {
    chosen.push_back(thread.tid != 0 && std::any_of(words.begin(), words.end(), [&](const std::string& word) {
                       return word == std::to_string(thread.tid) || word == thread.name ||
                              (is_glob(word) && matches(word, thread.name));
                     }));
  }
  return none_as_empty(std::move(chosen));
}

}  // namespace heaptape
