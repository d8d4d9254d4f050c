// A map from addresses to 64-bit values: what is live now.
//
// Open addressing, 16-byte slots, between 1/2 and 3/4 full once it has grown: at most 32 bytes per
// entry at its largest. Erasing moves later entries up, so that there are no tombstones.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

namespace heaptape {

class AddressTable {
 public:
  AddressTable();

  // Enters the value, and answers the one that it replaces.
  std::optional<std::uint64_t> put(std::uint64_t address, std::uint64_t value);
  // Removes the entry and answers its value.
  std::optional<std::uint64_t> erase(std::uint64_t address) noexcept;

  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return capacity_ * sizeof(Slot); }

 private:
  // The complement of the address, so that zeroed memory is an empty table. The one address whose
  // complement is 0 gets `top_` instead of a slot.
  struct Slot {
    std::uint64_t key;
    std::uint64_t value;
  };
  struct Free {
    void operator()(Slot* slots) const noexcept;
  };
  using Slots = std::unique_ptr<Slot[], Free>;

  static Slots make_slots(std::size_t count);
  std::size_t home_of(std::uint64_t key) const noexcept;
  // The slot that holds `key`, or the empty one where it would go.
  Slot* probe(std::uint64_t key) const noexcept;
  void grow();

  std::size_t capacity_;
  std::size_t limit_;  // grows when more are in use
  std::size_t size_ = 0;
  Slots slots_;
  std::optional<std::uint64_t> top_;
};

}  // namespace heaptape
