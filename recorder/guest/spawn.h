// Starts a drain for a program that nobody records from outside: the library was preloaded or linked in.
//
// At attach or from heaptape_start(), never under way. Allocates nothing; what it needs for a moment it maps.
#pragma once

namespace heaptape::guest {

struct Spawned {
  char session[512];  // the folder of the drain's session; empty: none was started
  char reason[512];   // then: a sentence's end
};

// The drain is no child that the program could wait for, and no descriptor of it stays.
void spawn_drain(Spawned& spawned) noexcept;

// Makes the session known to the programs that this one executes. Only while no other thread runs: the environment is
// exchanged for a copy.
void hand_down_session(const char* session) noexcept;

}  // namespace heaptape::guest
