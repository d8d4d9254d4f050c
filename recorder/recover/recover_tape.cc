#include <fmt/format.h>

#include <filesystem>

#include "format/contents.h"
#include "format/writer.h"
#include "recorder/recover/recover.h"
#include "recorder/recover/rewritten.h"

namespace heaptape {
namespace {

// Its last bytes are torn, or it has no index: what a kill leaves. Damage elsewhere is another matter.
void require_cut(const TapeContents& contents) {
  for (const Damage& damage : contents.damage)
    if (contents.has_index() || damage.offset < contents.whole_bytes())
      throw RecoverError(RecoverError::Reason::damaged,
                         fmt::format("'{}' is damaged at byte {} ({}), not merely cut; it was left as it is",
                                     contents.path, damage.offset, damage.reason));
}

}  // namespace

RecoveredTape recover_tape(const std::string& path, const std::string& output) {
  require_abandoned(path);
  const TapeContents cut(path);
  RecoveredTape recovered;
  recovered.path = output.empty() ? path : output;
  recovered.events = cut.numbered_events();
  if (cut.condition == Condition::whole) {
    recovered.was_whole = true;
    return recovered;
  }
  require_cut(cut);
  Rewritten rewritten(recovered.path);
  TapeWriter writer(rewritten.beside(), cut);
  Ledger ledger = cut.index.ledger;  // the writer counts again what events tell
  for (int i = 0; i < kLosses; ++i) {
    std::uint64_t& count = ledger[static_cast<Loss>(i)];
    count -= std::min(count, writer.ledger()[static_cast<Loss>(i)]);
  }
  writer.finish(cut.index.ending, ledger);
  if (!writer.error().empty())
    throw RecoverError(RecoverError::Reason::no_room,
                       fmt::format("can't write '{}': {}", rewritten.beside(), writer.error()));
  recovered.torn_bytes = cut.has_index() ? 0 : cut.file.bytes().size() - cut.whole_bytes();
  recovered.has_lost_end = !cut.has_index();
  for (int i = 0; i < kLosses; ++i)
    if (is_damage(static_cast<Loss>(i)))
      recovered.lost += ledger[static_cast<Loss>(i)] + writer.ledger()[static_cast<Loss>(i)];
  rewritten.put_in_place();
  return recovered;
}

}  // namespace heaptape
