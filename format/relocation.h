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
  // What a thread's newest realloc has released: it may fail, and then the block lives on where it was.
  struct Pending {
    std::uint64_t address = 0;  // the old one
    Place place;                // nowhere: no block was live there
  };
  // An old address that is pending: whoever is born there has to lie where the block that may live on lies.
  struct Held {
    std::uint64_t address = 0;  // the new one
    std::uint32_t threads = 0;
    bool is_taken = false;
  };

  std::uint64_t fresh(std::uint64_t size);
  std::uint64_t bear(std::uint64_t address, std::uint64_t size);
  std::uint64_t release(const Event& event);
  std::uint64_t restore(const Event& event);
  std::uint64_t inside(std::uint64_t address) const;
  void hold(std::uint32_t thread, const Pending& pending);
  void settle(std::uint32_t thread);
  void vacate(const Place& place);

  std::uint64_t next_ = 0x10000;
  std::map<std::uint64_t, Place> live_;                                 // by old address
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> free_;  // by units
  std::unordered_map<std::uint32_t, Pending> pending_;                  // by thread
  std::unordered_map<std::uint64_t, Held> held_;                        // by old address
};

}  // namespace heaptape
