#include "format/writer.h"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "format/contents.h"
#include "format/file_header.h"
#include "format/large_memory.h"
#include "format/opening_codec.h"
#include "format/rss_codec.h"
#include "format/writer_state.h"

namespace heaptape {
namespace {

// What an index of a GiB can list, with room for the rest. Beyond it the tape has none, as if cut.
constexpr std::size_t kMaxIndexedBlocks = 1u << 22;

// A caller that names what it did not define would make a tape that no reader accepts.
inline void require(bool holds, const char* what) {
  if (!holds) [[unlikely]]
    throw std::logic_error(std::string("TapeWriter: ") + what);
}

}  // namespace

inline void TapeWriter::State::check(const Event& event) const {
  require(static_cast<std::uint32_t>(event.thread) < definitions.threads(), "an event of an undefined thread");
  if (event.kind == EventKind::birth) {
    require(static_cast<std::uint32_t>(event.stack) < definitions.frames(), "a birth with an undefined stack");
  } else if (event.kind == EventKind::mark) {
    require(event.reference < definitions.texts(), "a mark with an undefined text");
  } else if (event.kind == EventKind::scope_begin) {
    require(event.reference < definitions.variables(), "a scope of an undefined variable");
  } else if (event.kind == EventKind::rate) {
    require(!keeper, "a sample of which only the newest part is kept");
  }
}

// Makes the event what goes into the tape.
inline void TapeWriter::State::admit(Event& event) {
  check(event);
  if (event.time_ns != given_ns) {
    given_ns = event.time_ns;
    const std::uint64_t step = std::max(index.meta.clock_step_ns, 1u);
    time_ns = std::max(given_ns - given_ns % step, time_ns);
  }
  event.time_ns = time_ns;
  if (event.kind == EventKind::birth) event.size = std::min(event.size, kMaxBlockSize);
}

TapeWriter::TapeWriter(const std::string& path, const Meta& meta, const WriterOptions& options)
    : state_(std::make_unique<State>(path, meta, options)) {
  state_->write_opening();
  state_->require_file(path);
}

TapeWriter::TapeWriter(const std::string& path, const TapeContents& cut, const WriterOptions& options)
    : state_(std::make_unique<State>(path, cut.index.meta, options)) {
  state_->take_over(cut);
  state_->require_file(path);
}

TapeWriter::~TapeWriter() {
  if (!state_ || state_->is_finished) return;
  try {
    seal();
  } catch (const std::exception&) {
    // Out of memory: the tape ends with its last whole block, as after a kill.
  }
}

TapeWriter::TapeWriter(TapeWriter&&) noexcept = default;
TapeWriter& TapeWriter::operator=(TapeWriter&&) noexcept = default;

ModuleId TapeWriter::define(const Module& module) {
  state_->seal_definitions_if_large();
  return state_->definitions.add(module);
}

StackId TapeWriter::define(const Frame& frame) {
  State& state = *state_;
  require(static_cast<std::uint32_t>(frame.parent) < state.definitions.frames(), "a frame with an undefined parent");
  require(frame.module == kNoModule || static_cast<std::uint32_t>(frame.module) < state.definitions.modules(),
          "a frame in an undefined module");
  state.seal_definitions_if_large();
  state.in_program.push_back(frame.in_program);
  return state.definitions.add(frame);
}

TextId TapeWriter::define(std::string_view text) {
  state_->seal_definitions_if_large();
  return state_->definitions.add(text);
}

VariableId TapeWriter::define(const Variable& variable) {
  state_->seal_definitions_if_large();
  return state_->definitions.add(variable);
}

ThreadId TapeWriter::define(const Thread& thread) {
  state_->seal_definitions_if_large();
  state_->index.threads += thread.tid != 0;  // as Definitions counts them
  return state_->definitions.add(thread);
}

void TapeWriter::rename(ThreadId thread, std::string_view name) {
  require(static_cast<std::uint32_t>(thread) < state_->definitions.threads(), "a new name for an undefined thread");
  state_->seal_definitions_if_large();
  state_->definitions.rename(thread, name);
}

void TapeWriter::append(std::span<Event> events) {
  // The live table is larger than the caches.
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kFetchAhead < events.size()) {
      state_->accounting.expect(events[i + kFetchAhead].address);
      state_->encoder.expect(events[i + kFetchAhead].address);
    }
    Event& event = events[i];
    state_->admit(event);
    if (state_->encoder.room() == 0) seal();
    const bool is_birth = event.kind == EventKind::birth;
    const std::uint64_t released =
        state_->accounting.take(event, is_birth && state_->in_program[static_cast<std::uint32_t>(event.stack)]);
    state_->encoder.append(event, released == Accounting::kNoBlock ? 0 : AddressModel::units_of(released));
  }
}

