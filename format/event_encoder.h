// Packs events into the columns of one block. Memory is taken once, for the fullest block; nothing
// is allocated per event.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "format/address_model.h"
#include "format/block.h"
#include "format/event.h"
#include "format/event_fields.h"
#include "format/varint.h"

namespace flatbuffers {
class FlatBufferBuilder;
}

namespace heaptape {

class EventEncoder {
 public:
  // `capacity`: events in a block, at most kMaxEventsPerBlock.
  EventEncoder(std::uint32_t capacity, std::uint32_t clock_step_ns);

  // Takes the event; there must be room. Times must not decrease inside a block and are multiples of the clock's step.
  // `released_units`: the size of the block that a release ends, as AddressModel counts it; 0: unknown.
  void append(const Event& event, std::uint64_t released_units) {
    if (count_ == 0) begin(event);
    ++count_;
    kinds_.put_byte(static_cast<std::uint8_t>(static_cast<unsigned>(event.kind) | static_cast<unsigned>(event.function)
                                                                                      << kFunctionShift));
    put_time(event.time_ns);
    if (event.thread != thread_) {
      end_thread_run();
      thread_ = event.thread;
    }
    ++run_;
    const std::uint8_t fields = fields_of(event.kind);
    if (event.kind == EventKind::birth)
      put_birth(event);
    else if (event.kind == EventKind::release)
      put_release(event, released_units);
    else if (fields & kHasAddress)
      put_rare_address(event.address);
    if (fields & kHasSize) sizes_.put(event.size);
    if (fields & kHasStack) stacks_.put(static_cast<std::uint32_t>(event.stack));
    if (fields & kHasScope) rare_.put(event.scope);
    if (fields & kHasReference) rare_.put(event.reference);
  }

  // Says that an event of this address is to come: a hint, for speed.
  void expect(std::uint64_t address) const noexcept { numbers_.prefetch(address); }

  std::uint32_t events() const noexcept { return count_; }
  // Events for which the block has room.
  std::uint32_t room() const noexcept { return capacity_ - count_; }
  std::uint64_t begin_ns() const noexcept { return begin_ * step_; }
  std::uint64_t end_ns() const noexcept { return time_ * step_; }

  // Builds the block as the root of `builder` and starts the next one.
  void finish(flatbuffers::FlatBufferBuilder& builder, std::uint64_t first_event);

 private:
  class Column {
   public:
    void reserve(std::size_t bytes);
    void put(std::uint64_t value) noexcept { at_ = put_varint(at_, value); }
    void put_byte(std::uint8_t byte) noexcept { *at_++ = byte; }
    void clear() noexcept { at_ = bytes_.get(); }
    Bytes bytes() const noexcept { return {bytes_.get(), at_}; }

   private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::uint8_t* at_ = nullptr;
  };

  // By address, the numbers of births that have no rank any more. What finds no place close to its own is forgotten:
  // its release is coded as that of an older block.
  class BirthNumbers {
   public:
    void clear() noexcept;
    void note(const AddressModel::Ranked& birth, const AddressModel& model) noexcept {
      if (birth.number >= UINT16_MAX) return;
      const std::uint64_t hash = hash_of(birth.address);
      if (std::uint32_t* const place = place_of(birth.address, hash, model))
        *place = check_of(hash) | (birth.number + 1);
      is_clear_ = false;
    }
    std::optional<std::uint32_t> find(std::uint64_t address, const AddressModel& model) noexcept {
      const std::uint32_t* const place = place_of(address, hash_of(address), model);
      return place == nullptr || *place == 0 ? std::nullopt : std::optional(number_at(*place));
    }
    // Says that the address will be asked for soon.
    void prefetch(std::uint64_t address) const noexcept { __builtin_prefetch(&places_[hash_of(address) >> 48], 1); }

