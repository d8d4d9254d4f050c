/* Output without an allocation: stdio's buffer would be one more. */
#ifndef HEAPTAPE_TESTS_PRINT_H
#define HEAPTAPE_TESTS_PRINT_H

#include <unistd.h>

/* A number and a line's end, to stdout. */
static inline void print_number(unsigned long number) {
  char text[24];
  size_t at = sizeof text;
  text[--at] = '\n';
  do text[--at] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  if (write(1, text + at, sizeof text - at) < 0) _exit(9);
}

#endif
