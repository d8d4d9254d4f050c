// heaptape cut TAPE -o FILE --from --to : a part of a tape, as a tape.
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/instants.h"
#include "cli/made_tape.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace cut_command {
namespace {

struct Options {
  std::string tape;
  Span span;
  MadeTape made;
};

void run(const Options& options) {
  require_no_file(options.made.path, options.made.force, options.tape);
  const TapeReader tape(options.tape);
  const Range range = events_of(tape, options.span, Layer::program);
  make_tape(tape, {.begin = range.begin, .end = range.end}, tape.symbols(), options.made, "cutting " + options.tape);
  const TapeReader cut(options.made.path);
  std::string line = fmt::format("{}: {} of {} events", safe(options.made.path),
                                 grouped(cut.events() - cut.opening().events), grouped(tape.events()));
  if (cut.opening().events != 0)
    line += fmt::format("; the {} before them as one aggregate", grouped(cut.opening().events));
  put(line + fmt::format("; {}\n", human_bytes(cut.file_bytes())));
}

}  // namespace
}  // namespace cut_command

void add_cut(Arguments& heaptape) {
  using namespace cut_command;
  auto options = std::make_shared<Options>();
  Arguments& command =
      heaptape.subcommand("cut", "Make a tape of a part of one; its figures go on from what was before");
  add_tape(command, options->tape);
  command.text("-o,--output", "FILE", options->made.path, "Write the part there", Arguments::Need::required);
  add_span(command, options->span);
  command.flag("--force", options->made.force, "Replace the output if it exists");
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
