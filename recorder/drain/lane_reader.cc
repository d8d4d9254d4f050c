#include "recorder/drain/lane_reader.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace heaptape {
namespace {

bool bears_payload(SlotKind kind) {
  return kind == SlotKind::stack || kind == SlotKind::module || kind == SlotKind::mark || kind == SlotKind::scope_begin;
}

bool is_record(SlotKind kind) {
  return (kind >= SlotKind::birth && kind <= SlotKind::resume) || (kind > SlotKind::payload && kind <= SlotKind::blank);
}

[[gnu::always_inline]] inline Commit committed(const Chunk& chunk, std::uint32_t slot) {
  const Commit commit = unpack_commit(chunk.slots[slot].commit.load(std::memory_order_acquire));
  return commit.generation == chunk.generation ? commit : Commit{0, 0, SlotKind::empty, 0};
}

}  // namespace

// Reads one record. `slots`: its extent.
LaneReader::Take LaneReader::take_record(const Chunk& chunk, std::uint32_t slot, const Commit& commit,
                                         std::uint64_t until, Run& run, std::uint32_t& slots) {
  const Slot& head = chunk.slots[slot];
  Record record{.stamp = head.stamp,
                .address = head.address,
                .size = head.size,
                .stack = commit.stack,
                .kind = commit.kind,
                .function = commit.function,
                .slot = static_cast<std::uint16_t>(slot),
                .chunk = run.parts.back().chunk};
  slots = 1;
  std::string payload;
  if (bears_payload(record.kind)) {
    const auto bytes = static_cast<std::uint32_t>(record.size >> 32);
    record.size &= 0xffff'ffff;
    const std::uint32_t more = payload_slots(bytes);
    if (more >= kSlotsPerChunk - slot) return Take::broken;
    slots += more;
    payload.resize(std::size_t{more} * sizeof(PayloadSlot::bytes));
    for (std::uint32_t i = 0; i < more; ++i) {
      if (committed(chunk, slot + 1 + i).kind != SlotKind::payload) return Take::broken;
      const auto& from = reinterpret_cast<const PayloadSlot&>(chunk.slots[slot + 1 + i]);
      std::memcpy(payload.data() + i * sizeof from.bytes, from.bytes, sizeof from.bytes);
    }
    payload.resize(bytes);
  }
  if (record.kind == SlotKind::blank) return Take::taken;  // has no stamp of its own
  if (record.stamp > until) return Take::too_young;
  if (bears_payload(record.kind)) {
    run.payloads.push_back(std::move(payload));
    record.payload = static_cast<std::uint32_t>(run.payloads.size());
  }
  run.records.push_back(record);
  return Take::taken;
}

// The ordinary case: births and releases, one behind the other. Stops at whatever else there is.
void LaneReader::scan_in_order(const Chunk& chunk, View& view, std::uint64_t until, Run& run) {
  const std::uint32_t index = run.parts.back().chunk;
  constexpr std::uint32_t kAhead = 16;  // slots: what another core wrote is on its way for a while
  while (view.next < kSlotsPerChunk && !view.given[view.next]) {
    const Slot& slot = chunk.slots[view.next];
    if (view.next + kAhead < kSlotsPerChunk) __builtin_prefetch(&chunk.slots[view.next + kAhead]);
    const Commit commit = committed(chunk, view.next);
    if (commit.kind != SlotKind::birth && commit.kind != SlotKind::release) return;
    const std::uint64_t stamp = slot.stamp;
    if (stamp > until) return;
    Record& record = run.records.emplace_back();
    record.stamp = stamp;
    record.address = slot.address;
    record.size = slot.size;
    record.stack = commit.stack;
    record.kind = commit.kind;
    record.function = commit.function;
    record.slot = static_cast<std::uint16_t>(view.next);
    record.chunk = index;
    ++view.next;
  }
}

