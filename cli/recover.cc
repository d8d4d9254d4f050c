// heaptape recover [TAPE|FOLDER…]: makes whole what a killed recorder left.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "format/reader.h"
#include "recorder/recover/recover.h"
#include "render/units.h"

namespace heaptape::cli {
namespace recover_command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> paths;
  std::string output;
  bool force = false, list = false;
};

std::string in_words(const RecoveredTape& tape) {
  if (tape.was_whole) return fmt::format("{}: whole already, {} events\n", tape.path, grouped(tape.events));
  std::string line = fmt::format("{}: {} events", tape.path, grouped(tape.events));
  if (tape.from_memory != 0) line += fmt::format(", {} of them from shared memory", grouped(tape.from_memory));
  if (tape.has_lost_end) {
    line += "; what followed the last whole block is lost";
    if (tape.torn_bytes != 0) line += fmt::format(" ({} bytes of a torn one)", grouped(tape.torn_bytes));
  }
  line += tape.lost != 0      ? fmt::format("; {} lost (see 'heaptape summary')\n", grouped(tape.lost))
          : tape.has_lost_end ? "\n"
                              : "; nothing lost\n";
  return line;
}

// Recovers one thing after the other; says what came of each.
class Recovery {
 public:
  template <class Do>
  void attempt(Do recover) {
    try {
      for (const RecoveredTape& tape : recover()) {
        put(in_words(tape));
        if (tape.lost != 0 || tape.has_lost_end) raise_to(kInexact);
      }
    } catch (const RecoverError& error) {
      fail(error.what(), error.reason == RecoverError::Reason::still_running ? kWrongUse
                         : error.reason == RecoverError::Reason::damaged     ? kBadTape
                                                                             : kRecordFailed);
    } catch (const TapeError& error) {
      fail(error.what(), kBadTape);
    }
  }
  void fail(const std::string& sentence, int status) {
    complain(sentence);
    raise_to(status);
  }
  int status() const { return status_; }

 private:
  // The worst of all: our own failure, then a bad tape, then wrong use, then a loss.
  void raise_to(int status) {
    const auto weight = [](int one) { return one == kInexact ? 1 : one == kFine ? 0 : one + 1; };
    if (weight(status) > weight(status_)) status_ = status;
  }
  int status_ = kFine;
};

void recover_path(Recovery& recovery, std::vector<Orphan>& orphans, const Options& options, const std::string& path) {
  if (fs::is_directory(path)) {
    std::error_code failed;
    for (const Orphan& orphan : orphans)
      if (fs::equivalent(orphan.folder(), path, failed))
        return recovery.attempt([&] { return recover_session(orphan); });
    std::vector<std::string> tapes;
    for (const auto& entry : fs::directory_iterator(path, failed))
      if (entry.path().extension() == ".tape") tapes.push_back(entry.path().string());
    std::sort(tapes.begin(), tapes.end());
    if (tapes.empty())
      recovery.fail(fmt::format("'{}' has no tapes, and is no recording that was cut off", path), kBadTape);
    for (const std::string& tape : tapes) recover_path(recovery, orphans, options, tape);
    return;
  }
  for (auto orphan = orphans.begin(); orphan != orphans.end(); ++orphan) {
    if (!fs::exists(orphan->folder()) || !is_tape_of(*orphan, path)) continue;
    if (!options.output.empty())
      return recovery.fail(fmt::format("the rest of '{}' is in shared memory, with that of its children; recover it "
                                       "in place, without -o",
                                       path),
                           kWrongUse);
    return recovery.attempt([&] { return recover_session(*orphan); });
  }
  recovery.attempt([&] { return std::vector<RecoveredTape>{recover_tape(path, options.output)}; });
}

void run(const Options& options) {
  if (!options.output.empty() && options.paths.size() != 1)
    throw Failure(kWrongUse, "-o names the place of one tape; give one TAPE with it");
  if (!options.output.empty()) require_no_file(options.output, options.force);
  std::vector<Orphan> orphans = find_orphans();
  remove_unfinished_sessions();
  if (options.list || (options.paths.empty() && orphans.empty())) {
    for (const Orphan& orphan : orphans) put(fmt::format("{}: {}\n", orphan.folder(), orphan.notes().own));
    if (orphans.empty()) put("no recording was cut off\n");
    return;
  }
  Recovery recovery;
  if (options.paths.empty())
    for (const Orphan& orphan : orphans) recovery.attempt([&] { return recover_session(orphan); });
  for (const std::string& path : options.paths) recover_path(recovery, orphans, options, path);
  if (recovery.status() != kFine) throw Exit{recovery.status()};
}

}  // namespace
}  // namespace recover_command

void add_recover(Arguments& heaptape) {
  using namespace recover_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("recover", "Make tapes whole whose recorder was killed");
  command.texts(
      "tape", "TAPE|FOLDER", options->paths,
      "A cut tape, a folder of tapes, or a session's folder; none: all of this user's recordings that were cut "
      "off");
  command.text("-o,--output", "FILE", options->output, "Write the tape there (default: in its place)");
  command.flag("--force", options->force, "Replace the output if it exists");
  command.flag("--list", options->list, "Only list recordings that were cut off, with their tapes");
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
