#include "cli/values.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "format/size_words.h"
#include "format/time_words.h"
#include "render/units.h"

namespace heaptape::cli {
std::uint64_t to_number(const std::string& word, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc{} && end == word.data() + word.size() && value >= least && value <= most) return value;
  throw BadValue(most == UINT64_MAX ? fmt::format("'{}' is no number from {} up", word, least)
                                    : fmt::format("'{}' is no number from {} to {}", word, least, most));
}

double to_real(const std::string& word, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc{} && end == word.data() + word.size() && value >= least && value <= most) return value;
  throw BadValue(fmt::format("'{}' is no number from {} to {}", word, least, most));
}

std::uint64_t to_bytes(const std::string& word, std::uint64_t least, std::uint64_t most) {
  const std::optional<double> bytes = size_in(word);
  if (bytes && *bytes >= static_cast<double>(least) && *bytes <= static_cast<double>(most))
    return static_cast<std::uint64_t>(*bytes);
  throw BadValue(
      fmt::format("'{}' is no size from {} to {}, such as 64MiB", word, human_bytes(least), human_bytes(most)));
}

std::uint64_t to_nanoseconds(const std::string& word) {
  if (const std::optional<std::uint64_t> nanoseconds = nanoseconds_in(word)) return *nanoseconds;
  throw BadValue(fmt::format("'{}' is no length of time: a number with ns, us, ms, s, m or h, such as 30s", word));
}

}  // namespace heaptape::cli
