// Gives blocks other addresses, one after the other and again when they are free: which block is which stays, where it
// lay does not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "format/event.h"
#include "format/opening.h"

namespace heaptape {

class Relocation {
 public:
  // Events in order.
  void apply(Event& event);
  // First of all.
  void apply(Opening& opening);

 private:
  struct Place {
    std::uint64_t address = 0;  // the new one
    std::uint64_t size = 0;
  };
  // What a realloc has released: it may fail.
  struct Pending {
    std::uint64_t address = 0;  // the old one
    Place place;
  };

  std::uint64_t bear(std::uint64_t address, std::uint64_t size);
  std::uint64_t release(const Event& event);
  std::uint64_t restore(const Event& event);
  std::uint64_t inside(std::uint64_t address) const;
  void settle(ThreadId thread);
  void vacate(const Place& place);

  std::uint64_t next_ = 0x10000;
  std::map<std::uint64_t, Place> live_;                                 // by old address
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> free_;  // by units
  std::unordered_map<std::uint32_t, Pending> pending_;                  // by thread
};

}  // namespace heaptape
