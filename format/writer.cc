#include "format/writer.h"

#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "format/accounting.h"
#include "format/contents.h"
#include "format/definitions_encoder.h"
#include "format/event_encoder.h"
#include "format/event_fields.h"
#include "format/file_header.h"
#include "format/index.h"
#include "format/keeper.h"
#include "format/meta_codec.h"
#include "format/rss_codec.h"
#include "format/sealer.h"
#include "format/tape_file.h"
#include "tape_generated.h"

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

struct TapeWriter::State {
  State(const std::string& path, const Meta& meta, const WriterOptions& options)
      : file(path, options.overwrite),
        sealer(file, options.zstd_level),
        encoder(Keeper::events_per_block(options.keep_bytes, options.events_per_block), meta.clock_step_ns),
        accounting(meta.forked, options.max_live == 0 ? Accounting::kUnlimited : options.max_live, meta.is_filtered()),
        max_bytes(options.max_bytes) {
    if (options.keep_bytes != 0) keeper.emplace(path, options, meta);
    index.meta = meta;
    for (const std::string& argument : meta.arguments) meta_bytes += argument.size() + 16;
    meta_bytes += meta.program.size() + meta.host.size() + meta.recorder.size();
  }

  void write_opening();
  void copy(const TapeContents& cut, const StoredBlock& block);
  void take_over(const TapeContents& cut);
  std::uint64_t index_bytes() const;
  std::uint64_t bytes_left() const;
  std::optional<StoredBlock> seal_block(BlockKind kind);
  bool add_block(BlockKind kind);
  void check(const Event& event) const;
  void admit(Event& event);
  void seal_definitions();
  void seal_events();
  void seal_rss();
  void make_room_if_due();
  void seal_definitions_if_large() {
    if (definitions.is_large()) seal_definitions();
  }

  TapeFile file;
  Sealer sealer;
  flatbuffers::FlatBufferBuilder builder;
  DefinitionsEncoder definitions;
  EventEncoder encoder;
  Accounting accounting;
  std::optional<Keeper> keeper;         // empty: all is kept
  std::vector<bool> in_program{false};  // by frame
  std::vector<RssSample> rss;
  TapeIndex index;
  std::function<void(std::uint64_t)> before_block;
  std::uint64_t given_ns = 0, time_ns = 0;  // of the last event: as given, as taken
  std::uint64_t unwritten = 0;
  std::uint64_t max_bytes = 0;
  std::uint64_t meta_bytes = 0;
  bool is_full = false;  // a block found no room: what comes after may name what it defined, so it ends there
  bool is_finished = false;
  mutable Ledger ledger;
};

void TapeWriter::State::write_opening() {
  const auto header = make_header();
  if (!file.append(header)) return;
  builder.Finish(encode_meta(builder, index.meta));
  add_block(BlockKind::meta);
}

void TapeWriter::State::copy(const TapeContents& cut, const StoredBlock& block) {
  StoredBlock copied = block;
  copied.offset = file.bytes();
  file.append(cut.file.bytes().subspan(block.offset, block.end() - block.offset));
  if (block.kind != BlockKind::events) index.others.push_back(copied);
}

// Blocks go over byte by byte, in their order. Their events are taken once more, for the figures and the live table.
void TapeWriter::State::take_over(const TapeContents& cut) {
  if (!file.append(make_header())) return;
  definitions.go_on_after(cut.definitions);
  in_program.clear();
  for (const Frame& frame : cut.definitions.frames.items()) in_program.push_back(frame.in_program);
  accounting.open(cut.opening, [&](StackId stack) { return in_program[static_cast<std::size_t>(stack)]; });
  index.aggregated_events = cut.opening.events;
  time_ns = cut.opening.time_ns;
  auto other = cut.index.others.begin();
  std::vector<Event> events;
  const auto copy_others_before = [&](std::uint64_t offset) {
    for (; other != cut.index.others.end() && other->offset < offset; ++other) copy(cut, *other);
  };
  for (BlockEntry entry : cut.index.blocks) {
    copy_others_before(entry.offset);
    const StoredBlock block{entry.offset, BlockKind::events, entry.stored_bytes, entry.raw_bytes};
    std::string_view reason;
    if (!cut.decode(block, events, reason))
      throw TapeError(TapeError::Reason::damaged, cut.path + " changed while it was read; try again", entry.offset);
    for (const Event& event : events) accounting.take(event, in_program[static_cast<std::uint32_t>(event.stack)]);
    accounting.take_maxima();
    entry.offset = file.bytes();
    copy(cut, block);
    index.blocks.push_back(entry);
    time_ns = entry.end_ns;
  }
  copy_others_before(UINT64_MAX);
  index.estimates = accounting.estimates();
}

