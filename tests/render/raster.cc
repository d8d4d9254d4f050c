#include "tests/render/raster.h"

#include <cairo.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace heaptape::render_test {

std::size_t Raster::colours() const {
  std::vector<std::uint32_t> sorted = pixels;
  std::sort(sorted.begin(), sorted.end());
  return static_cast<std::size_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
}

Raster decoded(std::string png) {
  const auto read = [](void* from, unsigned char* data, unsigned int length) {
    auto* bytes = static_cast<std::string*>(from);
    if (bytes->size() < length) return CAIRO_STATUS_READ_ERROR;
    std::memcpy(data, bytes->data(), length);
    bytes->erase(0, length);
    return CAIRO_STATUS_SUCCESS;
  };
  cairo_surface_t* surface = cairo_image_surface_create_from_png_stream(read, &png);
  EXPECT_EQ(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
  Raster raster{cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), {}};
  for (int y = 0; y < raster.height; ++y) {
    const unsigned char* row = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
    for (int x = 0; x < raster.width; ++x) {
      std::memcpy(&raster.pixels.emplace_back(), row + 4 * x, 4);
      raster.pixels.back() &= 0xFFFFFF;
    }
  }
  cairo_surface_destroy(surface);
  return raster;
}

double difference(const Raster& one, const Raster& other) {
  EXPECT_EQ(one.width, other.width);
  EXPECT_EQ(one.height, other.height);
  if (one.pixels.size() != other.pixels.size() || one.pixels.empty()) return 255;
  constexpr int kSquare = 8;
  double sum = 0;
  for (int top = 0; top < one.height; top += kSquare) {
    for (int left = 0; left < one.width; left += kSquare) {
      int apart[3] = {};
      for (int y = top; y < std::min(top + kSquare, one.height); ++y)
        for (int x = left; x < std::min(left + kSquare, one.width); ++x)
          for (int channel = 0; channel < 3; ++channel)
            apart[channel] += static_cast<int>(one.at(x, y) >> (8 * channel) & 0xFF) -
                              static_cast<int>(other.at(x, y) >> (8 * channel) & 0xFF);
      for (const int one_channel : apart) sum += std::abs(one_channel);
    }
  }
  return sum / 3 / static_cast<double>(one.pixels.size());
}

}  // namespace heaptape::render_test
