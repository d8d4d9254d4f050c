// heaptape import FILE : a recording of heaptrack's as a tape.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "analyzer/heaptrack_import.h"
#include "cli/commands.h"
#include "cli/draft.h"
#include "cli/made_tape.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/view.h"
#include "format/file_descriptor.h"
#include "render/units.h"

namespace heaptape::cli {
namespace import_command {
namespace {

struct Options {
  std::string file;
  MadeTape made;
};

void tell(const Imported& imported, const std::string& file) {
  const auto note = [](const std::string& sentence) { complain("note: " + sentence); };
  if (imported.is_cut) note(fmt::format("'{}' stops in the middle: this is what it holds up to there", file));
  if (imported.is_attached) note("heaptrack was attached to a running process: earlier blocks are unknown");
  if (!imported.is_raw)
    note("the file has no addresses: those of blocks are made up, and temporary ones are at most as many as shown");
  if (imported.unmatched_frees != 0) note(counted(imported.unmatched_frees, "free") + " of blocks that are not live");
  if (imported.renamed_places != 0)
    note(counted(imported.renamed_places, "address") + " with another meaning later, of which the first is kept");
  if (imported.suppressions != 0) note(counted(imported.suppressions, "rule") + " for leaks not to show left out");
  if (imported.unknown_lines != 0) note(counted(imported.unknown_lines, "line") + " of an unknown kind left out");
}

void run(const Options& options) {
  require_no_file(options.made.path, options.made.force, options.file);
  const FileDescriptor file(open(options.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number < 0) throw Failure(kBadTape, fmt::format("can't read '{}': {}", options.file, std::strerror(errno)));
  LineSource lines([&](std::span<char> bytes) {
    for (;;) {
      const ssize_t got = read(file.number, bytes.data(), bytes.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR)
        throw Failure(kBadTape, fmt::format("can't read '{}': {}", options.file, std::strerror(errno)));
    }
  });
  const Draft draft(options.made.path);
  try {
    const Imported imported = import_heaptrack(lines, draft.path(), HEAPTAPE_VERSION);
    draft.take_place();
    tell(imported, options.file);
    put(fmt::format("{}: {} and {} of {}\n", safe(options.made.path), counted(imported.births, "allocation"),
                    counted(imported.releases, "free"), safe(options.file)));
  } catch (const ImportError& error) {
    throw Failure(kBadTape, fmt::format("can't import '{}': {}", options.file, error.what()));
  } catch (const std::system_error& error) {
    fail_to_write(options.made.path, error.code().value());
  }
}

}  // namespace
}  // namespace import_command

void add_import(Arguments& heaptape) {
  using namespace import_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("import", "Make a tape of a file that heaptrack wrote");
  command.text("file", "FILE", options->file, "As heaptrack wrote it, interpreted or raw, .zst, .gz or plain",
               Arguments::Need::required);
  command.text("-o,--output", "TAPE", options->made.path, "Write it there", Arguments::Need::required);
  command.flag("--force", options->made.force, "Replace the output if it exists");
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
