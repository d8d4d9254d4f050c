// A place on a tape's time line, as people name it to every command: "1.5s", "peak", "end", "mark:load#2".
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "format/reader.h"

namespace heaptape {

struct Instant {
  enum class Kind : std::uint8_t { time, peak, end, mark };
  Kind kind = Kind::time;
  std::uint64_t time_ns = 0;  // since recording started
  std::string mark;           // its name
  std::uint64_t nth = 1;      // of the marks of that name
};

// "1.5s", "0", "peak", "end", "mark:NAME", "mark:NAME#2". Nothing: it is none of these.
std::optional<Instant> instant_in(const std::string& word);
// What to say then: "a time such as 1.5s or 200ms, peak, end, mark:NAME or mark:NAME#2".
inline constexpr const char* kInstantShapes = "a time such as 1.5s or 200ms, peak, end, mark:NAME or mark:NAME#2";
// The word for it; empty for a time.
std::string word_of(const Instant& instant);

// The tape has no such place. what() is one sentence for people.
class NoSuchInstant : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How many of the tape's events lie before it. Before a time: those that are earlier. Before the peak: all up to and
// with the one that made it, of that layer. Before a mark: all up to it, and without it. A mark's place takes a reading
// of the events, as does the peak of layer `user`, a time's that of one block. Throws NoSuchInstant.
std::uint64_t events_before(const TapeReader& tape, const Instant& instant, Layer layer);

// When it is, since recording started. Throws NoSuchInstant.
std::uint64_t time_of(const TapeReader& tape, const Instant& instant, Layer layer);

}  // namespace heaptape
