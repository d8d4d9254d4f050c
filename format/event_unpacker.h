// Unpacks a block of events that anyone may have made, and hands each one on as soon as it is known. Each id in the
// events is checked against the definitions, so that it may be used as an index.
//
// A template, since this is where reading a tape spends its time: of an event only what its user looks at is made.
#pragma once

#include <algorithm>
#include <limits>
#include <string_view>

#include "format/accounting.h"
#include "format/address_model.h"
#include "format/decoded_block.h"
#include "format/event_columns.h"
#include "format/event_fields.h"
#include "format/varint.h"

namespace heaptape {

// Addresses as differences to the one before: format 1.0.
class PlainAddresses {
 public:
  PlainAddresses(const EventColumns& columns, DecoderHabits&) : differences_(columns.addresses) {}
  bool birth(Event& event, std::uint32_t) { return next(event); }
  bool release(Event& event, std::uint32_t&) { return next(event); }
  bool rare(Event& event, VarintCursor&) { return next(event); }
  bool consumed() const { return differences_.consumed(); }

 private:
  bool next(Event& event) {
    event.address = address_ += unzigzag(differences_.next());
    return true;
  }

  VarintCursor differences_;
  std::uint64_t address_ = 0;
};

// Addresses by the allocator's habits: since format 1.1. False: it is coded as no encoder would.
class HabitAddresses {
 public:
  HabitAddresses(const EventColumns& columns, DecoderHabits& habits)
      : habits_(habits),
        birth_codes_(columns.birth_codes),
        release_codes_(columns.release_codes),
        far_(columns.addresses),
        numbers_(columns.birth_numbers),
        older_(columns.older_addresses),
        units_(columns.older_units) {
    habits_.begin(static_cast<std::uint32_t>(std::min<std::size_t>(columns.birth_codes.size(), columns.count)));
  }

  // `place`: of the event in its block.
  [[gnu::always_inline]] bool birth(Event& event, std::uint32_t place) {
    const std::uint8_t code = birth_codes_.next();
    const std::uint64_t units = AddressCodes::units_of(event.size);
    const auto thread = static_cast<std::uint32_t>(event.thread);
    if (code == AddressCodes::kFarAligned || code == AddressCodes::kFar)
      event.address = habits_.far() + difference(far_, code == AddressCodes::kFarAligned);
    else if (!habits_.address_of_birth(code, units, thread, event.address))
      return false;
    habits_.born(code, event.address, units, thread, place);
    return true;
  }

  // `birth`: the place of what the release ends, if that is named.
  [[gnu::always_inline]] bool release(Event& event, std::uint32_t& birth) {
    const std::uint8_t code = release_codes_.next();
    const auto thread = static_cast<std::uint32_t>(event.thread);
    if (code < AddressCodes::kRanks) {
      const auto* const ranked = habits_.at_rank(code);
      if (ranked == nullptr) return false;
      event.address = ranked->address;
      birth = habits_.birth(ranked->number).place;
      habits_.released_by_rank(code, thread);
      return true;
    }
    if (code == AddressCodes::kByNumber) {
      const std::uint64_t number = habits_.last_number() + unzigzag(numbers_.next());
      if (number >= habits_.count()) return false;
      event.address = habits_.birth(number).address;
      birth = habits_.birth(number).place;
      habits_.released(static_cast<std::uint32_t>(number), thread);
      return true;
    }
    if (code != AddressCodes::kOlderAligned && code != AddressCodes::kOlder) return false;
    event.address = habits_.older() + difference(older_, code == AddressCodes::kOlderAligned);
    habits_.released_older(event.address, units_.next(), thread);
    return true;
  }

  bool rare(Event& event, VarintCursor& rare) {
    event.address = rare_address_ += unzigzag(rare.next());
    return true;
  }
  bool consumed() const {
    return birth_codes_.consumed() && release_codes_.consumed() && far_.consumed() && numbers_.consumed() &&
           older_.consumed() && units_.consumed();
  }

 private:
  // Reads single bytes; past the end, what no coding has.
  class ByteCursor {
   public:
    explicit ByteCursor(Bytes bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
    std::uint8_t next() noexcept { return at_ != end_ ? *at_++ : UINT8_MAX; }
    bool consumed() const noexcept { return at_ == end_; }

   private:
    const std::uint8_t *at_, *end_;
  };
  static std::uint64_t difference(VarintCursor& column, bool in_units) {
    const std::uint64_t value = unzigzag(column.next_short());
    return in_units ? value << 4 : value;
  }

  DecoderHabits& habits_;
  ByteCursor birth_codes_, release_codes_;
  VarintCursor far_, numbers_, older_, units_;
  std::uint64_t rare_address_ = 0;
};

// `Sink`: is shown each event of the block in order, with its place in it.
//   void birth(const Event&, std::uint32_t place);
//   void release(const Event&, std::uint32_t place, std::uint32_t birth);  // as DecodedBlock::births has it
//   void other(const Event&, std::uint32_t place);
template <class Addresses, class Ids, class Sink>
class EventUnpacker {
 public:
  EventUnpacker(const EventColumns& columns, const Ids& ids, DecoderHabits& habits, Sink& sink)
      : ids_(ids),
        sink_(sink),
        kinds_(columns.kinds),
        count_(columns.count),
        begin_(columns.begin),
        known_frames_(ids.frames.known_below()),
        step_ns_(columns.step_ns),
        ticks_left_(std::numeric_limits<std::uint64_t>::max() / step_ns_),
        times_(columns.times),
        threads_(columns.threads),
        sizes_(columns.sizes),
        stacks_(columns.stacks),
        rare_(columns.rare),
        addresses_(columns, habits) {}

