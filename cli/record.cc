// heaptape record [options] [--] COMMAND…
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/record_options.h"
#include "cli/record_selection.h"
#include "recorder/drain/image_filter.h"
#include "recorder/launcher/launcher.h"

namespace heaptape::cli {
namespace {

void add_buffer(CLI::App& app, RecordOptions& options) {
  const auto to_bytes = [](std::string& word) -> std::string {
    if (word == "auto") return "";
    const std::string fault = CLI::AsSizeValue(false)(word);
    return fault.empty() ? CLI::Range(std::uint64_t{1} << 20, std::uint64_t{1} << 36)(word) : fault;
  };
  const auto take = [&options](const std::string& word) {
    options.buffer_is_automatic = word == "auto";
    if (!options.buffer_is_automatic) options.buffer_bytes = std::stoull(word);
  };
  app.add_option_function<std::string>(
         "--buffer", take,
         "Shared memory for events not yet on the tape, per program image (default: 64MiB); auto: a sixteenth of the "
         "memory that is available, 1MiB to 1GiB")
      ->transform(CLI::Validator(to_bytes, ""))
      ->type_name("SIZE|auto");
}

void add_stack_options(CLI::App& app, CaptureOptions& capture) {
  const auto parse = [&capture](const std::string& word) {
    if (word == "auto") return void(capture.unwind = UnwindMode::automatic);
    if (word == "fp") return void(capture.unwind = UnwindMode::frame_pointers);
    if (word == "none") return void(capture.unwind = UnwindMode::none);
    throw CLI::ValidationError("--unwind", "'" + word + "' is no way to walk a stack: auto, fp or none");
  };
  app.add_option_function<std::string>("--unwind", parse,
                                       "How stacks are walked: exactly, by the modules' unwind tables (auto, default); "
                                       "by frame pointers alone; or not at all: only the caller is known")
      ->type_name("auto|fp|none");
  app.add_option("--depth", capture.depth,
                 "Frames kept of a stack, 1 to 512 (default: 512); of a deeper one the innermost three quarters of "
                 "them and the outermost quarter")
      ->check(CLI::Range(1u, 512u))
      ->type_name("N");
  app.add_option("--max-stacks", capture.max_stacks,
                 "Distinct stacks per program image (default and most: 1048576); as they run short stacks are cut "
                 "shorter, then left out, counted")
      ->check(CLI::Range(16u, kMaxStackId))
      ->type_name("N");
}

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
  add_buffer(app, options);
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
  app.add_option("--max-live", options.max_live,
                 "Live blocks that the recorder keeps account of, 33 bytes each (default: all); with more the tape "
                 "stays complete, and reports count anew from its events")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->type_name("N");
  add_stack_options(app, options.capture);
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
