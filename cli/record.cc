// heaptape record [options] [--] COMMAND…
#include <fmt/format.h>

#include <string_view>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/durations.h"
#include "recorder/launcher/launcher.h"

namespace heaptape::cli {
namespace {

std::uint64_t bytes_to_keep(const std::string& word) {
  constexpr std::uint64_t kLeast = 1u << 20, kMost = std::uint64_t{1} << 50;
  constexpr std::string_view kFront = "last:";
  std::uint64_t bytes = 0;
  std::string size = word.starts_with(kFront) ? word.substr(kFront.size()) : "";
  try {
    CLI::AsSizeValue(false)(size);  // makes bytes of it
    if (size.find_first_not_of("0123456789") == std::string::npos) bytes = std::stoull(size);
  } catch (const std::exception&) {
    bytes = 0;
  }
  if (bytes >= kLeast && bytes <= kMost) return bytes;
  throw Failure(kWrongUse,
                fmt::format("--keep takes last:SIZE with 1MiB or more, such as last:64MiB, and not '{}'", word));
}

}  // namespace

int record(int argc, char** argv) {
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
  std::string keep;
  app.add_option(
         "--keep", keep,
         "last:SIZE: of each tape keep the newest part on disk; figures of what is older stay exact (default: all)")
      ->type_name("last:SIZE");
  app.add_flag("--start-paused", options.capture.start_paused,
               "Record nothing until 'heaptape ctl start' (or until --after)");
  add_time(app, "--after", options.start_after_ns, "Record from this long after the command's start");
  add_time(app, "--for", options.record_for_ns,
           "Record for this long; then recording is paused, and the command goes on");
  const int command = find_command(app, argc, argv);
  if (!parse_options(app, command, argc, argv)) return kFine;
  if (command >= argc) throw Failure(kWrongUse, "record needs a command to run: heaptape record -o FILE -- COMMAND");
  if (!keep.empty()) options.keep_bytes = bytes_to_keep(keep);
  options.capture.start_paused = options.capture.start_paused || options.start_after_ns != 0;
  options.drop_when_full = when_full == "drop";
  options.command.assign(argv + command, argv + argc);
  return launch(options);
}

}  // namespace heaptape::cli