  // Once. Empty, or what is wrong; what was shown by then is worth nothing.
  std::string_view run() {
    if (!advance(begin_)) return kImpossibleTime;
    for (std::uint32_t place = 0; place < count_; ++place)
      if (const std::string_view fault = unpack(kinds_[place], place); !fault.empty()) return fault;
    const bool all_read = times_.consumed() && threads_.consumed() && addresses_.consumed() && sizes_.consumed() &&
                          stacks_.consumed() && rare_.consumed() && run_ == 0;
    return all_read ? "" : "holds a column of the wrong length";
  }

 private:
  static constexpr std::string_view kImpossibleTime = "holds an impossible time",
                                    kUnknownThread = "names an unknown thread",
                                    kUnknownStack = "names an unknown stack",
                                    kImpossibleSize = "holds a block of an impossible size",
                                    kNoAddress = "names an address that it does not hold";

  [[gnu::always_inline]] std::string_view unpack(std::uint8_t kind_byte, std::uint32_t place) {
    const unsigned kind = kind_byte & kKindMask;
    static_assert(kFunctions == 16, "four bits hold no other");
    if (const std::uint64_t ticks = times_.next(); ticks != 0 && !advance(ticks)) return kImpossibleTime;
    if (run_ == 0 && !begin_run()) return kUnknownThread;
    --run_;
    Event event;
    event.kind = static_cast<EventKind>(kind);
    event.function = static_cast<Function>(kind_byte >> kFunctionShift);
    event.time_ns = time_ns_;
    event.thread = thread_;
    // Nearly all events are one of two kinds.
    static_assert(fields_of(EventKind::birth) == (kHasAddress | kHasSize | kHasStack));
    static_assert(fields_of(EventKind::release) == kHasAddress);
    if (event.kind == EventKind::birth) {
      event.size = sizes_.next_short();
      const std::uint64_t stack = stacks_.next_short();
      if (stack >= known_frames_ && !ids_.frames.knows(stack)) return kUnknownStack;
      event.stack = StackId{static_cast<std::uint32_t>(stack)};
      if (event.size > kMaxBlockSize) return kImpossibleSize;
      if (!addresses_.birth(event, place)) return kNoAddress;
      sink_.birth(event, place);
      return {};
    }
    if (event.kind == EventKind::release) {
      std::uint32_t birth = DecodedBlock::kElsewhere;
      if (!addresses_.release(event, birth)) return kNoAddress;
      sink_.release(event, place, birth);
      return {};
    }
    const std::string_view fault = unpack_rare(event);
    if (fault.empty()) sink_.other(event, place);
    return fault;
  }

  [[gnu::noinline]] std::string_view unpack_rare(Event& event) {
    if (static_cast<unsigned>(event.kind) >= kEventKinds) return "holds an event of an unknown kind";
    const std::uint8_t fields = fields_of(event.kind);
    if (fields & kHasSize) event.size = sizes_.next();
    if ((fields & kHasAddress) && !addresses_.rare(event, rare_)) return kNoAddress;
    if (fields & kHasScope) {
      const std::uint64_t scope = rare_.next();
      if (scope > UINT32_MAX) return "names an impossible scope";
      event.scope = static_cast<std::uint32_t>(scope);
    }
    if (fields & kHasReference) {
      const std::uint64_t reference = rare_.next();
      const bool is_known =
          event.kind == EventKind::mark ? ids_.texts.knows(reference) : ids_.variables.knows(reference);
      if (!is_known) return "names an unknown text or variable";
      event.reference = static_cast<std::uint32_t>(reference);
    }
    return {};
  }

  bool advance(std::uint64_t ticks) {
    if (ticks > ticks_left_) return false;
    ticks_left_ -= ticks;
    time_ns_ += ticks * step_ns_;
    return true;
  }

  bool begin_run() {
    const ThreadRun run = next_run(threads_);
    run_ = run.events;
    thread_ = ThreadId{static_cast<std::uint32_t>(run.thread)};
    return run_ != 0 && ids_.threads.knows(run.thread);
  }

  const Ids& ids_;
  Sink& sink_;
  const std::uint8_t* kinds_;
  const std::uint32_t count_;
  const std::uint64_t begin_;         // in ticks
  const std::uint64_t known_frames_;  // those below are all known
  const std::uint64_t step_ns_;
  std::uint64_t ticks_left_;  // before times overflow
  std::uint64_t time_ns_ = 0;
  VarintCursor times_, threads_, sizes_, stacks_, rare_;
  Addresses addresses_;
  std::uint64_t run_ = 0;
  ThreadId thread_{};
};

// `ids`: Definitions, or IdLimits. `habits`: the decoder's room, for one block after another. Answers as run() does.
template <class Ids, class Sink>
std::string_view unpack_events(const EventColumns& columns, const Ids& ids, DecoderHabits& habits, Sink& sink) {
  if (columns.coding == kPlainCoding) return EventUnpacker<PlainAddresses, Ids, Sink>(columns, ids, habits, sink).run();
  return EventUnpacker<HabitAddresses, Ids, Sink>(columns, ids, habits, sink).run();
}

}  // namespace heaptape
