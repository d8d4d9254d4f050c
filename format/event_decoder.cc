#include "format/event_decoder.h"

#include <algorithm>

#include "format/accounting.h"
#include "format/address_model.h"
#include "format/event_fields.h"
#include "format/stored_column.h"
#include "format/varint.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

VarintCursor cursor_of(const StoredColumn* column) { return VarintCursor(bytes_of(column)); }

// Reads single bytes; past the end, what no coding has.
class ByteCursor {
 public:
  explicit ByteCursor(const StoredColumn* column) : bytes_(bytes_of(column)) {}
  std::uint8_t next() noexcept { return at_ < bytes_.size() ? bytes_[at_++] : UINT8_MAX; }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool consumed() const noexcept { return at_ == bytes_.size(); }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

// Addresses as differences to the one before: format 1.0.
class PlainAddresses {
 public:
  explicit PlainAddresses(const fb::Events& block) : differences_(cursor_of(block.addresses())) {}
  bool decode(Event& event, std::uint32_t, std::uint32_t&, VarintCursor&) {
    event.address = address_ += unzigzag(differences_.next());
    return true;
  }
  bool consumed() const { return differences_.consumed(); }

 private:
  VarintCursor differences_;
  std::uint64_t address_ = 0;
};

// Addresses by the allocator's habits: since format 1.1.
class HabitAddresses {
 public:
  explicit HabitAddresses(const fb::Events& block)
      : birth_codes_(block.birth_codes()),
        release_codes_(block.release_codes()),
        far_(cursor_of(block.addresses())),
        numbers_(cursor_of(block.birth_numbers())),
        older_(cursor_of(block.older_addresses())),
        units_(cursor_of(block.older_units())) {
    const auto births = static_cast<std::uint32_t>(std::min<std::size_t>(birth_codes_.size(), kMaxEventsPerBlock));
    model_.begin(births);
    places_.reserve(births);
  }

  // `place`: of the event in its block. `birth`: the place of what a release ends, if that is named. False: it is coded
  // as no encoder would.
  bool decode(Event& event, std::uint32_t place, std::uint32_t& birth, VarintCursor& rare) {
    if (event.kind == EventKind::birth) {
      places_.push_back(place);
      return decode_birth(event);
    }
    if (event.kind == EventKind::release) return decode_release(event, birth);
    event.address = rare_address_ += unzigzag(rare.next());
    return true;
  }
  bool consumed() const {
    return birth_codes_.consumed() && release_codes_.consumed() && far_.consumed() && numbers_.consumed() &&
           older_.consumed() && units_.consumed();
  }

 private:
  bool decode_birth(Event& event) {
    const std::uint8_t code = birth_codes_.next();
    const std::uint64_t units = AddressModel::units_of(event.size);
    const auto thread = static_cast<std::uint32_t>(event.thread);
    if (code == AddressModel::kFarAligned || code == AddressModel::kFar)
      event.address = model_.far() + difference(far_, code == AddressModel::kFarAligned);
    else if (!model_.address_of_birth(code, units, thread, event.address))
      return false;
    model_.born(code, event.address, units, thread);
    return true;
  }

  bool decode_release(Event& event, std::uint32_t& birth) {
    const std::uint8_t code = release_codes_.next();
    const auto thread = static_cast<std::uint32_t>(event.thread);
    if (code == AddressModel::kOlderAligned || code == AddressModel::kOlder) {
      event.address = model_.older() + difference(older_, code == AddressModel::kOlderAligned);
      model_.released_older(event.address, units_.next(), thread);
      return true;
    }
    if (code == AddressModel::kByNumber) {
      const std::uint64_t number = model_.last_number() + unzigzag(numbers_.next());
      if (number >= model_.births().size()) return false;
      event.address = model_.births()[number].address;
      birth = places_[number];
      model_.released(static_cast<std::uint32_t>(number), thread);
      return true;
    }
    const AddressModel::Ranked* const ranked = model_.at_rank(code);
    if (ranked == nullptr) return false;
    event.address = ranked->address;
    birth = places_[ranked->number];
    model_.released_by_rank(code, thread);
    return true;
  }

  static std::uint64_t difference(VarintCursor& column, bool in_units) {
    const std::uint64_t value = unzigzag(column.next());
    return in_units ? value << 4 : value;
  }

  AddressModel model_;
  std::vector<std::uint32_t> places_;  // of births, by number
  ByteCursor birth_codes_, release_codes_;
  VarintCursor far_, numbers_, older_, units_;
  std::uint64_t rare_address_ = 0;
};

template <class Addresses, class Ids>
class Decoder {
 public:
  Decoder(const fb::Events& block, const Ids& ids)
      : ids_(ids),
        kinds_(block.kinds()->data()),
        count_(block.count()),
        step_(block.clock_step_ns() == 0 ? 1 : block.clock_step_ns()),
        ticks_(block.begin()),
        times_(cursor_of(block.times())),
        threads_(cursor_of(block.threads())),
        sizes_(cursor_of(block.sizes())),
        stacks_(cursor_of(block.stacks())),
        rare_(cursor_of(block.rare())),
        addresses_(block) {}

