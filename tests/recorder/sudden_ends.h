// Tapes of a session in which the program `sudden_end` ran.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/recording.h"

namespace heaptape::testing {

// Expects all tapes of the folder to be whole. Answers how many are of `sudden_end`, each with all that it allocates.
inline int whole_sudden_ends(const ScratchFolder& folder) {
  int count = 0;
  for (const std::string& name : folder.names()) {
    const TapeReader tape(folder.file(name));
    EXPECT_EQ(tape.condition(), Condition::whole) << name;
    if (std::filesystem::path(tape.meta().program).filename() != "sudden_end") continue;
    ++count;
    EXPECT_EQ(tape.totals().program.allocations, 10'000u) << name;
  }
  return count;
}

}  // namespace heaptape::testing
