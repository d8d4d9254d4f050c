// heaptape dump TAPE : the events, one a line.
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/event_lines.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace heaptape::cli {
namespace dump_command {
namespace {

struct Options {
  std::string tape;
  Span span;
  Range numbers;
  bool json = false, stacks = false;
};

void run(const Options& options) {
  const TapeReader tape(options.tape);
  Range range = events_of(tape, options.span, Layer::program);
  range.begin = std::max(range.begin, options.numbers.begin);
  range.end = std::max(range.begin, std::min(range.end, options.numbers.end));
  dump_events(tape, range, {options.json, options.stacks, put});
}

}  // namespace
}  // namespace dump_command

void add_dump(Arguments& heaptape) {
  using namespace dump_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("dump", "The events of a tape, as text or as JSON lines");
  add_tape(command, options->tape);
  add_span(command, options->span);
  command.parsed(
      "--events", "A..B", [options](const std::string& word) { options->numbers = to_range(word); },
      "Only those numbered from A on and before B, counted from 0");
  command.flag("--stacks", options->stacks, "Show the frames of each stack before the first event that has it");
  command.flag("--json", options->json, "Print a JSON document a line, as analyzer/JSON.md describes it");
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
