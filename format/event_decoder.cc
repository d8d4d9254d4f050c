#include "format/event_decoder.h"

#include "format/event_unpacker.h"
#include "format/stored_column.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

// Keeps all that is shown.
class IntoBlock {
 public:
  IntoBlock(DecodedBlock& block, std::uint32_t count) {
    block.events.resize(count);
    block.births.resize(count);
    events_ = block.events.data();
    births_ = block.births.data();
  }
  void birth(const Event& event, std::uint32_t place) { other(event, place); }
  void release(const Event& event, std::uint32_t place, std::uint32_t birth) {
    events_[place] = event;
    births_[place] = birth;
  }
  void other(const Event& event, std::uint32_t place) { release(event, place, DecodedBlock::kElsewhere); }

 private:
  Event* events_;
  std::uint32_t* births_;
};

template <class Ids>
std::string_view decode(DecodedBlock& to, const Ids& ids) {
  EventColumns columns;
  std::string_view reason;
  if (!read_columns(to.raw, columns, reason)) return reason;
  to.first_event = columns.first_event;
  IntoBlock sink(to, columns.count);
  return unpack_events(columns, ids, to.habits, sink);
}

template <class Ids>
bool decode_or_clear(DecodedBlock& block, const Ids& ids, std::string_view& reason) {
  reason = decode(block, ids);
  if (reason.empty()) return true;
  block.events.clear();
  return false;
}

}  // namespace

bool read_columns(Bytes raw, EventColumns& columns, std::string_view& reason) {
  const auto* block = verify_root<fb::Events>(raw);
  if (block == nullptr || block->kinds() == nullptr || block->kinds()->size() != block->count() ||
      block->count() == 0 || block->count() > kMaxEventsPerBlock) {
    reason = "is no well-formed block of events";
    return false;
  }
  if (block->coding() > kHabitCoding) {
    reason = "is coded as this heaptape can't read; use a newer heaptape";
    return false;
  }
  columns = {.coding = block->coding(),
             .count = block->count(),
             .first_event = block->first_event(),
             .begin = block->begin(),
             .step_ns = std::max<std::uint64_t>(block->clock_step_ns(), 1),
             .kinds = block->kinds()->data(),
             .times = bytes_of(block->times()),
             .threads = bytes_of(block->threads()),
             .addresses = bytes_of(block->addresses()),
             .sizes = bytes_of(block->sizes()),
             .stacks = bytes_of(block->stacks()),
             .rare = bytes_of(block->rare()),
             .birth_codes = bytes_of(block->birth_codes()),
             .release_codes = bytes_of(block->release_codes()),
             .birth_numbers = bytes_of(block->birth_numbers()),
             .older_addresses = bytes_of(block->older_addresses()),
             .older_units = bytes_of(block->older_units())};
  return true;
}

bool decode_events(DecodedBlock& block, const Definitions& definitions, std::string_view& reason) {
  return decode_or_clear(block, definitions, reason);
}

bool decode_events(DecodedBlock& block, const IdLimits& ids, std::string_view& reason) {
  return decode_or_clear(block, ids, reason);
}

}  // namespace heaptape
