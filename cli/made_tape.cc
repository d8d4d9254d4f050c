#include "cli/made_tape.h"

#include <system_error>

#include "cli/commands.h"
#include "cli/draft.h"
#include "cli/output_file.h"
#include "cli/progress.h"

namespace heaptape::cli {
void make_tape(const TapeReader& tape, Extract part, const SymbolTable& symbols, const MadeTape& made,
               const std::string& what) {
  const Draft draft(made.path);
  part.writer.overwrite = true;
  Progress progress(what);
  part.progress = [&](std::uint64_t done, std::uint64_t all) { progress.reach(done, all); };
  try {
    extract(tape, part, symbols, draft.path());
    draft.take_place();
  } catch (const ExtractError& error) {
    throw Failure(tape.condition() == Condition::damaged ? kBadTape : kWrongUse, error.what());
  } catch (const std::system_error& error) {
    fail_to_write(made.path, error.code().value());
  }
}

}  // namespace heaptape::cli
