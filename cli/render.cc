// heaptape render: a picture of one tape.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/pictures.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/terminal.h"
#include "cli/view.h"
#include "render/picture.h"

namespace heaptape::cli {
namespace render_command {
namespace {

struct Options {
  std::string tape, output, against;
  const View* view = nullptr;
  Choice choice;
  Cost cost = Cost::peak;
  TreeReport::Direction direction = TreeReport::Direction::callees;
  BandsBy by = BandsBy::none;
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
  require_no_file(options.output, options.force);
  return *format;
}

Drawn picture_of(const TapeReader& tape, const Options& options, const PictureOptions& how) {
  Symbols symbols(tape, options.symbols);
  const Selection selection = selection_of(tape, options.choice, symbols);
  Subject subject{tape, selection, symbols, options.cost, options.direction, options.by};
  if (options.against.empty()) return options.view->draw(subject, how);
  const TapeReader base(options.against);
  Symbols base_symbols(base, options.symbols);
  const Selection base_selection = selection_of(base, options.choice, base_symbols, "the older tape: ");
  const ChangeSide against{base, base_selection, base_symbols};
  subject.against = &against;
  return options.view->draw(subject, how);
}

void render(const Options& options) {
  PictureOptions how = options.picture;
  how.format = checked_format(options);
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  how.created_unix_ns = tape.meta().started_unix_ns;
  try {
    const auto [picture, caveats] = picture_of(tape, options, how);
    write_output(options.output, picture.document, options.force);
    put(fmt::format("{}: {}\n", options.output, picture.description));
    report_damage(tape, caveats);
  } catch (const PictureError& error) {
    throw Failure(kWrongUse, error.what());
  }
}

// "timeline|icicle|…"
std::string view_names(const char* between, const char* last) {
  std::string names;
  const std::span<const View> all = views();
  for (const View& view : all)
    names += (&view == &all.front() ? "" : &view == &all.back() ? last : between) + std::string(view.name);
  return names;
}

void add_view(Arguments& command, const View*& view) {
  const auto parse = [&view](const std::string& word) {
    view = view_named(word);
    if (view == nullptr) throw BadValue(fmt::format("'{}' is no view: {}", word, view_names(", ", " or ")));
  };
  std::string help;
  for (const View& one : views()) help += fmt::format("{}{}: {}", help.empty() ? "" : "; ", one.name, one.shows);
  command.parsed("--view", view_names("|", "|"), parse, help, Arguments::Need::required);
}

// "flame, icicle and treemap": those that take an option.
std::string takers_of(bool View::*option) {
  std::vector<std::string> names;
  for (const View& view : views())
    if (view.*option) names.emplace_back(view.name);
  std::string words;
  for (std::size_t i = 0; i < names.size(); ++i)
    words += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return words;
}

// Options that mean nothing to the view are refused, not passed over.
void check_options(const Arguments& command, const Options& options) {
  const View& view = *options.view;
  const auto check = [&](const char* name, bool View::*option) {
    if (command.was_given(name) && !(view.*option))
      throw Failure(kWrongUse,
                    fmt::format("{} belongs to the views {}; leave it out for {}", name, takers_of(option), view.name));
  };
  check("--cost", &View::cost);
  check("--direction", &View::direction);
  check("--by", &View::by);
  check("--against", &View::against);
  if (options.choice.at && !view.at)
    throw Failure(kWrongUse, fmt::format("--at belongs to the views {}; {} is of a stretch of time: name it by --from "
                                         "and --to",
                                         takers_of(&View::at), view.name));
  if (options.choice.at && command.was_given("--cost"))
    throw Failure(kWrongUse, "--at shows what was live then; leave out --cost");
  if (view.against && !command.was_given("--against"))
    throw Failure(kWrongUse, fmt::format("{} compares two tapes; name the older one by --against TAPE", view.name));
}

void add_bands(Arguments& command, BandsBy& by) {
  const auto parse = [&by](const std::string& word) {
    if (word == "site") return void(by = BandsBy::site);
    if (word == "module") return void(by = BandsBy::module);
    throw BadValue(fmt::format("'{}' is nothing to stack by: site or module", word));
  };
  command.parsed("--by", "site|module", parse, "Of a timeline: live bytes stacked by the largest of these");
}

void add_direction(Arguments& command, TreeReport::Direction& direction) {
  const auto parse = [&direction](const std::string& word) {
    if (word == "callees") return void(direction = TreeReport::Direction::callees);
    if (word == "callers") return void(direction = TreeReport::Direction::callers);
    throw BadValue(fmt::format("'{}' is no direction: callers or callees", word));
  };
  command.parsed("--direction", "callers|callees", parse,
                 "Of a flame or an icicle: from main down (callees, the default) or from the sites up");
}

}  // namespace
}  // namespace render_command

void add_render(Arguments& heaptape) {
  using namespace render_command;
  Arguments& command = heaptape.subcommand("render", "Draw a tape as SVG, PNG or PDF");
  const auto options = std::make_shared<Options>();
  add_tape(command, options->tape);
  add_view(command, options->view);
  add_selection(command, options->choice);
  add_cost(command, options->cost);
  add_direction(command, options->direction);
  add_bands(command, options->by);
  command.text("--against", "TAPE", options->against, "Of a diff-flame: the older tape of the same program");
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
    check_options(command, *options);
    render(*options);
  });
}

}  // namespace heaptape::cli
