// heaptape export TAPE : its reports as files of other tools.
#include "analyzer/export.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>

#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "cli/commands.h"
#include "cli/event_lines.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/view.h"
#include "render/selection_words.h"

namespace heaptape::cli {
namespace export_command {
namespace {

enum class Format : std::uint8_t { json, jsonl, csv, folded, pprof, speedscope, massif };
constexpr std::array kFormats = {"json", "jsonl", "csv", "folded", "pprof", "speedscope", "massif"};
constexpr const char* kFormatList = "json|jsonl|csv|folded|pprof|speedscope|massif";

// The events are all written.
constexpr std::array kPartOptions = {"--at",       "--from", "--until", "--thread",  "--module",
                                     "--function", "--file", "--size",  "--lifetime"};

constexpr std::size_t kMassifSteps = 100;  // as many snapshots as massif takes by default

struct Options {
  std::string tape, output;
  Format format = Format::json;
  Choice choice;
  Cost cost = Cost::peak;
  bool force = false, stacks = false;
  SymbolSources symbols;
};

Format to_format(const std::string& word) {
  for (std::size_t i = 0; i < kFormats.size(); ++i)
    if (word == kFormats[i]) return static_cast<Format>(i);
  throw BadValue(fmt::format("'{}' is no format: json, jsonl, csv, folded, pprof, speedscope or massif", word));
}

struct Exported {
  std::string text;
  std::vector<Caveat> caveats;
};

// A part must not pass for the whole.
void say_what_was_chosen(const SelectionReport& selection, std::vector<Caveat>& caveats) {
  if (selection.is_whole()) return;
  caveats.push_back({"selection", 0, fmt::format("a part of the run: {}", fmt::join(words_of(selection), ", "))});
}

Exported exported(const TapeReader& tape, const Options& options) {
  Symbols symbols(tape, options.symbols);
  const Selection selection = selection_of(tape, options.choice, symbols);
  const Cost cost = selection.is_instant() ? Cost::live : options.cost;
  if (options.format == Format::json) {
    std::string text = to_text(export_json(tape, selection, cost, symbols));
    std::vector<Caveat> caveats = caveats_of(tape, {}, symbols);
    say_what_was_chosen(selection.report(), caveats);
    return {std::move(text), std::move(caveats)};
  }
  if (options.format == Format::csv && !options.stacks) {
    TopReport report = top(tape, selection, cost, symbols);
    say_what_was_chosen(report.selection, report.caveats);
    return {to_csv(report), report.caveats};
  }
  StackProfile profile = stack_profile(tape, selection, symbols);
  say_what_was_chosen(profile.selection, profile.caveats);
  switch (options.format) {
    case Format::csv:
      return {to_csv(profile, cost), profile.caveats};
    case Format::folded:
      return {to_folded(profile, cost), profile.caveats};
    case Format::speedscope:
      return {to_speedscope(profile, cost), profile.caveats};
    case Format::massif:
      return {to_massif(timeline(tape, selection, kMassifSteps, symbols), profile), profile.caveats};
    default:
      return {to_pprof(profile, cost), profile.caveats};
  }
}

// All that belongs beside the figures: some formats have no place for it.
void tell(const std::vector<Caveat>& caveats) {
  for (const Caveat& caveat : caveats)
    if (caveat.reason != "damaged") complain("note: " + caveat.sentence);  // damage is told, with the status, below
}

void run(const Options& options) {
  if (options.format == Format::pprof && (options.output.empty() || options.output == "-") && isatty(STDOUT_FILENO))
    throw Failure(kWrongUse, "pprof's files are binary and no text for a terminal; name a file with -o");
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  OutputFile output(options.output, options.tape, options.force);
  if (options.format == Format::jsonl) {
    std::optional<Failure> damage;
    try {
      dump_events(tape, {0, tape.events()}, {.json = true, .take = [&](std::string_view text) { output.write(text); }});
    } catch (const Failure& failure) {
      if (failure.status != kBadTape) throw;
      damage = failure;  // what could be read is written
    }
    output.finish();
    tell(caveats_of(tape, {}));
    if (damage) throw Failure(*damage);
    return;
  }
  const auto [text, caveats] = exported(tape, options);
  output.write(text);
  output.finish();
  tell(caveats);
  report_damage(tape, caveats);
}

void refuse(const Arguments& command, const char* option, const Options& options) {
  if (command.was_given(option))
    throw Failure(kWrongUse, fmt::format("{} has no meaning for --to {}; leave it out", option,
                                         kFormats[static_cast<std::size_t>(options.format)]));
}

}  // namespace
}  // namespace export_command

void add_export(Arguments& heaptape) {
  using namespace export_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("export", "Write a tape's reports as files of other tools");
  add_tape(command, options->tape);
  command.parsed(
      "--to", kFormatList, [options](const std::string& word) { options->format = to_format(word); },
      "json: all reports; jsonl: the events; csv: sites; folded: stacks for flame graphs; pprof, speedscope, massif: "
      "for those tools",
      Arguments::Need::required);
  command.text("-o,--output", "FILE", options->output, "Write it there (default, and '-': standard output)");
  add_selection(command, options->choice, "--until");  // --to names the format
  add_cost(command, options->cost);
  command.flag("--stacks", options->stacks, "csv: a line per stack, the stack in a last column, folded");
  command.flag("--force", options->force, "Replace the output if it exists");
  add_symbol_sources(command, options->symbols);
  command.on_run([&command, options] {
    if (options->format == Format::jsonl) refuse(command, "--layer", *options);
    if (options->format == Format::jsonl)
      for (const char* option : kPartOptions) refuse(command, option, *options);
    if (options->format == Format::massif) refuse(command, "--at", *options);
    if (options->format != Format::csv) refuse(command, "--stacks", *options);
    if (options->choice.at && command.was_given("--cost"))
      throw Failure(kWrongUse, "--at shows what was live then; leave out --cost");
    if (options->format == Format::jsonl || options->format == Format::massif) refuse(command, "--cost", *options);
    run(*options);
  });
}

}  // namespace heaptape::cli
