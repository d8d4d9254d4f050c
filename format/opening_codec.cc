#include "format/opening_codec.h"

#include <algorithm>
#include <random>

#include "format/accounting.h"
#include "format/sealer.h"
#include "format/stored_column.h"
#include "format/totals_codec.h"
#include "format/varint.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

constexpr std::uint64_t OpeningStack::*kStackFields[] = {
    &OpeningStack::allocated,   &OpeningStack::count,        &OpeningStack::temporary,          &OpeningStack::peak,
    &OpeningStack::peak_blocks, &OpeningStack::program_peak, &OpeningStack::program_peak_blocks};
constexpr std::uint64_t Stretch::Level::*kLevelFields[] = {&Stretch::Level::high,         &Stretch::Level::high_blocks,
                                                           &Stretch::Level::high_time_ns, &Stretch::Level::high_event,
                                                           &Stretch::Level::last,         &Stretch::Level::last_blocks};

void put_reallocated(ColumnEncoder& column, std::size_t thread, const Reallocated& reallocated) {
  const Block& block = reallocated.block;
  column.put(thread);
  column.put(block.address);
  column.put(block.birth_event);
  if (block.birth_event == 0) return column.put(static_cast<std::uint64_t>(reallocated.loss));
  column.put(reallocated.was_temporary ? 1 : 0);
  column.put(block.size);
  column.put(block.birth_ns);
  column.put(static_cast<std::uint32_t>(block.stack));
  column.put(static_cast<std::uint32_t>(block.thread));
  column.put(static_cast<std::uint64_t>(block.function));
}

std::vector<std::uint8_t> noise(std::size_t bytes) {
  std::minstd_rand random;
  std::vector<std::uint8_t> made(bytes);
  for (std::uint8_t& byte : made) byte = static_cast<std::uint8_t>(random() >> 16);
  return made;
}

// Reads an opening, and says what is wrong with it.
class OpeningDecoder {
 public:
  OpeningDecoder(const fb::Aggregate& stored, const Definitions& definitions, Opening& opening)
      : stored_(stored), definitions_(definitions), opening_(opening) {}

  bool run() {
    opening_.events = stored_.events();
    opening_.time_ns = stored_.time_ns();
    opening_.was_paused = stored_.was_paused();
    if (opening_.events == 0 || stored_.program() == nullptr || stored_.all() == nullptr) return false;
    if (!is_aligned(stored_.program()) || !is_aligned(stored_.all()) || !is_aligned(stored_.ledger())) return false;
    opening_.totals = {unpack_totals(*stored_.program()), unpack_totals(*stored_.all())};
    if (const auto* ledger = stored_.ledger())
      std::copy_n(ledger->begin(), std::min<std::size_t>(ledger->size(), kLosses), opening_.ledger.counts.begin());
    return read_live() && read_threads() && read_stacks() && read_outline() && read_marks() && adds_up();
  }

 private:
  bool is_possible(const Block& block) const {
    return block.birth_event != 0 && block.birth_event <= opening_.events && block.size <= kMaxBlockSize &&
           definitions_.frames.knows(static_cast<std::uint32_t>(block.stack)) &&
           definitions_.threads.knows(static_cast<std::uint32_t>(block.thread)) &&
           static_cast<int>(block.function) < kFunctions;
  }

  bool read_live() {
    DeltaCursor addresses(stored_.live_addresses()), sizes(stored_.live_sizes()), times(stored_.live_times()),
        events(stored_.live_events()), stacks(stored_.live_stacks()), threads(stored_.live_threads()),
        functions(stored_.live_functions());
    if (!addresses.may_hold(stored_.live_count())) return false;
    opening_.live.reserve(stored_.live_count());
    std::uint64_t address = 0;
    for (std::uint32_t i = 0; i < stored_.live_count(); ++i) {
      const std::uint64_t step = addresses.next();
      if ((i != 0 && step == 0) || __builtin_add_overflow(address, step, &address)) return false;
      const Block block{address,
                        sizes.next(),
                        times.next_delta(),
                        events.next_delta(),
                        StackId{stacks.next_id()},
                        ThreadId{threads.next_id()},
                        static_cast<Function>(std::min<std::uint64_t>(functions.next(), kFunctions))};
      if (!is_possible(block)) return false;
      opening_.live.push_back(block);
    }
    return addresses.consumed() && sizes.consumed() && times.consumed() && events.consumed() && stacks.consumed() &&
           threads.consumed() && functions.consumed();
  }