// What the index and the trailer take at most, with one block more than there are.
std::uint64_t TapeWriter::State::index_bytes() const {
  constexpr std::uint64_t kFixed = 2048;  // tables, ledger, estimates; meta's own fields
  const std::uint64_t raw = kFixed + meta_bytes + (index.blocks.size() + 1) * sizeof(fb::EventBlock) +
                            (index.others.size() + 1) * sizeof(fb::OtherBlock);
  return kBlockHeaderBytes + ZSTD_compressBound(raw) + kTrailerBytes;
}

std::uint64_t TapeWriter::State::bytes_left() const {
  if (max_bytes == 0) return UINT64_MAX;
  const std::uint64_t taken = file.bytes() + index_bytes();
  return taken < max_bytes ? max_bytes - taken : 0;
}

std::optional<StoredBlock> TapeWriter::State::seal_block(BlockKind kind) {
  if (is_full) return std::nullopt;
  const auto block = sealer.seal(kind, builder, bytes_left());
  is_full = !block;
  return block;
}

bool TapeWriter::State::add_block(BlockKind kind) {
  const auto block = seal_block(kind);
  if (block) index.others.push_back(*block);
  return block.has_value();
}

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

void TapeWriter::State::seal_definitions() {
  if (definitions.empty()) return;
  definitions.finish(builder);
  add_block(BlockKind::definitions);
}

void TapeWriter::State::seal_events() {
  if (encoder.events() == 0) return;
  BlockEntry entry;
  entry.events = encoder.events();
  entry.first_event = accounting.events() - entry.events;
  entry.begin_ns = encoder.begin_ns();
  entry.end_ns = encoder.end_ns();
  entry.at_end = accounting.totals();
  const Accounting::Maxima maxima = accounting.take_maxima();
  entry.program_max_bytes = maxima.program;
  entry.all_max_bytes = maxima.all;
  if (before_block) before_block(accounting.events());
  encoder.finish(builder, entry.first_event);
  const auto block = seal_block(BlockKind::events);
  if (!block) {
    unwritten += entry.events;
    return;
  }
  entry.offset = block->offset;
  entry.stored_bytes = block->stored_bytes;
  entry.raw_bytes = block->raw_bytes;
  index.blocks.push_back(entry);
  index.estimates = accounting.estimates();
}

void TapeWriter::State::seal_rss() {
  if (rss.empty()) return;
  encode_rss(builder, rss);
  rss.clear();
  add_block(BlockKind::rss);
}

void TapeWriter::State::make_room_if_due() {
  if (!keeper || file.error_number() != 0 || !keeper->is_due(file.bytes())) return;
  const IdLimits ids{{definitions.frames()}, {definitions.threads()}, {definitions.texts()}, {definitions.variables()}};
  keeper->make_room(file, index, sealer, builder, ids, in_program);
}

TapeWriter::TapeWriter(const std::string& path, const Meta& meta, const WriterOptions& options)
    : state_(std::make_unique<State>(path, meta, options)) {
  state_->write_opening();
  if (const int error = state_->file.error_number()) {
    ::unlink(path.c_str());
    throw std::system_error(error, std::generic_category(), path);
  }
}

TapeWriter::TapeWriter(const std::string& path, const TapeContents& cut, const WriterOptions& options)
    : state_(std::make_unique<State>(path, cut.index.meta, options)) {
  state_->take_over(cut);
  if (const int error = state_->file.error_number()) {
    ::unlink(path.c_str());
    throw std::system_error(error, std::generic_category(), path);
  }
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
  return state_->definitions.add(thread);
}

void TapeWriter::rename(ThreadId thread, std::string_view name) {
  require(static_cast<std::uint32_t>(thread) < state_->definitions.threads(), "a new name for an undefined thread");
  state_->seal_definitions_if_large();
  state_->definitions.rename(thread, name);
}

void TapeWriter::append(std::span<Event> events) {
  // The live table is larger than the caches: what an event will touch is fetched this many events before.
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kAhead < events.size()) {
      state_->accounting.expect(events[i + kAhead].address);
      state_->encoder.expect(events[i + kAhead].address);
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

}  // namespace heaptape
