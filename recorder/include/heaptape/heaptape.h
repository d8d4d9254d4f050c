/* heaptape in the program: start and stop recording, name phases, track variables. C99 and C++17, or later.
 *
 * Include it and call; there is nothing to link. Where no recorder is loaded, each call is one load and
 * one branch. Under `heaptape record` the preloaded libheaptape.so provides what the calls reach; so does one that is
 * linked in. Works in
 * executables (PIE or not, static too: always without a recorder) and in shared libraries.
 *
 * Any thread may call at any time. Nothing here allocates.
 */
#ifndef HEAPTAPE_HEAPTAPE_H
#define HEAPTAPE_HEAPTAPE_H

#include "heaptape/api.h"

/* Goes on recording after heaptape_stop(). In a program that is linked with the recorder and that nobody records yet,
 * begins: a drain is started, which writes heaptape.PROGRAM.PID.tape, or what HEAPTAPE_OUTPUT names. */
static inline void heaptape_start(void) {
  const struct heaptape_api* api = heaptape_find_api();
  if (api) api->start();
}

/* Pauses recording for the whole process. A block that is freed meanwhile stays live on the tape. */
static inline void heaptape_stop(void) {
  const struct heaptape_api* api = heaptape_find_api();
  if (api) api->stop();
}

/* Returns once everything that happened so far is in the tape's file. */
static inline void heaptape_flush(void) {
  const struct heaptape_api* api = heaptape_find_api();
  if (api) api->flush();
}

#if defined(__cplusplus) && __cplusplus >= 201703L
#include "heaptape/track.hpp" /* HEAPTAPE_TRACK, HEAPTAPE_RETRACK, and heaptape_mark, which reads what is tracked */
#else
/* A named instant on the tape, shown in reports and pictures. The name is copied. */
static inline void heaptape_mark(const char* name) {
  const struct heaptape_api* api = heaptape_find_api();
  if (api) api->mark(name);
}
#endif

#endif
