// heaptape record [options] [--] COMMAND…
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/record_options.h"
#include "cli/record_selection.h"
#include "recorder/drain/image_filter.h"
#include "recorder/launcher/launcher.h"

namespace heaptape::cli {
namespace {

void check_expression(const std::string& expression) {
  try {
    ImageFilter{expression};
  } catch (const std::invalid_argument& error) {
    throw Failure(kWrongUse, "--process '" + expression + "' is no regular expression: " + error.what());
  }
}

}  // namespace

RecordOptions record_options(int argc, char** argv) {
  RecordOptions options;
  CLI::App app{"Run a command and record every heap event of it, and of its children, to tapes.", "heaptape record"};
  std::vector<std::string> unparsed;  // only for the help: what follows is cut off before
  app.add_option("COMMAND", unparsed,
                 "What to run, with its own options; after -- or as the first word that is no option")
      ->type_name("...");
  std::string when_full = "wait";
  app.add_option(
         "-o,--output", options.output,
         "The tape, or a folder for tapes (default: heaptape.PROGRAM.PID.tape); child processes get NAME.PID.N.tape")
      ->type_name("FILE");
  app.add_flag("--force", options.force, "Replace the tapes of an earlier session");
  app.add_option("--buffer", options.buffer_bytes,
                 "Shared memory for events not yet on the tape, per program image (default: 64MiB)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{1} << 20, std::uint64_t{1} << 36))
      ->type_name("SIZE");
  app.add_option("--when-full", when_full,
                 "When that memory is full: let the program wait (default), or drop events, counted")
      ->check(CLI::IsMember({"wait", "drop"}))
      ->type_name("wait|drop");
  std::string children = "follow";
  app.add_option("--children", children, "Whether processes that the command starts are recorded too (default: follow)")
      ->check(CLI::IsMember({"follow", "ignore"}))
      ->type_name("follow|ignore");
  app.add_option("--process", options.process,
                 "Record only programs whose path, or name as called, matches this extended regular expression")
      ->type_name("REGEX");
  add_selection(app, options);
  const int command = find_command(app, argc, argv);
  if (!parse_options(app, command, argc, argv)) throw Exit{kFine};
  if (command >= argc) throw Failure(kWrongUse, "record needs a command to run: heaptape record -o FILE -- COMMAND");
  options.drop_when_full = when_full == "drop";
  options.follow_children = children == "follow";
  check_expression(options.process);
  options.command.assign(argv + command, argv + argc);
  return options;
}

int record(int argc, char** argv) { return launch(record_options(argc, argv)); }

}  // namespace heaptape::cli
