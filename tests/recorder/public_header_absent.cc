// Without a recorder: every call is a no-op, and nothing is visited.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heaptape/heaptape.h"

namespace {

struct Sealed {
  friend void heaptape_owned(const Sealed&, heaptape::blocks&) { FAIL() << "visited without a recorder"; }
};

TEST(PublicHeader, WithoutARecorderThereIsNoApi) { EXPECT_EQ(heaptape_find_api(), nullptr); }

TEST(PublicHeader, WithoutARecorderEachCallIsANoOp) {
  const Sealed sealed;
  HEAPTAPE_TRACK(sealed);
  HEAPTAPE_RETRACK(sealed);
  heaptape_start();
  heaptape_mark("a phase");
  heaptape_flush();
  heaptape_stop();
}

}  // namespace
