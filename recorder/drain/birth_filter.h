// What of a process's births goes on its tape, where filters, sampling or a limit of the tape are on.
//
// A rate is raised here, and holds at once: births that threads took at an earlier, denser one are thinned to it, with
// the quotient of both probabilities. So what a tape holds was always taken at the rate that it names.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <unordered_map>

#include "format/event.h"
#include "format/tape.h"
#include "recorder/mapping.h"

namespace heaptape {

// The sampling intervals that the threads of a mapping were told, by number. What the mapping says is untrusted.
class Rates {
 public:
  explicit Rates(const GuestControl& control);
  std::uint64_t of(std::uint32_t number) const { return bytes_[number % kMostRates]; }
  bool are_followed() const { return bytes_[0] != 0; }
  // Tells the threads of a larger interval, while there is a number left for it.
  void raise(GuestControl& control, std::uint64_t bytes);

 private:
  std::array<std::uint64_t, kMostRates> bytes_;
  std::uint32_t newest_;
};

class BirthFilter {
 public:
  explicit BirthFilter(const Meta& meta, std::uint64_t seed = 0);
  // Goes on where a tape stopped that was told this interval.
  void resume(std::uint64_t interval);

  // Whether any birth may be missing from the tape.
  bool is_on() const { return is_filtered_ || interval_ != 0; }
  // The mean number of bytes between two births on the tape; 0: all are.
  std::uint64_t interval() const { return interval_; }
  // Answers whether it is larger than the one in force.
  bool raise(std::uint64_t interval);
  // Whether the tape has not been told the rate since it changed; true once.
  bool take_news();

  // Whether a birth that its thread took at an interval stays at the one in force, which is no smaller.
  bool keeps(std::uint64_t size, std::uint64_t taken_at);
  // Whether its layer is wanted. One without a stack may be of any.
  bool wants(StackId stack, bool in_program) const {
    return record_layer_ == Layer::all || in_program || stack == kEmptyStack;
  }

  // What became of a lane's births and releases, so that others of it are understood.
  void note_kept(std::uint32_t lane, std::uint64_t address) { lanes_[lane] = {.newest = address}; }
  void note_left_out(std::uint32_t lane) { lanes_[lane].passed = true; }
  // Whether births were left out since the lane's newest one, if it is the block at this address.
  bool passed_since(std::uint32_t lane, std::uint64_t address) const;
  void note_release(std::uint32_t lane, std::uint64_t address, bool kept);
  // Whether the release that a `restored` takes back is on the tape.
  bool may_restore(std::uint32_t lane, std::uint64_t address) const;

 private:
  struct Lane {
    std::uint64_t newest = 0;    // its newest birth on the tape
    std::uint64_t left_out = 0;  // its newest release, if that was left out
    bool passed = false;         // births were left out since
  };
  bool is_filtered_;
  Layer record_layer_;
  std::uint64_t interval_;
  std::uint64_t told_ = 0;
  std::mt19937_64 random_;
  std::unordered_map<std::uint32_t, Lane> lanes_;
};

}  // namespace heaptape
