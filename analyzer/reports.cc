#include "analyzer/reports.h"

namespace heaptape {

const char* name_of(Cost cost) {
  switch (cost) {
    case Cost::peak:
      return "peak";
    case Cost::allocated:
      return "allocated";
    case Cost::count:
      return "count";
    case Cost::temporary:
      return "temporary";
    case Cost::leaked:
      return "leaked";
    case Cost::live:
      return "live";
  }
  return "";
}

const char* name_of(Growth growth) {
  switch (growth) {
    case Growth::unclear:
      return "unclear";
    case Growth::steady:
      return "steady";
    case Growth::one_off:
      return "one_off";
    case Growth::plateau:
      return "plateau";
  }
  return "";
}

bool is_bytes(Cost cost) { return cost != Cost::count && cost != Cost::temporary; }

std::uint64_t Costs::of(Cost cost) const {
  switch (cost) {
    case Cost::peak:
      return peak;
    case Cost::allocated:
      return allocated;
    case Cost::count:
      return count;
    case Cost::temporary:
      return temporary;
    case Cost::leaked:
      return leaked;
    case Cost::live:
      return live;
  }
  return 0;
}

std::uint64_t Costs::blocks_of(Cost cost) const {
  switch (cost) {
    case Cost::peak:
      return peak_blocks;
    case Cost::leaked:
      return leaked_blocks;
    case Cost::live:
      return live_blocks;
    case Cost::temporary:
      return temporary;
    default:
      return count;
  }
}

std::uint64_t Margins::of(Cost cost) const {
  switch (cost) {
    case Cost::peak:
      return peak_bytes;
    case Cost::allocated:
      return allocated_bytes;
    case Cost::count:
      return allocations;
    case Cost::temporary:
      return temporary;
    case Cost::leaked:
    case Cost::live:
      return live_bytes;
  }
  return 0;
}

Costs& Costs::operator+=(const Costs& other) {
  peak += other.peak;
  allocated += other.allocated;
  count += other.count;
  temporary += other.temporary;
  leaked += other.leaked;
  live += other.live;
  peak_blocks += other.peak_blocks;
  leaked_blocks += other.leaked_blocks;
  live_blocks += other.live_blocks;
  return *this;
}

}  // namespace heaptape
