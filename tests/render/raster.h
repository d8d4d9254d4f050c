// Pictures as pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heaptape::render_test {

struct Raster {
  int width = 0, height = 0;
  std::vector<std::uint32_t> pixels;  // 0xRRGGBB, row by row

  std::uint32_t at(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
  std::size_t colours() const;
};

// Fails the test where it is no PNG.
Raster decoded(std::string png);

// The mean difference of their channels, of 255, in squares of 8 pixels: rasterisers smooth the edges of glyphs each in
// their own way. Fails the test where they are not of one size.
double difference(const Raster& one, const Raster& other);

}  // namespace heaptape::render_test