  bool read_threads() {
    DeltaCursor births(stored_.last_births()), rows(stored_.reallocated());
    if (!births.may_hold(stored_.thread_count()) || stored_.thread_count() > definitions_.threads.items().size())
      return false;
    opening_.threads.resize(stored_.thread_count());
    for (OpeningThread& thread : opening_.threads) thread.last_birth = births.next_delta();
    for (std::uint32_t i = 0; i < stored_.reallocated_count(); ++i) {
      const std::uint64_t thread = rows.next();
      if (thread >= opening_.threads.size() || !read_reallocated(rows, opening_.threads[thread].reallocated.emplace()))
        return false;
    }
    return births.consumed() && rows.consumed();
  }

  bool read_reallocated(DeltaCursor& rows, Reallocated& reallocated) const {
    Block& block = reallocated.block;
    block.address = rows.next();
    block.birth_event = rows.next();
    if (block.birth_event == 0) {
      const std::uint64_t loss = rows.next();
      reallocated.loss = static_cast<Loss>(loss);
      return loss < kLosses;
    }
    reallocated.was_temporary = rows.next() != 0;
    block.size = rows.next();
    block.birth_ns = rows.next();
    block.stack = StackId{rows.next_id()};
    block.thread = ThreadId{rows.next_id()};
    block.function = static_cast<Function>(std::min<std::uint64_t>(rows.next(), kFunctions));
    return is_possible(block);
  }

  bool read_stacks() {
    DeltaCursor rows(stored_.stacks());
    if (!rows.may_hold(stored_.stack_count())) return false;
    std::uint64_t id = 0;
    for (std::uint32_t i = 0; i < stored_.stack_count(); ++i) {
      const std::uint64_t step = rows.next();
      if ((i != 0 && step == 0) || __builtin_add_overflow(id, step, &id) || !definitions_.frames.knows(id))
        return false;
      OpeningStack& stack = opening_.stacks.emplace_back();
      stack.stack = StackId{static_cast<std::uint32_t>(id)};
      for (const auto field : kStackFields) stack.*field = rows.next();
    }
    return rows.consumed();
  }

  bool read_outline() {
    DeltaCursor rows(stored_.stretches());
    if (!rows.may_hold(stored_.stretch_count())) return false;
    std::uint64_t time = 0;
    for (std::uint32_t i = 0; i < stored_.stretch_count(); ++i) {
      Stretch& stretch = opening_.outline.emplace_back();
      if (__builtin_add_overflow(time, rows.next(), &time)) return false;
      stretch.end_ns = time;
      stretch.events = rows.next();
      for (Stretch::Level* level : {&stretch.program, &stretch.all})
        for (const auto field : kLevelFields) level->*field = rows.next();
    }
    return rows.consumed();
  }

  bool read_marks() {
    DeltaCursor rows(stored_.marks());
    if (!rows.may_hold(stored_.mark_count())) return false;
    for (std::uint32_t i = 0; i < stored_.mark_count(); ++i) {
      const OpeningMark mark{rows.next_delta(), ThreadId{rows.next_id()}, TextId{rows.next_id()}};
      if (!definitions_.threads.knows(static_cast<std::uint32_t>(mark.thread)) ||
          !definitions_.texts.knows(static_cast<std::uint32_t>(mark.name)))
        return false;
      opening_.marks.push_back(mark);
    }
    return rows.consumed();
  }

  bool adds_up() const {
    Totals program, all;
    for (const Block& block : opening_.live) {
      all.live_bytes += block.size;
      if (!definitions_.frames.items()[static_cast<std::size_t>(block.stack)].in_program) continue;
      program.live_bytes += block.size;
      ++program.live_blocks;
    }
    return all.live_bytes == opening_.totals.all.live_bytes &&
           opening_.live.size() == opening_.totals.all.live_blocks &&
           program.live_bytes == opening_.totals.program.live_bytes &&
           program.live_blocks == opening_.totals.program.live_blocks;
  }

