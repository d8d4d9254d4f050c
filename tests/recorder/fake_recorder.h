// A recorder for tests of the public header: writes down each call, allocates nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heaptape/heaptape.h"

namespace heaptape::fake {

// Beyond what a string keeps in itself.
inline const std::string kLong(100, 'x');

struct Owned {
  const void* pointer;
  std::size_t use_count;
  friend bool operator==(const Owned&, const Owned&) = default;
};

// What the `owns` calls after one `scope_read` told.
struct Reading {
  std::uint64_t scope = 0;
  std::vector<Owned> owned;
  std::size_t left_out = 0;
  std::size_t allocations = 0;  // that the program made since it began to track
};

// Forgets the calls so far. Scopes are numbered from 1 again when none is open.
void forget();
// The calls so far, one word each: "begin 1", "read 1", "owns", "mark load", "end 1", "start", "stop", "flush".
std::vector<std::string> calls();
Reading last_reading();
const heaptape_site& last_site();
std::size_t last_size_of_variable();
// While off, scope_begin answers 0.
void record_scopes(bool on);
// Calls of operator new so far.
std::size_t allocations();

// What tracking the value tells.
template <class T>
Reading reading_of(const T& value) {
  forget();
  const std::size_t before = allocations();
  std::size_t made;
  {
    HEAPTAPE_TRACK(value);
    HEAPTAPE_RETRACK(value);
    made = allocations() - before;
  }
  Reading reading = last_reading();
  reading.allocations = made;
  return reading;
}

}  // namespace heaptape::fake
