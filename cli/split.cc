// heaptape split TAPE --at INSTANT… -o FOLDER : all parts of a tape, each a tape of its own.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/instants.h"
#include "cli/made_tape.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace split_command {
namespace {

constexpr std::size_t kMostParts = 1000;

struct Options {
  std::string tape;
  std::vector<Instant> at;
  std::uint64_t every_ns = 0;
  std::string folder;
  bool force = false;
};

// Where parts begin and the last one ends, in numbers of events. Parts without events are none.
std::vector<std::uint64_t> bounds_of(const TapeReader& tape, const Options& options) {
  std::vector<std::uint64_t> bounds{tape.opening().events, tape.events()};
  for (const Instant& instant : options.at) bounds.push_back(place_of(tape, instant, Layer::program));
  const std::uint64_t duration = tape.ending().duration_ns;
  if (options.every_ns != 0 && duration / options.every_ns >= kMostParts)
    throw Failure(kWrongUse, fmt::format("--every {} makes more than {} parts of a tape of {}; give more time to each",
                                         human_time(options.every_ns), kMostParts, human_time(duration)));
  for (std::uint64_t ns = options.every_ns; options.every_ns != 0 && ns < duration; ns += options.every_ns)
    bounds.push_back(place_of(tape, {.time_ns = ns}, Layer::program));
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  if (bounds.size() < 3) throw Failure(kWrongUse, "there are no events on one side of that; nothing to split");
  if (bounds.size() > kMostParts)
    throw Failure(kWrongUse, fmt::format("more than {} parts were asked for", kMostParts));
  return bounds;
}

void run(const Options& options) {
  namespace fs = std::filesystem;
  if (options.at.empty() == (options.every_ns == 0))
    throw Failure(kWrongUse, "say where to split: --at INSTANT, once or more, or --every DURATION");
  const TapeReader tape(options.tape);
  const std::vector<std::uint64_t> bounds = bounds_of(tape, options);
  std::error_code failed;
  fs::create_directories(options.folder, failed);
  if (failed) throw Failure(kWrongUse, fmt::format("can't make '{}': {}", options.folder, failed.message()));
  const std::string stem = fs::path(options.tape).stem().string();
  const auto digits = std::to_string(bounds.size() - 1).size();
  std::vector<MadeTape> parts;
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    parts.push_back({options.folder / fs::path(fmt::format("{}.part{:0{}}.tape", stem, i, digits)), options.force});
    require_no_file(parts.back().path, options.force, options.tape);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    make_tape(tape, {.begin = bounds[i], .end = bounds[i + 1]}, tape.symbols(), parts[i],
              fmt::format("splitting {}, part {} of {}", options.tape, i + 1, parts.size()));
    put(fmt::format("{}: events {} to {} of {}, {}\n", safe(parts[i].path), grouped(bounds[i] + 1),
                    grouped(bounds[i + 1]), grouped(tape.events()), human_bytes(fs::file_size(parts[i].path))));
  }
}

}  // namespace
}  // namespace split_command

void add_split(Arguments& heaptape) {
  using namespace split_command;
  auto options = std::make_shared<Options>();
  Arguments& command =
      heaptape.subcommand("split", "Make a tape of each part of one; each goes on from the one before");
  add_tape(command, options->tape);
  command.repeated(
      "--at", "INSTANT", [options](const std::string& word) { options->at.push_back(to_instant(word)); },
      "Split there: a time since recording started such as 1.5s or 200ms, peak, mark:NAME or mark:NAME#2; may "
      "be given more than once");
  command.duration("--every", options->every_ns, "Split each time so long has passed");
  command.text("-o,--output", "FOLDER", options->folder, "Put NAME.part1.tape, NAME.part2.tape … there",
               Arguments::Need::required);
  command.flag("--force", options->force, "Replace parts that exist");
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
