#include "analyzer/family.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace heaptape {
namespace {

SummaryReport report_of(const Origin& origin) {
  SummaryReport report;
  report.origin = origin;
  return report;
}

// (report, depth) in order.
std::vector<std::pair<std::size_t, std::size_t>> shape_of(const std::vector<SummaryReport>& reports) {
  std::vector<std::pair<std::size_t, std::size_t>> shape;
  for (const FamilyMember& member : family_of(reports)) shape.emplace_back(member.report, member.depth);
  return shape;
}

using Shape = std::vector<std::pair<std::size_t, std::size_t>>;

TEST(Family, ImagesOfOneProcessFollowEachOtherAndItsChildrenComeBelow) {
  const std::vector<SummaryReport> reports{
      report_of({.session = 7, .number = 4, .parent = 1, .pid = 10, .image = 1, .started_unix_ns = 40}),
      report_of({.session = 7, .number = 2, .parent = 1, .pid = 11, .forked = true, .started_unix_ns = 20}),
      report_of({.session = 7, .number = 1, .pid = 10, .started_unix_ns = 10}),
      report_of({.session = 7, .number = 3, .parent = 2, .pid = 12, .forked = true, .started_unix_ns = 30}),
  };
  EXPECT_EQ(shape_of(reports), (Shape{{2, 0}, {0, 0}, {1, 1}, {3, 2}}));
  EXPECT_EQ(family_of(reports)[1].parent, std::optional<std::size_t>(2));
  EXPECT_EQ(family_of(reports)[0].parent, std::nullopt);
}

TEST(Family, NumbersOfDifferentSessionsAreNotMixedUp) {
  const std::vector<SummaryReport> reports{
      report_of({.session = 1, .number = 1, .pid = 10, .started_unix_ns = 10}),
      report_of({.session = 2, .number = 1, .pid = 20, .started_unix_ns = 11}),
      report_of({.session = 2, .number = 2, .parent = 1, .pid = 21, .started_unix_ns = 12}),
  };
  EXPECT_EQ(shape_of(reports), (Shape{{0, 0}, {1, 0}, {2, 1}}));
}

TEST(Family, TapesThatDoNotSayAreLinkedByPidAndTime) {
  const std::vector<SummaryReport> reports{
      report_of({.pid = 10, .parent_pid = 1, .started_unix_ns = 10, .host = "a"}),
      report_of({.pid = 11, .parent_pid = 10, .forked = true, .started_unix_ns = 20, .host = "a"}),
      report_of({.pid = 11, .parent_pid = 10, .image = 1, .started_unix_ns = 30, .host = "a"}),
      report_of({.pid = 12, .parent_pid = 10, .started_unix_ns = 40, .host = "b"}),
      report_of({.pid = 10, .parent_pid = 12, .started_unix_ns = 5, .host = "b"}),
  };
  EXPECT_EQ(shape_of(reports), (Shape{{4, 0}, {3, 1}, {0, 0}, {1, 1}, {2, 1}}));
}

TEST(Family, ForgedLinksGiveEachTapeOnceToo) {
  const std::vector<SummaryReport> reports{
      report_of({.session = 7, .number = 1, .parent = 1, .pid = 10}),
      report_of({.session = 7, .number = 1, .parent = 2, .pid = 10, .image = 3}),
      report_of({.session = 7, .number = 2, .parent = 1, .pid = 10, .parent_pid = 10}),
  };
  std::vector<bool> seen(reports.size());
  for (const FamilyMember& member : family_of(reports)) {
    EXPECT_FALSE(seen[member.report]);
    seen[member.report] = true;
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 3);
}

TEST(Family, OfNoTapesIsEmpty) {
  EXPECT_TRUE(family_of({}).empty());
  EXPECT_EQ(total_of({}).totals, Totals{});
}

}  // namespace
}  // namespace heaptape
