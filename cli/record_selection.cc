#include "cli/record_selection.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <charconv>
#include <optional>
#include <string>

namespace heaptape::cli {
namespace {

constexpr std::uint64_t kLeastTape = 256 * 1024;

// "512KiB", "1m", "4096": binary multiples, whatever they are called.
std::optional<std::uint64_t> size_in(const std::string& word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end == word.data()) return std::nullopt;
  const std::string unit = CLI::detail::to_lower(std::string(end, word.data() + word.size()));
  int bits = 0;
  for (const char* prefix : {"k", "m", "g", "t"}) {
    bits += 10;
    for (const char* rest : {"", "b", "ib"})
      if (unit == std::string(prefix) + rest)
        return number <= UINT64_MAX >> bits ? std::optional(number << bits) : std::nullopt;
  }
  return unit.empty() || unit == "b" ? std::optional(number) : std::nullopt;
}

std::uint64_t size_of(const char* option, const std::string& word, std::uint64_t least, std::uint64_t most,
                      const std::string& range) {
  const std::optional<std::uint64_t> size = size_in(word);
  if (!size) throw CLI::ValidationError(option, fmt::format("'{}' is no size; write it as 4096, 512KiB or 1GiB", word));
  if (*size < least || *size > most)
    throw CLI::ValidationError(option, fmt::format("'{}' is out of range: {}", word, range));
  return *size;
}

void add_size(CLI::App& app, const char* option, std::uint64_t& value, std::uint64_t least, std::uint64_t most,
              const char* range, const std::string& help) {
  const auto parse = [=, &value](const std::string& word) { value = size_of(option, word, least, most, range); };
  app.add_option_function<std::string>(option, parse, help)->type_name("SIZE");
}

void parse_layer(Layer& layer, const std::string& word) {
  if (word == "all") {
    layer = Layer::all;
  } else if (word == "program") {
    layer = Layer::program;
  } else if (word == "user") {
    throw CLI::ValidationError("--record-layer",
                               "which blocks variables come to own is known only after these were born; record layer "
                               "'program', and let the reports show --layer user");
  } else {
    throw CLI::ValidationError("--record-layer", fmt::format("'{}' is no layer to record: program or all", word));
  }
}

}  // namespace

void add_selection(CLI::App& app, RecordOptions& options) {
  CaptureOptions& capture = options.capture;
  add_size(app, "--min-size", capture.min_size, 0, std::uint64_t{1} << 40, "0 to 1TiB",
           "Leave smaller blocks out, counted (default: 0)");
  const auto layer = [&capture](const std::string& word) { parse_layer(capture.record_layer, word); };
  app.add_option_function<std::string>("--record-layer", layer,
                                       "Leave blocks outside this layer off the tape, counted (default: all)")
      ->type_name("program|all");
  add_size(app, "--sample", capture.sample_bytes, 1, kMostSampleBytes, "1 byte to 16TiB",
           "Record a sample: on average one block for so many bytes allocated; reports then show estimates");
  if (getrandom(&capture.sample_seed, sizeof capture.sample_seed, GRND_NONBLOCK) < 0) capture.sample_seed = 0;
  app.add_option("--sample-seed", capture.sample_seed,
                 "Draw the sample from this number, to get the same one again (default: another one each time)")
      ->check([](const std::string& word) {
        const bool is_number = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
        return is_number ? std::string() : fmt::format("'{}' is no number", word);
      })
      ->type_name("N");
  add_size(app, "--max-tape", capture.max_tape, kLeastTape, std::uint64_t{1} << 50, "at least 256KiB, at most 1PiB",
           "Largest size of each tape: as it comes near, sampling begins, and gets sparser (default: no limit)");
}

}  // namespace heaptape::cli
