#include "render/curve.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace heaptape {
namespace {

constexpr double kLeft = 100, kRight = 300, kBase = 500, kTop = 100;
const Scale kTime{1'000'000, kLeft, kRight};
const Scale kBytes{1000, kBase, kTop};

double highest(const std::vector<Point>& outline) {
  return std::min_element(outline.begin(), outline.end(), [](Point a, Point b) { return a.y < b.y; })->y;
}

}  // namespace

TEST(Scale, OfNothingMapsAllToItsBegin) { EXPECT_EQ((Scale{0, 7, 9}.at(5)), 7); }

TEST(Curve, NoStepsGiveNoOutline) {
  const Envelope envelope = envelope_of({}, kTime, kBytes);
  EXPECT_TRUE(envelope.low.empty());
  EXPECT_TRUE(envelope.high.empty());
}

TEST(Curve, OneStepIsARectangleToTheEnd) {
  const TimelineReport::Step step{500'000, 250, 500, 500};
  const std::vector<Point> high = envelope_of({&step, 1}, kTime, kBytes).high;
  ASSERT_EQ(high.size(), 4U);
  EXPECT_EQ(high[0].x, 200);
  EXPECT_EQ(high[0].y, kBase);
  EXPECT_EQ(high[1].y, 300);
  EXPECT_EQ(high[2].x, kRight);
  EXPECT_EQ(high[3].y, kBase);
}

TEST(Curve, AStepAtTheVeryEndIsAPixelWide) {
  const TimelineReport::Step step{1'000'000, 250, 500, 500};
  const std::vector<Point> high = envelope_of({&step, 1}, kTime, kBytes).high;
  ASSERT_EQ(high.size(), 4U);
  EXPECT_EQ(high[2].x - high[1].x, 1);
}

TEST(Curve, APeakOfOneStepInAHundredThousandIsKept) {
  std::vector<TimelineReport::Step> steps;
  for (std::uint64_t i = 0; i < 100'000; ++i) steps.push_back({i * 10, 100, 200, 150});
  steps[54'321].high = 1000;
  const Envelope envelope = envelope_of(steps, kTime, kBytes);
  EXPECT_EQ(highest(envelope.high), kTop);
  EXPECT_LE(envelope.high.size(), 2 * (kRight - kLeft) + 4);
  for (const Point& point : envelope.high) {
    EXPECT_GE(point.x, kLeft);
    EXPECT_LE(point.x, kRight);
  }
}

TEST(Curve, TheLowOutlineNeverLiesAboveTheHigh) {
  std::vector<TimelineReport::Step> steps;
  for (std::uint64_t i = 0; i < 5000; ++i) steps.push_back({i * 200, i % 7 * 50, i % 7 * 50 + 300, 0});
  const Envelope envelope = envelope_of(steps, kTime, kBytes);
  EXPECT_GE(highest(envelope.low), highest(envelope.high));
}

TEST(Curve, ASampledLineKeepsItsExtremes) {
  std::vector<RssSample> samples;
  for (std::uint64_t i = 0; i < 50'000; ++i) samples.push_back({i * 20, 500});
  samples[20'001].bytes = 900;
  samples[20'002].bytes = 100;
  const std::vector<Point> line = line_of(samples, kTime, kBytes);
  EXPECT_LE(line.size(), 4 * (kRight - kLeft) + 4);
  EXPECT_EQ(highest(line), 140);
  EXPECT_TRUE(std::any_of(line.begin(), line.end(), [](Point point) { return point.y == 460; }));
}

}  // namespace heaptape
