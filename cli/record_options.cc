#include "cli/record_options.h"

#include <string_view>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/record_selection.h"
#include "recorder/drain/image_filter.h"

namespace heaptape::cli {
namespace {

void add_stack_options(Arguments& arguments, CaptureOptions& capture) {
  const auto parse = [&capture](const std::string& word) {
    if (word == "auto") return void(capture.unwind = UnwindMode::automatic);
    if (word == "fp") return void(capture.unwind = UnwindMode::frame_pointers);
    if (word == "none") return void(capture.unwind = UnwindMode::none);
    throw BadValue("'" + word + "' is no way to walk a stack: auto, fp or none");
  };
  arguments.parsed("--unwind", "auto|fp|none", parse,
                   "How stacks are walked: exactly, by the modules' unwind tables (auto, default); by frame pointers "
                   "alone; or not at all: only the caller is known");
  arguments.number(
      "--depth", capture.depth, 1u, 512u,
      "Frames kept of a stack, 1 to 512 (default: 512); of a deeper one the innermost three quarters of them "
      "and the outermost quarter");
  arguments.number("--max-stacks", capture.max_stacks, 16u, kMaxStackId,
                   "Distinct stacks per program image (default and most: 1048576); as they run short stacks are cut "
                   "shorter, then left out, counted");
}

void add_steering(Arguments& arguments, RecordOptions& options) {
  arguments.flag("--start-paused", options.start_paused,
                 "Record nothing until 'heaptape ctl start' (or until --after)");
  arguments.duration("--after", options.start_after_ns, "Record from this long after the command's start, such as 30s");
  arguments.duration("--for", options.record_for_ns,
                     "Record for this long; then recording is paused, and the command goes on");
}

void add_tape_options(Arguments& arguments, RecordOptions& options) {
  constexpr std::uint64_t kLongestStep = 1'000'000'000;
  const auto step = [&options](const std::string& word) {
    const std::uint64_t nanoseconds = to_nanoseconds(word);
    if (nanoseconds > kLongestStep) throw BadValue("'" + word + "' is longer than a second");
    options.clock_step_ns = static_cast<std::uint32_t>(nanoseconds);
  };
  arguments.parsed(
      "--clock-step", "DURATION", step,
      "Times on the tape are rounded down to steps of this length, their order stays exact (default: 10us); "
      "shorter ones make it larger");
  arguments.number("--level", options.zstd_level, 1, 19, "How hard zstd compresses while recording (default: 1)");
}

void add_keep(Arguments& arguments, RecordOptions& options) {
  const auto parse = [&options](const std::string& word) {
    constexpr std::string_view kFront = "last:";
    if (!word.starts_with(kFront)) throw BadValue("'" + word + "' is not last:SIZE, such as last:64MiB");
    try {
      options.keep_bytes = to_bytes(word.substr(kFront.size()), 1u << 20, std::uint64_t{1} << 50);
    } catch (const BadValue& bad) {
      throw BadValue("'" + word + "' is not last:SIZE: " + bad.what());
    }
  };
  arguments.parsed("--keep", "last:SIZE", parse,
                   "Of each tape keep the newest part on disk; figures of what is older stay exact (default: all)");
}

// One of two words.
Arguments::Take either(const char* one, const char* other, bool& is_one) {
  return [=, &is_one](const std::string& word) {
    is_one = word == one;
    if (!is_one && word != other) throw BadValue("'" + word + "' is neither " + one + " nor " + other);
  };
}

void check_expression(const std::string& expression) {
  try {
    ImageFilter{expression};
  } catch (const std::invalid_argument& error) {
    throw Failure(kWrongUse, "--process '" + expression + "' is no regular expression: " + error.what());
  }
}

}  // namespace

void add_buffer(Arguments& arguments, RecordOptions& options) {
  const auto take = [&options](const std::string& word) {
    options.buffer_is_automatic = word == "auto";
    if (!options.buffer_is_automatic) options.buffer_bytes = to_bytes(word, 1u << 20, std::uint64_t{1} << 36);
  };
  arguments.parsed(
      "--buffer", "SIZE|auto", take,
      "Shared memory for events not yet on the tape, per program image (default: 64MiB); auto: a sixteenth of "
      "the memory that is available, 1MiB to 1GiB");
}

RecordOptions record_options(int argc, char** argv) {
  RecordOptions options;
  Arguments arguments("Run a command and record every heap event of it, and of its children, to tapes.",
                      "heaptape record");
  std::vector<std::string> unparsed;  // only for the help: what follows is cut off before
  arguments.texts("COMMAND", "", unparsed,
                  "What to run, with its own options; after -- or as the first word that is no option");
  arguments.text(
      "-o,--output", "FILE", options.output,
      "The tape, or a folder for tapes (default: heaptape.PROGRAM.PID.tape); child processes get NAME.PID.N.tape");
  arguments.flag("--force", options.force, "Replace the tapes of an earlier session");
  add_buffer(arguments, options);
  arguments.parsed("--when-full", "wait|drop", either("drop", "wait", options.drop_when_full),
                   "When that memory is full: let the program wait (default), or drop events, counted");
  arguments.parsed("--children", "follow|ignore", either("follow", "ignore", options.follow_children),
                   "Whether processes that the command starts are recorded too (default: follow)");
  arguments.text("--process", "REGEX", options.process,
                 "Record only programs whose path, or name as called, matches this extended regular expression");
  arguments.number("--max-live", options.max_live, std::uint64_t{1}, std::uint64_t{1} << 40,
                   "Live blocks that the recorder keeps account of, 33 bytes each (default: all); with more the tape "
                   "stays complete, and reports count anew from its events");
  add_tape_options(arguments, options);
  add_keep(arguments, options);
  add_steering(arguments, options);
  add_stack_options(arguments, options.capture);
  add_selection(arguments, options);
  const int command = arguments.find_command(argc, argv);
  arguments.parse_front(command, argc, argv);
  if (command >= argc) throw Failure(kWrongUse, "record needs a command to run: heaptape record -o FILE -- COMMAND");
  if (options.keep_bytes != 0 && options.max_live != 0)
    throw Failure(kWrongUse, "--keep has to know every live block of what leaves the tape; leave out --max-live");
  if (options.keep_bytes != 0 && (options.capture.sample_bytes != 0 || options.capture.max_tape != 0))
    throw Failure(kWrongUse, "--keep has exact figures of what leaves the tape; leave out --sample and --max-tape");
  options.start_paused = options.start_paused || options.start_after_ns != 0;
  check_expression(options.process);
  options.command.assign(argv + command, argv + argc);
  return options;
}

}  // namespace heaptape::cli