// `reserved` may lag behind while an append is open, but then the open slot lies before it: where a hole is seen,
// the whole chunk is looked at; where none is, committed slots are followed beyond `reserved`.
void LaneReader::scan(const Chunk& chunk, View& view, std::uint64_t until, Run& run) {
  const std::uint32_t reserved = std::min(chunk.reserved.load(std::memory_order_acquire), kSlotsPerChunk);
  bool hole = false;
  view.before = view.all_given();
  for (std::uint32_t slot = view.next; slot < kSlotsPerChunk;) {
    if (slot == view.next) {
      scan_in_order(chunk, view, until, run);
      slot = view.next;
      if (slot == kSlotsPerChunk) break;
    }
    if (view.given[slot]) {
      ++slot;
      continue;
    }
    const Commit commit = committed(chunk, slot);
    if (!is_record(commit.kind)) {  // open, or the payload of a record that is
      if (slot >= reserved && !hole) break;
      hole = true;
      ++slot;
      continue;
    }
    std::uint32_t slots = 1;
    const Take take = take_record(chunk, slot, commit, until, run, slots);
    if (take == Take::broken) hole = true;
    if (take == Take::taken)
      for (std::uint32_t i = 0; i < slots; ++i) view.given.set(slot + i);
    slot += slots;
    while (view.next < slot && view.given[view.next]) ++view.next;
  }
  while (view.next < kSlotsPerChunk && view.given[view.next]) ++view.next;
  view.noted = view.noted && view.all_given() == view.before;
}

// In order of slots the records taken are those before some slot; where signal handlers put them out of order, each
// is looked at.
SlotSet LaneReader::taken_of(std::uint32_t index, std::span<const Run> runs) const {
  const View& view = views_[index];
  for (const Run& run : runs) {
    if (run.taken == run.records.size()) continue;
    for (std::size_t i = 0; i < run.parts.size(); ++i) {
      if (run.parts[i].chunk != index) continue;
      SlotSet taken = view.before;
      if (run.sorted) {
        for (std::size_t at = 0; at < run.taken; ++at) {
          const Record& record = run.records[at];
          if (record.chunk != index) continue;
          const std::size_t slots =
              1 + (record.payload == 0 ? 0 : payload_slots(run.payloads[record.payload - 1].size()));
          for (std::size_t slot = 0; slot < slots; ++slot) taken.set(record.slot + slot);
        }
        return taken;
      }
      const std::size_t last = i + 1 < run.parts.size() ? run.parts[i + 1].first : run.records.size();
      if (run.taken >= last) break;  // all of it
      const std::uint32_t next = run.records[std::max(run.taken, run.parts[i].first)].slot;
      return taken | (view.all_given() & low_slots(next));
    }
  }
  return view.all_given();
}

void LaneReader::resume(std::uint32_t chunk, std::uint64_t owner, const SlotSet& given) {
  views_.resize(mapping_.chunks());
  View& view = views_[chunk];
  view.owner = owner;
  view.given = given;
  while (view.next < kSlotsPerChunk && given[view.next]) ++view.next;
}

// The chunks that may hold something new, in order of lanes and of what was written.
std::vector<LaneReader::Part> LaneReader::parts_to_read() {
  views_.resize(mapping_.chunks());
  free_ = 0;
  std::vector<Part> parts;
  const std::uint32_t known =
      std::min(mapping_.header().processes_ready.load(std::memory_order_relaxed), kMaxProcesses);
  // Decided once a round: of one process all lanes are read, or none.
  std::map<std::uint32_t, bool> is_known;
  const auto is_process_known = [&](std::uint32_t serial) {
    const auto [decided, fresh] = is_known.try_emplace(serial, false);
    if (fresh && serial < known)
      decided->second = process_entry(mapping_.header(), serial).claimed.load(std::memory_order_acquire) != 0;
    return decided->second;
  };
  for (std::uint32_t i = 0; i < mapping_.chunks(); ++i) {
    const Chunk& chunk = mapping_.chunk(i);
    // A dead thread's chunk that its successor is closing is read like any other.
    const std::uint64_t owner = chunk.owner.load(std::memory_order_acquire) & ~kClosing;
    if (owner == 0) {
      ++free_;
      continue;
    }
    if (chunk.reserved.load(std::memory_order_acquire) == 0) continue;  // nothing in it yet
    if (!is_process_known(static_cast<std::uint32_t>((owner >> 32) - 1))) continue;
    if (views_[i].owner != owner) {
      views_[i] = {};
      views_[i].owner = owner;
    }
    if (views_[i].next < kSlotsPerChunk) parts.push_back({owner, chunk.sequence, i});
  }
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return std::tie(a.owner, a.sequence) < std::tie(b.owner, b.sequence); });
  return parts;
}

