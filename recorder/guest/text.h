// The little that the recorder needs of text, without libc's formatting, which allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heaptape::guest {

inline void print_number(char (&text)[16], std::uint32_t number) noexcept {
  char digits[12];
  int n = 0;
  do digits[n++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  for (int i = 0; i < n; ++i) text[i] = digits[n - 1 - i];
  text[n] = '\0';
}

}  // namespace heaptape::guest