   private:
    // In a place: 16 bits of the address's hash, so that most that differ need not be looked up, and the number plus one.
    static std::uint64_t hash_of(std::uint64_t address) noexcept { return (address >> 4) * 0x9e37'79b9'7f4a'7c15; }
    static std::uint32_t check_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash) & 0xffff'0000; }
    static std::uint32_t number_at(std::uint32_t place) noexcept { return (place & 0xffff) - 1; }
    // Where the address is, or else a free place for it; null: there is neither.
    std::uint32_t* place_of(std::uint64_t address, std::uint64_t hash, const AddressModel& model) noexcept {
      constexpr std::size_t kProbes = 16;
      for (std::size_t probe = 0; probe < kProbes; ++probe) {
        std::uint32_t& place = places_[((hash >> 48) + probe) % kPlaces];
        if (place == 0) return &place;
        if ((place & 0xffff'0000) == check_of(hash) && model.birth(number_at(place)).address == address)
          return &place;
      }
      return nullptr;
    }

    static constexpr std::size_t kPlaces = 1 << 16;
    struct Free {
      void operator()(void* memory) const noexcept { std::free(memory); }
    };
    std::unique_ptr<std::uint32_t[], Free> places_{allocate()};  // a short program's tape touches few of its pages
    bool is_clear_ = true;
    static std::uint32_t* allocate();
  };

  void begin(const Event& event);
  void put_birth(const Event& event) {
    const std::uint64_t units = AddressModel::units_of(event.size);
    const auto thread = static_cast<std::uint32_t>(event.thread);
    const std::uint8_t code = model_.code_of_birth(event.address, units, thread);
    birth_codes_.put_byte(code);
    if (code >= AddressModel::kFarAligned)
      addresses_.put(difference(event.address, model_.far(), code == AddressModel::kFarAligned));
    if (const auto* const last = model_.about_to_lose_rank()) numbers_.note(*last, model_);
    model_.born(code, event.address, units, thread);
  }
  void put_release(const Event& event, std::uint64_t units) {
    const auto thread = static_cast<std::uint32_t>(event.thread);
    const std::uint8_t code = model_.rank_of_release(event.address);
    if (code < AddressModel::kRanks) {
      release_codes_.put_byte(code);
      return model_.released_by_rank(code, thread);
    }
    if (const auto number = numbers_.find(event.address, model_)) {
      release_codes_.put_byte(AddressModel::kByNumber);
      birth_numbers_.put(zigzag(std::uint64_t{*number} - model_.last_number()));
      return model_.released(*number, thread);
    }
    const bool is_aligned = (event.address - model_.older()) % 16 == 0;
    release_codes_.put_byte(is_aligned ? AddressModel::kOlderAligned : AddressModel::kOlder);
    older_addresses_.put(difference(event.address, model_.older(), is_aligned));
    older_units_.put(units);
    model_.released_older(event.address, units, thread);
  }
  void put_rare_address(std::uint64_t address) noexcept {
    rare_.put(zigzag(address - rare_address_));
    rare_address_ = address;
  }
  static std::uint64_t difference(std::uint64_t address, std::uint64_t from, bool in_units) noexcept {
    const auto bytes = static_cast<std::int64_t>(address - from);
    return zigzag(static_cast<std::uint64_t>(in_units ? bytes >> 4 : bytes));
  }
  void put_time(std::uint64_t time_ns) noexcept {
    if (time_ns == time_ns_) [[likely]]  // many events fall into one step
      return times_.put_byte(0);
    const std::uint64_t time = time_ns / step_;
    times_.put(time - time_);
    time_ = time;
    time_ns_ = time_ns;
  }
  void end_thread_run() noexcept;

  std::uint32_t capacity_;
  std::uint64_t step_;
  std::uint32_t count_ = 0;
  std::uint32_t run_ = 0;  // events of `thread_` not yet in its column
  ThreadId thread_{};
  std::uint64_t begin_ = 0, time_ = 0;  // in steps of the clock
  std::uint64_t time_ns_ = 0;           // of `time_`
  AddressModel model_;
  BirthNumbers numbers_;
  std::uint64_t rare_address_ = 0;
  Column kinds_, times_, threads_, addresses_, sizes_, stacks_, rare_;
  Column birth_codes_, release_codes_, birth_numbers_, older_addresses_, older_units_;
};

}  // namespace heaptape
