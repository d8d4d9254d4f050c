#include "cli/durations.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>

namespace heaptape::cli {
namespace {

// Nanoseconds; 0: no length of time, none at all, or more than a century.
std::uint64_t time_of(const std::string& word) {
  constexpr double kLongest = 100.0 * 366 * 24 * 3600 * 1e9;
  constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                                            {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  const std::string_view suffix(end, static_cast<std::size_t>(word.data() + word.size() - end));
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (error != std::errc() || suffix != unit || !(number > 0)) continue;
    return number * nanoseconds < kLongest ? static_cast<std::uint64_t>(number * nanoseconds) : 0;
  }
  return 0;
}

}  // namespace

void add_time(CLI::App& command, const std::string& name, std::uint64_t& nanoseconds, const std::string& help) {
  const auto parse = [&nanoseconds, name](const std::string& word) {
    nanoseconds = time_of(word);
    if (nanoseconds == 0)
      throw CLI::ValidationError(
          name, fmt::format("'{}' is no length of time: a number with ns, us, ms, s, m or h, such as 30s", word));
  };
  command.add_option_function<std::string>(name, parse, help)->type_name("DURATION");
}

}  // namespace heaptape::cli
