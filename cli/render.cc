// heaptape render: a picture of one tape.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "analyzer/analyze.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/terminal.h"
#include "cli/view.h"
#include "render/icicle_layout.h"
#include "render/picture.h"
#include "render/timeline_layout.h"
#include "render/whole_file.h"

namespace heaptape::cli {
namespace {

enum class View { timeline, icicle };

struct Options {
  std::string tape, output;
  View view = View::timeline;
  Choice choice;
  Cost cost = Cost::peak;
  TreeReport::Direction direction = TreeReport::Direction::callees;
  PictureOptions picture;
  bool force = false;
  SymbolSources symbols;
};

// All that can be wrong with the output's name is found before the tape is read.
PictureFormat checked_format(const Options& options) {
  const std::optional<PictureFormat> format = picture_format_of(options.output);
  if (!format) {
    throw Failure(kWrongUse,
                  fmt::format("'{}' tells no picture format; end its name in .svg, .png or .pdf", options.output));
  }
  if (!options.force && access(options.output.c_str(), F_OK) == 0) {
    throw Failure(kWrongUse, fmt::format("'{}' exists; --force replaces it", options.output));
  }
  return *format;
}

struct Drawn {
  Picture picture;
  std::vector<Caveat> caveats;
};

Drawn picture_of(const TapeReader& tape, const Options& options, const PictureOptions& how) {
  Symbols symbols(tape, options.symbols);
  const Selection selection = selection_of(tape, options.choice, symbols);
  if (options.view == View::icicle) {
    const TreeReport report = call_tree(tape, selection, options.cost, options.direction, symbols);
    return {draw(report, how), report.caveats};
  }
  // A step a pixel: finer ones would be merged again.
  const auto steps = static_cast<std::size_t>(page_size(how.size, kTimelineSize).width);
  const TimelineReport report = timeline(tape, selection, steps, symbols);
  return {draw(report, how), report.caveats};
}

void render(const Options& options) {
  PictureOptions how = options.picture;
  how.format = checked_format(options);
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  how.created_unix_ns = tape.meta().started_unix_ns;
  try {
    const auto [picture, caveats] = picture_of(tape, options, how);
    write_whole(options.output, picture.document, options.force ? Existing::replace : Existing::keep);
    put(fmt::format("{}: {}\n", options.output, picture.description));
    report_damage(tape, caveats);
  } catch (const PictureError& error) {
    throw Failure(kWrongUse, error.what());
  }
}

void add_view(Arguments& command, View& view) {
  const auto parse = [&view](const std::string& word) {
    if (word == "timeline") return void(view = View::timeline);
    if (word == "icicle") return void(view = View::icicle);
    throw BadValue(fmt::format("'{}' is no view: timeline or icicle", word));
  };
  command.parsed("--view", "timeline|icicle", parse,
                 "timeline: live bytes over time; icicle: the tree of calls, weighed by a cost",
                 Arguments::Need::required);
}

void add_direction(Arguments& command, TreeReport::Direction& direction) {
  const auto parse = [&direction](const std::string& word) {
    if (word == "callees") return void(direction = TreeReport::Direction::callees);
    if (word == "callers") return void(direction = TreeReport::Direction::callers);
    throw BadValue(fmt::format("'{}' is no direction: callers or callees", word));
  };
  command.parsed("--direction", "callers|callees", parse,
                 "Of an icicle: from main down (callees, the default) or from the sites up");
}

}  // namespace

void add_render(Arguments& heaptape) {
  Arguments& command = heaptape.subcommand("render", "Draw a tape as SVG, PNG or PDF");
  const auto options = std::make_shared<Options>();
  add_tape(command, options->tape);
  add_view(command, options->view);
  add_selection(command, options->choice);
  add_cost(command, options->cost);
  add_direction(command, options->direction);
  command.text("-o,--output", "FILE", options->output, "The picture: its name ends in .svg, .png or .pdf",
               Arguments::Need::required);
  command.real("--width", "N", options->picture.size.width, kSmallest.width, kLargest.width,
               "In pixels; points in a PDF");
  command.real("--height", "N", options->picture.size.height, kSmallest.height, kLargest.height,
               "The same; an icicle's follows from its depth");
  command.text("--title", "TEXT", options->picture.title, "Instead of the picture's own");
  command.flag("--dark", options->picture.dark, "Light on dark");
  command.flag("--force", options->force, "Replace an existing picture");
  add_symbol_sources(command, options->symbols);
  command.on_run([&command, options] {
    if (options->view == View::timeline && (command.was_given("--cost") || command.was_given("--direction"))) {
      throw Failure(kWrongUse, "--cost and --direction belong to --view icicle; a timeline shows live bytes");
    }
    if (options->choice.at && options->view == View::timeline)
      throw Failure(kWrongUse, "a timeline is of a stretch of time; name it by --from and --to, or draw an icicle");
    if (options->choice.at && command.was_given("--cost"))
      throw Failure(kWrongUse, "--at shows what was live then; leave out --cost");
    render(*options);
  });
}

}  // namespace heaptape::cli
