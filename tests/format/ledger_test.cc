#include <gtest/gtest.h>

#include <set>
#include <string>

#include "format/tape.h"

namespace heaptape {
namespace {

TEST(Ledger, EveryLossHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int i = 0; i < kLosses; ++i) names.insert(name_of(static_cast<Loss>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kLosses));
  EXPECT_EQ(names.count("unknown"), 0u);
}

TEST(Ledger, FreesOfOlderBlocksAreNoDamage) {
  Ledger ledger;
  ledger[Loss::earlier_frees] = 5;
  ledger[Loss::inherited_frees] = 5;
  EXPECT_FALSE(ledger.lossy());
  ledger[Loss::dropped_events] = 1;
  EXPECT_TRUE(ledger.lossy());
}

}  // namespace
}  // namespace heaptape
