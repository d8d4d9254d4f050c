#include "format/event_decoder.h"

#include "format/accounting.h"
#include "format/event_fields.h"
#include "format/varint.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

VarintCursor cursor_of(const flatbuffers::Vector<std::uint8_t>* column) {
  return VarintCursor(column == nullptr ? Bytes{} : Bytes{column->data(), column->size()});
}

template <typename Ids>
class Decoder {
 public:
  Decoder(const fb::Events& block, const Ids& definitions)
      : definitions_(definitions),
        kinds_(block.kinds()->data()),
        count_(block.count()),
        step_(block.clock_step_ns() == 0 ? 1 : block.clock_step_ns()),
        ticks_(block.begin()),
        times_(cursor_of(block.times())),
        threads_(cursor_of(block.threads())),
        addresses_(cursor_of(block.addresses())),
        sizes_(cursor_of(block.sizes())),
        stacks_(cursor_of(block.stacks())),
        rare_(cursor_of(block.rare())) {}

  std::string_view run(std::vector<Event>& events) {
    events.resize(count_);
    for (std::uint32_t i = 0; i < count_; ++i) {
      const std::string_view fault = decode(kinds_[i], events[i]);
      if (!fault.empty()) return fault;
    }
    const bool all_read = times_.consumed() && threads_.consumed() && addresses_.consumed() && sizes_.consumed() &&
                          stacks_.consumed() && rare_.consumed() && run_ == 0;
    return all_read ? "" : "holds a column of the wrong length";
  }

 private:
  std::string_view decode(std::uint8_t kind_byte, Event& event) {
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
    return decode_fields(kEventFields[kind], event);
  }

  std::string_view decode_fields(std::uint8_t fields, Event& event) {
    if (fields & kHasAddress) {
      address_ += unzigzag(addresses_.next());
      event.address = address_;
    }
    if (fields & kHasSize) event.size = sizes_.next();
    if (fields & kHasStack) {
      const std::uint64_t stack = stacks_.next();
      if (!definitions_.frames.knows(stack)) return "names an unknown stack";
      event.stack = StackId{static_cast<std::uint32_t>(stack)};
      if (event.size > kMaxBlockSize) return "holds a block of an impossible size";
    }
    if (fields & kHasScope) {
      const std::uint64_t scope = rare_.next();
      if (scope > UINT32_MAX) return "names an impossible scope";
      event.scope = static_cast<std::uint32_t>(scope);
    }
    if (fields & kHasReference) {
      const std::uint64_t reference = rare_.next();
      const bool is_known =
          event.kind == EventKind::mark ? definitions_.texts.knows(reference) : definitions_.variables.knows(reference);
      if (!is_known) return "names an unknown text or variable";
      event.reference = static_cast<std::uint32_t>(reference);
    }
    return {};
  }

  bool begin_run() {
    const std::uint64_t thread = threads_.next();
    run_ = threads_.next();
    thread_ = ThreadId{static_cast<std::uint32_t>(thread)};
    return run_ != 0 && definitions_.threads.knows(thread);
  }

  const Ids& definitions_;
  const std::uint8_t* kinds_;
  std::uint32_t count_;
  std::uint64_t step_, ticks_;
  VarintCursor times_, threads_, addresses_, sizes_, stacks_, rare_;
  std::uint64_t run_ = 0, address_ = 0;
  ThreadId thread_{};
};

template <typename Ids>
bool decode(Bytes raw, const Ids& definitions, std::vector<Event>& events, std::uint64_t& first_event,
            std::string_view& reason) {
  events.clear();
  const auto* block = verify_root<fb::Events>(raw);
  if (block == nullptr || block->kinds() == nullptr || block->kinds()->size() != block->count() ||
      block->count() == 0 || block->count() > kMaxEventsPerBlock) {
    reason = "is no well-formed block of events";
    return false;
  }
  if (block->coding() != kPlainCoding) {
    reason = "is coded as this heaptape can't read; use a newer heaptape";
    return false;
  }
  first_event = block->first_event();
  reason = Decoder(*block, definitions).run(events);
  if (reason.empty()) return true;
  events.clear();
  return false;
}

}  // namespace

bool decode_events(Bytes raw, const Definitions& definitions, std::vector<Event>& events, std::uint64_t& first_event,
                   std::string_view& reason) {
  return decode(raw, definitions, events, first_event, reason);
}

bool decode_events(Bytes raw, const IdLimits& ids, std::vector<Event>& events, std::uint64_t& first_event,
                   std::string_view& reason) {
  return decode(raw, ids, events, first_event, reason);
}

}  // namespace heaptape
