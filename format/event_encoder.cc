#include "format/event_encoder.h"

#include <algorithm>
#include <new>

#include "tape_generated.h"

namespace heaptape {

void EventEncoder::Column::reserve(std::size_t bytes) {
  bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
  at_ = bytes_.get();
}

EventEncoder::EventEncoder(std::uint32_t capacity, std::uint32_t clock_step_ns)
    : capacity_(std::clamp(capacity, 1u, kMaxEventsPerBlock)),
      step_(std::max(clock_step_ns, 1u)) {
  const std::size_t varints = std::size_t{capacity_} * kMaxVarintBytes;
  kinds_.reserve(capacity_);
  times_.reserve(varints);
  threads_.reserve(varints);  // two 32-bit varints a run: at most 10 bytes
  addresses_.reserve(varints);
  sizes_.reserve(varints);
  stacks_.reserve(varints);
  rare_.reserve(2 * varints);  // an address and two 32-bit varints an event
  birth_codes_.reserve(capacity_);
  release_codes_.reserve(capacity_);
  birth_numbers_.reserve(varints);
  older_addresses_.reserve(varints);
  older_units_.reserve(varints);
}

std::uint32_t* EventEncoder::BirthNumbers::allocate() {
  void* const zeroed = std::calloc(kPlaces, sizeof(std::uint32_t));
  if (zeroed == nullptr) throw std::bad_alloc();
  return static_cast<std::uint32_t*>(zeroed);
}

void EventEncoder::BirthNumbers::clear() noexcept {
  if (!is_clear_) std::fill_n(places_.get(), kPlaces, 0u);
  is_clear_ = true;
}

void EventEncoder::begin(const Event& event) {
  model_.begin(capacity_);
  numbers_.clear();
  rare_address_ = 0;
  begin_ = time_ = event.time_ns / step_;
  time_ns_ = event.time_ns;
  thread_ = event.thread;
}

void EventEncoder::end_thread_run() noexcept {
  threads_.put(static_cast<std::uint32_t>(thread_));
  threads_.put(run_);
  run_ = 0;
}

void EventEncoder::finish(flatbuffers::FlatBufferBuilder& builder, std::uint64_t first_event) {
  if (run_ != 0) end_thread_run();
  const auto vector = [&](const Column& column) {
    return builder.CreateVector(column.bytes().data(), column.bytes().size());
  };
  builder.Clear();
  builder.Finish(fb::CreateEvents(builder, kHabitCoding, count_, first_event, static_cast<std::uint32_t>(step_), begin_,
                                  vector(kinds_), vector(times_), vector(threads_), vector(addresses_), vector(sizes_),
                                  vector(stacks_), vector(rare_), vector(birth_codes_), vector(release_codes_),
                                  vector(birth_numbers_), vector(older_addresses_), vector(older_units_)));
  for (Column* column : {&kinds_, &times_, &threads_, &addresses_, &sizes_, &stacks_, &rare_, &birth_codes_,
                         &release_codes_, &birth_numbers_, &older_addresses_, &older_units_})
    column->clear();
  count_ = 0;
}

}  // namespace heaptape