void TapeWriter::sample_rss(RssSample sample) {
  state_->rss.push_back(sample);
  if (state_->keeper) state_->keeper->sample(sample);
  if (state_->rss.size() == kMaxRssSamplesPerBlock) state_->seal_rss();
}

void TapeWriter::open(const Opening& opening) {
  State& state = *state_;
  require(state.accounting.events() == 0, "an opening behind events");
  state.seal_definitions();
  encode_whole_opening(state.sealer, state.builder, opening);
  state.add_block(BlockKind::aggregate);
  state.accounting.open(opening, [&](StackId stack) { return state.in_program[static_cast<std::size_t>(stack)]; });
  state.index.aggregated_events = opening.events;
  state.time_ns = opening.time_ns;
}

void TapeWriter::add_symbols(const SymbolTable& symbols) {
  State& state = *state_;
  state.seal_definitions();
  for (std::size_t begin = 0; begin < symbols.addresses.size(); begin += kMostAddressesPerBlock) {
    encode_symbols(state.builder, symbols, begin, std::min(begin + kMostAddressesPerBlock, symbols.addresses.size()));
    state.add_block(BlockKind::symbols);
  }
}

void TapeWriter::before_each_block(std::function<void(std::uint64_t)> call) { state_->before_block = std::move(call); }

void TapeWriter::seal() {
  state_->seal_definitions();
  state_->seal_events();
  state_->seal_rss();
  state_->make_room_if_due();
}

void TapeWriter::finish(const Ending& ending, const Ledger& given) {
  State& state = *state_;
  require(!state.is_finished, "finish() twice");
  seal();
  state.is_finished = true;
  const std::vector<std::uint8_t> end = ending_so_far(ending, given);
  if (end.empty()) return;
  // In two pieces: an index without its trailer is found, too.
  const Bytes index = Bytes(end).first(end.size() - kTrailerBytes);
  if (!state.file.append(index)) return;
  state.file.append(Bytes(end).subspan(index.size()));
  state.file.announce_end();
}

std::vector<std::uint8_t> TapeWriter::ending_so_far(const Ending& ending, const Ledger& given) {
  State& state = *state_;
  if (state.index.blocks.size() + state.index.others.size() > kMaxIndexedBlocks) return {};
  state.index.ending = ending;
  state.index.ledger = given;
  state.index.variables = state.definitions.variables();
  state.index.recompute = state.accounting.ledger()[Loss::unaccounted_births] != 0;
  Ledger own = ledger();
  if (state.index.recompute) own[Loss::left_out_frees] = 0;  // whoever reads the events counts them
  for (std::size_t i = 0; i < kLosses; ++i) state.index.ledger.counts[i] += own.counts[i];
  encode_index(state.builder, state.index);
  const Bytes block = state.sealer.pack(BlockKind::index, state.builder);
  std::vector<std::uint8_t> end(block.begin(), block.end());
  const auto trailer = make_trailer(state.file.bytes(), state.file.bytes() + end.size() + kTrailerBytes);
  end.insert(end.end(), trailer.begin(), trailer.end());
  return end;
}

void TapeWriter::set_calls(const CallCounts& calls) { state_->index.calls = calls; }

std::uint64_t TapeWriter::events() const { return state_->accounting.events(); }
std::uint32_t TapeWriter::unsealed_events() const { return state_->encoder.events(); }
std::uint32_t TapeWriter::room() const { return state_->encoder.room(); }
std::uint64_t TapeWriter::bytes() const { return state_->file.bytes(); }
std::uint64_t TapeWriter::time_ns() const { return state_->time_ns; }
std::uint64_t TapeWriter::interval() const { return state_->accounting.interval(); }
std::uint64_t TapeWriter::bytes_left() const { return state_->bytes_left(); }
bool TapeWriter::is_full() const { return state_->is_full; }
const LayerTotals& TapeWriter::totals() const { return state_->accounting.totals(); }

TapeWriter::Lives TapeWriter::lives(std::uint64_t address) const {
  const Accounting& accounting = state_->accounting;
  if (accounting.is_live(address)) return Lives::yes;
  return accounting.ledger()[Loss::unaccounted_births] != 0 ? Lives::unknown : Lives::no;
}

const Ledger& TapeWriter::ledger() const {
  state_->ledger = state_->accounting.ledger();
  state_->ledger[Loss::unwritten_events] = state_->unwritten;
  state_->ledger[Loss::aggregated_events] = state_->index.aggregated_events;
  return state_->ledger;
}

const std::string& TapeWriter::error() const { return state_->file.error(); }
int TapeWriter::error_number() const { return state_->file.error_number(); }

}  // namespace heaptape
