// Packs events into the columns of one block. Memory is taken once, for the fullest block; nothing
// is allocated per event.
#pragma once

#include <cstdint>
#include <memory>

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

  // Takes the event, or answers false: the block is full. Times must not decrease inside a block and
  // are multiples of the clock's step.
  [[nodiscard]] bool append(const Event& event) noexcept {
    if (count_ == capacity_) return false;
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
    if (fields & kHasAddress) {
      addresses_.put(zigzag(event.address - address_));
      address_ = event.address;
    }
    if (fields & kHasSize) sizes_.put(event.size);
    if (fields & kHasStack) stacks_.put(static_cast<std::uint32_t>(event.stack));
    if (fields & kHasScope) rare_.put(event.scope);
    if (fields & kHasReference) rare_.put(event.reference);
    return true;
  }

  std::uint32_t events() const noexcept { return count_; }
  // Events that the block still takes.
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

  void begin(const Event& event) noexcept;
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
  std::uint64_t address_ = 0;
  Column kinds_, times_, threads_, addresses_, sizes_, stacks_, rare_;
};

}  // namespace heaptape