  const fb::Aggregate& stored_;
  const Definitions& definitions_;
  Opening& opening_;
};

}  // namespace

void encode_opening(flatbuffers::FlatBufferBuilder& builder, const Opening& opening, std::size_t padding) {
  ColumnEncoder addresses, sizes, times, events, stacks, threads, functions;
  std::uint64_t address = 0;
  for (const Block& block : opening.live) {
    addresses.put(block.address - address);
    address = block.address;
    sizes.put(block.size);
    times.put_delta(block.birth_ns);
    events.put_delta(block.birth_event);
    stacks.put(static_cast<std::uint32_t>(block.stack));
    threads.put(static_cast<std::uint32_t>(block.thread));
    functions.put(static_cast<std::uint64_t>(block.function));
  }
  ColumnEncoder births, reallocated, costs, outline, marks;
  std::uint32_t reallocated_count = 0;
  for (std::size_t i = 0; i < opening.threads.size(); ++i) {
    births.put_delta(opening.threads[i].last_birth);
    if (!opening.threads[i].reallocated) continue;
    put_reallocated(reallocated, i, *opening.threads[i].reallocated);
    ++reallocated_count;
  }
  std::uint32_t stack = 0;
  for (const OpeningStack& row : opening.stacks) {
    costs.put(static_cast<std::uint32_t>(row.stack) - stack);
    stack = static_cast<std::uint32_t>(row.stack);
    for (const auto field : kStackFields) costs.put(row.*field);
  }
  std::uint64_t end = 0;
  for (const Stretch& stretch : opening.outline) {
    outline.put(stretch.end_ns - end);
    end = stretch.end_ns;
    outline.put(stretch.events);
    for (const Stretch::Level* level : {&stretch.program, &stretch.all})
      for (const auto field : kLevelFields) outline.put(level->*field);
  }
  for (const OpeningMark& mark : opening.marks) {
    marks.put_delta(mark.time_ns);
    marks.put(static_cast<std::uint32_t>(mark.thread));
    marks.put(static_cast<std::uint32_t>(mark.name));
  }
  const auto count = [](const auto& items) { return static_cast<std::uint32_t>(items.size()); };
  builder.Clear();
  const fb::Totals program = pack_totals(opening.totals.program), all = pack_totals(opening.totals.all);
  const auto ledger = builder.CreateVector(opening.ledger.counts.data(), opening.ledger.counts.size());
  const auto v = [&](const ColumnEncoder& column) { return column.vector(builder); };
  builder.Finish(fb::CreateAggregate(
      builder, opening.events, opening.time_ns, opening.was_paused, &program, &all, ledger, count(opening.live),
      v(addresses), v(sizes), v(times), v(events), v(stacks), v(threads), v(functions), count(opening.threads),
      v(births), reallocated_count, v(reallocated), count(opening.stacks), v(costs), count(opening.outline), v(outline),
      count(opening.marks), v(marks), builder.CreateVector(noise(padding))));
}

void encode_whole_opening(Sealer& sealer, flatbuffers::FlatBufferBuilder& builder, const Opening& opening) {
  encode_opening(builder, opening);
  const std::size_t packed = sealer.pack(BlockKind::aggregate, builder).size() - kBlockHeaderBytes;
  if (!is_plausible({0, BlockKind::aggregate, static_cast<std::uint32_t>(packed), builder.GetSize()}))
    encode_opening(builder, opening, builder.GetSize() / 128);
}

bool decode_opening(Bytes raw, const Definitions& definitions, Opening& opening, std::string_view& reason) {
  const auto* stored = verify_root<fb::Aggregate>(raw);
  Opening read;
  if (stored == nullptr || !OpeningDecoder(*stored, definitions, read).run()) {
    reason = "is no aggregate that adds up";
    return false;
  }
  opening = std::move(read);
  return true;
}

}  // namespace heaptape
