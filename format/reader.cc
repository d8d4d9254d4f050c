#include "format/reader.h"

#include "format/accounting.h"
#include "format/contents.h"
#include "format/event_decoder.h"

namespace heaptape {

struct TapeReader::State {
  explicit State(const std::string& path) : contents(path) {}
  TapeContents contents;
};

TapeReader::TapeReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
TapeReader::~TapeReader() = default;
TapeReader::TapeReader(TapeReader&&) noexcept = default;
TapeReader& TapeReader::operator=(TapeReader&&) noexcept = default;

const std::string& TapeReader::path() const { return state_->contents.path; }
std::uint64_t TapeReader::file_bytes() const { return state_->contents.file.bytes().size(); }
Condition TapeReader::condition() const { return state_->contents.condition; }
const std::vector<Damage>& TapeReader::damage() const { return state_->contents.damage; }

const Meta& TapeReader::meta() const { return state_->contents.index.meta; }
const Ending& TapeReader::ending() const { return state_->contents.index.ending; }
const Ledger& TapeReader::ledger() const { return state_->contents.index.ledger; }
const std::vector<BlockEntry>& TapeReader::blocks() const { return state_->contents.index.blocks; }

const LayerTotals& TapeReader::totals() const { return blocks().empty() ? opening().totals : blocks().back().at_end; }

const std::optional<Estimates>& TapeReader::estimates() const { return state_->contents.index.estimates; }

std::uint64_t TapeReader::events() const {
  return blocks().empty() ? opening().events : blocks().back().first_event + blocks().back().events;
}

const Opening& TapeReader::opening() const { return state_->contents.opening; }
const std::vector<Frame>& TapeReader::frames() const { return state_->contents.definitions.frames.items(); }
const std::vector<Module>& TapeReader::modules() const { return state_->contents.definitions.modules.items(); }
const std::vector<Thread>& TapeReader::threads() const { return state_->contents.definitions.threads.items(); }
const std::vector<std::string>& TapeReader::texts() const { return state_->contents.definitions.texts.items(); }
const std::vector<Variable>& TapeReader::variables() const { return state_->contents.definitions.variables.items(); }
const std::vector<RssSample>& TapeReader::rss() const { return state_->contents.rss; }

bool TapeReader::decode(std::size_t index, std::vector<Event>& events) const {
  const BlockEntry& entry = blocks().at(index);
  const StoredBlock block{entry.offset, BlockKind::events, entry.stored_bytes, entry.raw_bytes};
  std::string_view reason;
  return state_->contents.decode(block, events, reason) && events.size() == entry.events &&
         events.front().time_ns == entry.begin_ns && events.back().time_ns == entry.end_ns;
}

void TapeReader::for_each(const std::function<void(std::span<const Event>)>& take) const {
  std::vector<Event> events;
  for (std::size_t i = 0; i < blocks().size(); ++i) {
    if (decode(i, events)) take(events);
  }
}

}  // namespace heaptape
