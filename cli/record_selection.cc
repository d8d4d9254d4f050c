#include "cli/record_selection.h"

#include <sys/random.h>

#include <string>

#include "cli/arguments.h"

namespace heaptape::cli {
namespace {

constexpr std::uint64_t kLeastTape = 256 * 1024;

void parse_layer(Layer& layer, const std::string& word) {
  if (word == "all") {
    layer = Layer::all;
  } else if (word == "program") {
    layer = Layer::program;
  } else if (word == "user") {
    throw BadValue(
        "which blocks variables come to own is known only after these were born; record layer 'program', and let the "
        "reports show --layer user");
  } else {
    throw BadValue("'" + word + "' is no layer to record: program or all");
  }
}

}  // namespace

void add_selection(Arguments& arguments, RecordOptions& options) {
  CaptureOptions& capture = options.capture;
  arguments.size("--min-size", capture.min_size, 0, std::uint64_t{1} << 40,
                 "Leave smaller blocks out, counted (default: 0)");
  const auto layer = [&capture](const std::string& word) { parse_layer(capture.record_layer, word); };
  arguments.parsed("--record-layer", "program|all", layer,
                   "Leave blocks outside this layer off the tape, counted (default: all)");
  arguments.size("--sample", capture.sample_bytes, 1, kMostSampleBytes,
                 "Record a sample: on average one block for so many bytes allocated; reports then show estimates");
  if (getrandom(&capture.sample_seed, sizeof capture.sample_seed, GRND_NONBLOCK) < 0) capture.sample_seed = 0;
  arguments.number("--sample-seed", capture.sample_seed, std::uint64_t{0}, UINT64_MAX,
                   "Draw the sample from this number, to get the same one again (default: another one each time)");
  arguments.size("--max-tape", capture.max_tape, kLeastTape, std::uint64_t{1} << 50,
                 "Largest size of each tape: as it comes near, sampling begins, and gets sparser (default: no limit)");
}

}  // namespace heaptape::cli