  std::string_view run(DecodedBlock& block) {
    block.events.resize(count_);
    block.births.resize(count_);
    for (std::uint32_t i = 0; i < count_; ++i) {
      block.births[i] = DecodedBlock::kElsewhere;
      const std::string_view fault = decode(kinds_[i], i, block.events[i], block.births[i]);
      if (!fault.empty()) return fault;
    }
    const bool all_read = times_.consumed() && threads_.consumed() && addresses_.consumed() && sizes_.consumed() &&
                          stacks_.consumed() && rare_.consumed() && run_ == 0;
    return all_read ? "" : "holds a column of the wrong length";
  }

 private:
  std::string_view decode(std::uint8_t kind_byte, std::uint32_t place, Event& event, std::uint32_t& birth) {
    const unsigned kind = kind_byte & kKindMask;
    const unsigned function = kind_byte >> kFunctionShift;
    static_assert(kFunctions == 16, "four bits hold no other");
    if (kind >= kEventKinds) return "holds an event of an unknown kind";
    event = Event{};
    event.kind = static_cast<EventKind>(kind);
    event.function = static_cast<Function>(function);
    if (__builtin_add_overflow(ticks_, times_.next(), &ticks_) ||
        __builtin_mul_overflow(ticks_, step_, &event.time_ns)) {
      return "holds an impossible time";
    }
    if (run_ == 0 && !begin_run()) return "names an unknown thread";
    --run_;
    event.thread = thread_;
    // Nearly all events are one of two kinds, of which the compiler knows the fields.
    switch (event.kind) {
      case EventKind::birth:
        return decode_fields(fields_of(EventKind::birth), place, event, birth);
      case EventKind::release:
        return decode_fields(fields_of(EventKind::release), place, event, birth);
      default:
        return decode_fields(kEventFields[kind], place, event, birth);
    }
  }

  [[gnu::always_inline]] std::string_view decode_fields(std::uint8_t fields, std::uint32_t place, Event& event, std::uint32_t& birth) {
    if (fields & kHasSize) event.size = sizes_.next();
    if (fields & kHasStack) {
      const std::uint64_t stack = stacks_.next();
      if (!ids_.frames.knows(stack)) return "names an unknown stack";
      event.stack = StackId{static_cast<std::uint32_t>(stack)};
      if (event.size > kMaxBlockSize) return "holds a block of an impossible size";
    }
    if ((fields & kHasAddress) && !addresses_.decode(event, place, birth, rare_)) return "names an address that it does not hold";
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

  bool begin_run() {
    const std::uint64_t thread = threads_.next();
    run_ = threads_.next();
    thread_ = ThreadId{static_cast<std::uint32_t>(thread)};
    return run_ != 0 && ids_.threads.knows(thread);
  }

  const Ids& ids_;
  const std::uint8_t* kinds_;
  std::uint32_t count_;
  std::uint64_t step_, ticks_;
  VarintCursor times_, threads_, sizes_, stacks_, rare_;
  Addresses addresses_;
  std::uint64_t run_ = 0;
  ThreadId thread_{};
};

template <class Ids>
std::string_view decode(DecodedBlock& to, const Ids& ids) {
  const auto* block = verify_root<fb::Events>(to.raw);
  if (block == nullptr || block->kinds() == nullptr || block->kinds()->size() != block->count() ||
      block->count() == 0 || block->count() > kMaxEventsPerBlock)
    return "is no well-formed block of events";
  if (block->coding() > kHabitCoding) return "is coded as this heaptape can't read; use a newer heaptape";
  to.first_event = block->first_event();
  return block->coding() == kPlainCoding ? Decoder<PlainAddresses, Ids>(*block, ids).run(to)
                                         : Decoder<HabitAddresses, Ids>(*block, ids).run(to);
}

template <class Ids>
bool decode_or_clear(DecodedBlock& block, const Ids& ids, std::string_view& reason) {
  reason = decode(block, ids);
  if (reason.empty()) return true;
  block.events.clear();
  return false;
}

}  // namespace

bool decode_events(DecodedBlock& block, const Definitions& definitions, std::string_view& reason) {
  return decode_or_clear(block, definitions, reason);
}

bool decode_events(DecodedBlock& block, const IdLimits& ids, std::string_view& reason) {
  return decode_or_clear(block, ids, reason);
}

}  // namespace heaptape