// The run of that owner if it is the newest one, else a fresh one. A run without records makes room for the next.
Run& LaneReader::next_run(std::uint64_t owner) {
  const auto serial = static_cast<std::uint32_t>((owner >> 32) - 1);
  const auto lane = static_cast<std::uint32_t>(owner);
  if (used_ != 0 && runs_[used_ - 1].serial == serial && runs_[used_ - 1].lane == lane) return runs_[used_ - 1];
  if (used_ == 0 || !runs_[used_ - 1].records.empty()) ++used_;
  if (used_ > runs_.size()) runs_.emplace_back();
  Run& run = runs_[used_ - 1];
  run.serial = serial;
  run.lane = lane;
  run.records.clear();
  run.payloads.clear();
  run.parts.clear();
  run.taken = 0;
  run.sorted = false;
  return run;
}

std::span<Run> LaneReader::read(std::uint64_t until) {
  used_ = 0;
  for (const Part& part : parts_to_read()) {
    const Chunk& chunk = mapping_.chunk(part.index);
    Run& run = next_run(part.owner);
    run.tid = chunk.tid;
    run.parts.push_back({part.index, run.records.size()});
    scan(chunk, views_[part.index], until, run);
  }
  if (used_ != 0 && runs_[used_ - 1].records.empty()) --used_;
  const std::span<Run> read(runs_.data(), used_);
  const auto older = [](const Record& a, const Record& b) { return a.stamp < b.stamp; };
  for (Run& run : read)  // only signal handlers put stamps out of order
    if (!std::is_sorted(run.records.begin(), run.records.end(), older)) {
      std::stable_sort(run.records.begin(), run.records.end(), older);
      run.sorted = true;
    }
  return read;
}

std::uint64_t LaneReader::torn(std::uint32_t serial) const {
  std::uint64_t count = 0;
  for (const std::uint32_t index : held_by(serial)) {
    const Chunk& chunk = mapping_.chunk(index);
    const std::uint32_t reserved = std::min(chunk.reserved.load(std::memory_order_acquire), kSlotsPerChunk);
    bool inside = false;  // one torn record may have several slots
    for (std::uint32_t slot = 0; slot < reserved; ++slot) {
      const bool open =
          !is_record(committed(chunk, slot).kind) && !(index < views_.size() && views_[index].given[slot]);
      if (open && !inside) ++count;
      inside = open;
    }
  }
  return count;
}

std::vector<LaneReader::Exhausted> LaneReader::take_exhausted() {
  std::vector<Exhausted> exhausted;
  for (std::uint32_t i = 0; i < views_.size(); ++i) {
    if (views_[i].exhausted || views_[i].owner == 0 || views_[i].next < kSlotsPerChunk) continue;
    views_[i].exhausted = true;
    exhausted.push_back({i, static_cast<std::uint32_t>((views_[i].owner >> 32) - 1), views_[i].owner});
  }
  return exhausted;
}

std::vector<LaneReader::Held> LaneReader::held() const {
  std::vector<Held> held;
  for (std::uint32_t i = 0; i < views_.size(); ++i) {
    const std::uint64_t owner = views_[i].owner;
    if (owner != 0 && !views_[i].exhausted && mapping_.chunk(i).owner.load(std::memory_order_relaxed) == owner)
      held.push_back({i, static_cast<std::uint32_t>((owner >> 32) - 1), static_cast<std::uint32_t>(owner), owner});
  }
  return held;
}

std::vector<std::uint32_t> LaneReader::held_by(std::uint32_t serial) const {
  std::vector<std::uint32_t> held;
  for (std::uint32_t i = 0; i < mapping_.chunks(); ++i) {
    const std::uint64_t owner = mapping_.chunk(i).owner.load(std::memory_order_acquire);
    if (owner != 0 && (owner >> 32) - 1 == serial) held.push_back(i);
  }
  return held;
}

}  // namespace heaptape
