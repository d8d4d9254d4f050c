// What a shape of a picture is filled with. The theme says which colour that is.
#pragma once

#include <cstdint>

namespace heaptape {

inline constexpr std::uint8_t kSeriesInks = 7;
inline constexpr std::uint8_t kHeatInks = 6;
inline constexpr std::uint8_t kChangeInks = 3;

struct Ink {
  enum class Family : std::uint8_t {
    track,   // behind bars and areas
    series,  // things side by side, told apart by hue
    heat,    // the more, the further from the background
    grown,
    shrunk,
    same,
    folded,  // what is shown together, or left over
    value,   // the bars of a histogram
  };
  Family family = Family::value;
  std::uint8_t shade = 0;  // of its family
  friend bool operator==(const Ink&, const Ink&) = default;
  friend auto operator<=>(const Ink&, const Ink&) = default;
};

// The heat of a part of the whole, from 0 to 1; the least that is there is seen.
Ink heat_of(double part);

}  // namespace heaptape
