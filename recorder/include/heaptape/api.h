/* What a recorder gives to the program, and how the program finds it. Included by heaptape.h. */
#ifndef HEAPTAPE_API_H
#define HEAPTAPE_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a variable is tracked. Lives as long as the module that it is in; its address names the place. */
struct heaptape_site {
  const char* name;
  const char* type;
  const char* file;
  uint32_t line;
};

/* What a recorder provides. Version 1; fields are only ever appended, and `size` says how many are there. */
struct heaptape_api {
  uint32_t version;
  uint32_t size; /* in bytes */
  void (*start)(void);
  void (*stop)(void);
  void (*flush)(void);
  void (*mark)(const char* name);
  /* Answers a number for the calls below, or 0: this scope is not recorded. */
  uint64_t (*scope_begin)(const struct heaptape_site* site, const void* variable, size_t size_of_variable);
  /* The `owns` calls of this thread that follow are a fresh reading of what the variable owns. */
  void (*scope_read)(uint64_t scope);
  /* `pointer` may lie anywhere inside a heap block, or not on the heap at all, which counts for nothing.
   * `use_count` 0: sole owner by type. A null `pointer` ends a reading that was cut at its limit, and
   * `use_count` (1 or more) says how many pointers are known to be left out. */
  void (*owns)(uint64_t scope, const void* pointer, size_t use_count);
  void (*scope_end)(uint64_t scope);
};

extern const struct heaptape_api heaptape_api_v1 __attribute__((weak, visibility("default")));

#ifdef __cplusplus
} /* extern "C" */
#endif

/* The recorder's functions, or null. The address is taken from the global offset table by hand: in code that is
 * not position-independent a compiler would have it fixed at link time, to null, or to a copy of the struct. */
static inline const struct heaptape_api* heaptape_find_api(void) {
#if defined(__ELF__) && defined(__x86_64__) && defined(__LP64__)
  const struct heaptape_api* api;
  __asm__(".weak heaptape_api_v1\n\tmovq heaptape_api_v1@GOTPCREL(%%rip), %0" : "=r"(api));
  return api;
#elif defined(__ELF__) && defined(__aarch64__) && defined(__LP64__)
  const struct heaptape_api* api;
  __asm__(".weak heaptape_api_v1\n\tadrp %0, :got:heaptape_api_v1\n\tldr %0, [%0, #:got_lo12:heaptape_api_v1]"
          : "=r"(api));
  return api;
#elif defined(__ELF__)
  return &heaptape_api_v1;
#else
  return NULL;
#endif
}

#endif
