// Prints what render/units.cc makes of many figures: the browser test compares the page's own texts with it.
#include <cstdint>
#include <iostream>
#include <random>

#include "render/units.h"

int main() {
  using namespace heaptape;
  std::vector<std::uint64_t> values = {0,    1,    2,     999,   1000,   1023,    1024,
                                       1152, 1280, 10235, 10240, 102349, 1048063, 1048064};
  // Ties at each number of digits, and both sides of each change of unit.
  for (std::uint64_t i = 1024; i < 12000; i += 16) values.push_back(i);
  for (const std::uint64_t edge : {999'500ULL, 999'500'000ULL, 119'500'000'000ULL, 3'600'000'000'000ULL})
    for (std::uint64_t i = edge - 3; i < edge + 4; ++i) values.push_back(i);
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) values.push_back(random() >> (11 + random() % 50));
  for (const std::uint64_t value : values) {
    const std::uint64_t all = value + random() % (value + 10);
    std::cout << "humanBytes\t" << value << "\t0\t" << human_bytes(value) << "\n"
              << "bothBytes\t" << value << "\t0\t" << both_bytes(value) << "\n"
              << "humanTime\t" << value << "\t0\t" << human_time(value) << "\n"
              << "grouped\t" << value << "\t0\t" << grouped(value) << "\n"
              << "shareOf\t" << value << "\t" << all << "\t" << share_of(value, all) << "\n";
  }
}
