// Words for places on the time line, against the events.
#include "analyzer/instant.h"

#include <gtest/gtest.h>

#include "tests/analyzer/tape_maker.h"

namespace heaptape {
namespace {

class Instants : public ::testing::Test {
 protected:
  Instants() {
    const StackId stack = maker_.in_program(0x2000);
    maker_.at(1'000'000);
    maker_.birth(0x100, 10, stack);  // 0
    maker_.mark("load");             // 1
    maker_.at(2'000'000);
    maker_.birth(0x200, 90, stack);  // 2: the peak
    maker_.release(0x100);           // 3
    maker_.mark("load");             // 4
    maker_.at(3'000'000);
    maker_.release(0x200);  // 5
    tape_.emplace(maker_.finish());
  }
  std::uint64_t before(const Instant& instant) const { return events_before(*tape_, instant, Layer::program); }
  static Instant time(std::uint64_t ns) { return {.time_ns = ns}; }
  static Instant mark(const std::string& name, std::uint64_t nth) {
    return {.kind = Instant::Kind::mark, .mark = name, .nth = nth};
  }

  TapeMaker maker_;
  std::optional<TapeReader> tape_;
};

TEST_F(Instants, ATimeHasAllEarlierEventsBeforeIt) {
  EXPECT_EQ(before(time(0)), 0u);
  EXPECT_EQ(before(time(1'000'000)), 0u);
  EXPECT_EQ(before(time(1'000'001)), 2u);
  EXPECT_EQ(before(time(2'000'000)), 2u);
  EXPECT_EQ(before(time(99'000'000)), 6u);
}

TEST_F(Instants, ThePeakHasTheEventThatMadeItAndTheEndHasAll) {
  EXPECT_EQ(before({.kind = Instant::Kind::peak}), 3u);
  EXPECT_EQ(before({.kind = Instant::Kind::end}), 6u);
}

TEST_F(Instants, AMarkIsFoundByNameAndNumber) {
  EXPECT_EQ(before(mark("load", 1)), 1u);
  EXPECT_EQ(before(mark("load", 2)), 4u);
  EXPECT_THROW(before(mark("load", 3)), NoSuchInstant);
  EXPECT_THROW(before(mark("store", 1)), NoSuchInstant);
}

}  // namespace
}  // namespace heaptape
