#include <fmt/format.h>

#include <map>
#include <tuple>

#include "analyzer/export.h"
#include "analyzer/readable.h"

namespace heaptape {
namespace {

// speedscope's frames are functions at a line, inlined ones of their own.
class ScopeFrames {
 public:
  explicit ScopeFrames(const StackProfile& profile) {
    for (const StackProfile::Frame& frame : profile.frames) {
      std::vector<std::uint32_t>& mine = numbers_.emplace_back();
      for (auto place = frame.places.rbegin(); place != frame.places.rend(); ++place) mine.push_back(number_of(*place));
    }
  }
  const std::string& text() const { return text_; }
  // Of all frames of a stack, outermost first, with commas between.
  std::string of(const StackProfile::Stack& stack) const {
    std::string list;
    for (auto frame = stack.frames.rbegin(); frame != stack.frames.rend(); ++frame)
      for (const std::uint32_t number : numbers_[*frame]) list += (list.empty() ? "" : ",") + std::to_string(number);
    return list;
  }

 private:
  std::uint32_t number_of(const Location& place) {
    const auto [known, is_new] = known_.try_emplace({place.function, place.module, place.file, place.line},
                                                    static_cast<std::uint32_t>(known_.size()));
    if (!is_new) return known->second;
    text_ += fmt::format("{}\n{{\"name\":{}", text_.empty() ? "" : ",", json_text(readable(place.function)));
    const std::string& file = place.file.empty() ? place.module : place.file;
    if (!file.empty()) text_ += fmt::format(",\"file\":{}", json_text(file));
    if (place.line != 0) text_ += fmt::format(",\"line\":{}", place.line);
    text_ += '}';
    return known->second;
  }

  std::map<std::tuple<std::string, std::string, std::string, std::uint32_t>, std::uint32_t> known_;
  std::vector<std::vector<std::uint32_t>> numbers_;  // by frame of the profile
  std::string text_;
};

std::string profile_of(const StackProfile& profile, const ScopeFrames& frames, Cost cost) {
  std::string samples;
  std::string weights;
  std::uint64_t total = 0;
  for (const StackProfile::Stack& stack : profile.stacks) {
    const std::uint64_t weight = stack.costs.of(cost);
    if (weight == 0) continue;
    const char* comma = weights.empty() ? "" : ",";
    fmt::format_to(std::back_inserter(samples), "{}[{}]", comma, frames.of(stack));
    fmt::format_to(std::back_inserter(weights), "{}{}", comma, weight);
    total += weight;
  }
  return fmt::format(
      R"({{"type":"sampled","name":"{}","unit":"{}","startValue":0,"endValue":{},"samples":[{}],"weights":[{}]}})",
      name_of(cost), is_bytes(cost) ? "bytes" : "none", total, samples, weights);
}

}  // namespace

std::string to_speedscope(const StackProfile& profile, Cost cost) {
  const ScopeFrames frames(profile);
  std::string name = fmt::format("{}, layer {}", profile.program, name_of(profile.layer));
  if (const std::string caveats = caveats_in_line(profile.caveats); !caveats.empty()) name += " (" + caveats + ")";
  std::string text =
      fmt::format(R"({{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"heaptape","name":{},)"
                  R"("activeProfileIndex":{},"shared":{{"frames":[{}]}},"profiles":[)",
                  json_text(name), profile.selection.at ? 0 : static_cast<int>(cost), frames.text());
  if (profile.selection.at) return text + "\n" + profile_of(profile, frames, Cost::live) + "\n]}\n";
  for (int i = 0; i < kCosts; ++i) text += (i == 0 ? "\n" : ",\n") + profile_of(profile, frames, static_cast<Cost>(i));
  return text + "\n]}\n";
}

}  // namespace heaptape
