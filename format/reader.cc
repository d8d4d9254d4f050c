#include "format/reader.h"

#include <mutex>
#include <utility>

#include "format/accounting.h"
#include "format/contents.h"
#include "format/event_decoder.h"
#include "format/file_header.h"
#include "format/little_endian.h"

namespace heaptape {

struct TapeReader::State {
  State(const std::string& path, Watch watcher)
      : contents(path, TapeContents::Reading::index_alone), watch(std::move(watcher)) {}
  const TapeContents& whole() {
    std::call_once(once, [this] { contents.read_definitions(); });
    return contents;
  }
  TapeContents contents;
  Watch watch;
  std::once_flag once;
};

TapeReader::TapeReader(const std::string& path, Watch watch)
    : state_(std::make_unique<State>(path, std::move(watch))) {}
TapeReader::~TapeReader() = default;
TapeReader::TapeReader(TapeReader&&) noexcept = default;
TapeReader& TapeReader::operator=(TapeReader&&) noexcept = default;

void TapeReader::tell_watch(std::uint64_t done, std::uint64_t all) const {
  if (state_->watch) state_->watch(done, all);
}

const std::string& TapeReader::path() const { return state_->contents.path; }
std::uint64_t TapeReader::file_bytes() const { return state_->contents.file.bytes().size(); }
std::uint16_t TapeReader::format_minor() const {
  return load_le<std::uint16_t>(state_->contents.file.bytes().data() + kMinorOffset);
}

TapeReader::Storage TapeReader::storage(BlockKind kind) const {
  Storage sum;
  const auto add = [&](std::uint64_t stored, std::uint64_t raw) {
    ++sum.blocks;
    sum.stored_bytes += kBlockHeaderBytes + stored;
    sum.raw_bytes += raw;
  };
  if (kind == BlockKind::events)
    for (const BlockEntry& entry : blocks()) add(entry.stored_bytes, entry.raw_bytes);
  for (const StoredBlock& block : state_->contents.index.others)
    if (block.kind == kind) add(block.stored_bytes, block.raw_bytes);
  return sum;
}

Condition TapeReader::condition() const { return state_->contents.condition; }
const std::vector<Damage>& TapeReader::damage() const { return state_->contents.damage; }

const Meta& TapeReader::meta() const { return state_->contents.index.meta; }
const Ending& TapeReader::ending() const { return state_->contents.index.ending; }
const Ledger& TapeReader::ledger() const { return state_->contents.index.ledger; }
const std::vector<BlockEntry>& TapeReader::blocks() const { return state_->contents.index.blocks; }

std::uint32_t TapeReader::thread_count() const {
  const std::uint32_t told = state_->contents.index.threads;
  return told != TapeIndex::kUncounted ? told : state_->whole().definitions.threads_of_program();
}

std::uint32_t TapeReader::variable_count() const {
  const std::uint32_t told = state_->contents.index.variables;
  return told != TapeIndex::kUncounted ? told : static_cast<std::uint32_t>(variables().size());
}

const LayerTotals& TapeReader::totals() const { return blocks().empty() ? opening().totals : blocks().back().at_end; }

const std::optional<Estimates>& TapeReader::estimates() const { return state_->contents.index.estimates; }

const std::optional<CallCounts>& TapeReader::calls() const { return state_->contents.index.calls; }

std::uint64_t TapeReader::events() const {
  return blocks().empty() ? opening().events : blocks().back().first_event + blocks().back().events;
}

const Opening& TapeReader::opening() const { return state_->whole().opening; }
const std::vector<Frame>& TapeReader::frames() const { return state_->whole().definitions.frames.items(); }
const std::vector<Module>& TapeReader::modules() const { return state_->whole().definitions.modules.items(); }
const std::vector<Thread>& TapeReader::threads() const { return state_->whole().definitions.threads.items(); }
const std::vector<std::string>& TapeReader::texts() const { return state_->whole().definitions.texts.items(); }
const std::vector<Variable>& TapeReader::variables() const { return state_->whole().definitions.variables.items(); }
const std::vector<RssSample>& TapeReader::rss() const { return state_->contents.rss; }

const SymbolTable& TapeReader::symbols() const { return state_->whole().symbols; }

bool TapeReader::decode(std::size_t index, DecodedBlock& block) const {
  const BlockEntry& entry = blocks().at(index);
  const StoredBlock stored{entry.offset, BlockKind::events, entry.stored_bytes, entry.raw_bytes};
  std::string_view reason;
  if (state_->whole().decode(stored, block, reason) && block.events.size() == entry.events &&
      block.events.front().time_ns == entry.begin_ns && block.events.back().time_ns == entry.end_ns)
    return true;
  block.events.clear();
  return false;
}

bool TapeReader::unwrap(std::size_t index, RawBlock& raw) const {
  const BlockEntry& entry = blocks().at(index);
  std::string_view reason;
  return state_->whole().unwrap({entry.offset, BlockKind::events, entry.stored_bytes, entry.raw_bytes}, raw, reason);
}

const Definitions& TapeReader::definitions() const { return state_->whole().definitions; }

void TapeReader::for_each(const std::function<void(std::span<const Event>)>& take) const {
  DecodedBlock block;
  for (std::size_t i = 0; i < blocks().size(); ++i) {
    if (decode(i, block)) take(block.events);
  }
}

}  // namespace heaptape
