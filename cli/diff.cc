// heaptape diff BASE… -- NEW… : what changed between two sets of runs, by site.
#include "analyzer/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "analyzer/json_diff.h"
#include "cli/commands.h"
#include "cli/diff_text.h"
#include "cli/instants.h"
#include "cli/options.h"
#include "cli/view.h"

namespace heaptape::cli {
namespace diff_command {
namespace {

struct Options {
  std::vector<std::string> tapes;  // with kSeparator between the sides
  DiffOptions diff;
  std::size_t limit = 20;
  bool json = false, markdown = false;
};

// Stands for `--` while the words are parsed, which would take all behind it for tapes; no path of a file.
const char* const kSeparator = "/dev/null/--";

struct Sides {
  std::vector<std::string> base, now;
};

Sides sides_of(const std::vector<std::string>& tapes) {
  constexpr const char* kUsage = "two tapes, or BASE… -- NEW… are needed; see 'heaptape diff --help'";
  const auto separator = std::find(tapes.begin(), tapes.end(), kSeparator);
  if (separator == tapes.end()) {
    if (tapes.size() != 2) throw Failure(kWrongUse, kUsage);
    return {{tapes[0]}, {tapes[1]}};
  }
  const Sides sides{{tapes.begin(), separator}, {separator + 1, tapes.end()}};
  const bool again = std::find(separator + 1, tapes.end(), kSeparator) != tapes.end();
  if (sides.base.empty() || sides.now.empty() || again) throw Failure(kWrongUse, kUsage);
  return sides;
}

void run(const Options& options) {
  if (options.json && options.markdown) throw Failure(kWrongUse, "--json and --markdown exclude each other; give one");
  const Sides sides = sides_of(options.tapes);
  const std::vector<TapeReader> base = opened(sides.base), now = opened(sides.now);
  DiffReport report;
  try {
    report = diff(base, now, options.diff);
  } catch (const DifferentPrograms& error) {
    throw Failure(kWrongUse, error.what());
  } catch (const NoSuchInstant& error) {
    throw Failure(kWrongUse, fmt::format("--align: {}; see 'heaptape dump' for what it has", error.what()));
  }
  if (options.json)
    put(to_text(to_json(report)));
  else
    put(options.markdown ? diff_markdown(report, options.limit) : diff_text(report, options.limit, standard_output()));
  const auto damaged =
      std::find_if(report.caveats.begin(), report.caveats.end(), [](const Caveat& c) { return c.reason == "damaged"; });
  if (damaged == report.caveats.end()) return;
  complain(damaged->sentence + "; copy it again from where it was recorded, or record again");
  throw Exit{kBadTape};
}

void add_align(Arguments& arguments, DiffOptions& diff) {
  arguments.parsed(
      "--align", "peak|end|mark:NAME",
      [&diff](const std::string& word) {
        diff.align = to_instant(word);
        diff.aligned = word;
        if (diff.align->kind == Instant::Kind::end) diff.align.reset();
      },
      "Compare the runs up to there, each as if it had ended: mark:NAME#2 is the second of that name, peak the "
      "layer's (default: end)");
}

}  // namespace
}  // namespace diff_command

int diff(int argc, char** argv) {
  using namespace diff_command;
  Options options;
  options.diff.lifetimes = true;
  Arguments arguments(
      "What changed between two tapes, or two sets of runs, by site. Either may be packed, or kept as an aggregate. Of "
      "several runs the median counts, and what they differ by among each other is noise and no change.",
      "heaptape diff");
  arguments.texts("tapes", "BASE… -- NEW…", options.tapes, "Tapes of both sides; the -- may be left out between two",
                  Arguments::Need::required);
  add_layer(arguments, options.diff.layer);
  add_cost(arguments, options.diff.cost);
  add_align(arguments, options.diff);
  add_limit(arguments, options.limit);
  add_json(arguments, options.json);
  arguments.flag("--markdown", options.markdown, "Print Markdown, for a pull request");
  arguments.flag("--any-program", options.diff.any_program, "Compare tapes of different programs too");
  add_symbol_sources(arguments, options.diff.symbols);
  std::vector<const char*> words(argv, argv + argc);
  for (const char*& word : words)
    if (std::strcmp(word, "--") == 0) word = kSeparator;
  arguments.parse(argc, words.data());
  run(options);
  return kFine;
}

}  // namespace heaptape::cli
