#include "analyzer/json.h"

#include <gtest/gtest.h>

#include "analyzer/analyze.h"
#include "tests/analyzer/tape_maker.h"

namespace heaptape {
namespace {

TEST(SummaryJson, HasEveryKeyThatScriptsDependOn) {
  TapeMaker maker;
  maker.birth(0x100, 24, maker.in_program(0x2000));
  maker.release(0x100);
  const Json json = to_json(summary(maker.finish(), Layer::program));
  EXPECT_EQ(json.at("schema"), "heaptape.summary");
  EXPECT_EQ(json.at("version"), 1);
  EXPECT_EQ(json.at("allocations"), 1);
  EXPECT_EQ(json.at("frees"), 1);
  EXPECT_EQ(json.at("allocated_bytes"), 24);
  EXPECT_EQ(json.at("peak_bytes"), 24);
  EXPECT_EQ(json.at("peak_blocks"), 1);
  EXPECT_EQ(json.at("peak_time_ns"), 0);
  EXPECT_EQ(json.at("live_bytes"), 0);
  EXPECT_EQ(json.at("live_blocks"), 0);
  EXPECT_EQ(json.at("temporary"), 1);
  EXPECT_EQ(json.at("events"), 2);
  EXPECT_EQ(json.at("threads"), 1);
  EXPECT_EQ(json.at("duration_ns"), 1'000'000);
  EXPECT_EQ(json.at("layer"), "program");
  EXPECT_EQ(json.at("program"), "made-up");
  EXPECT_EQ(json.at("command"), "made-up --fast 'two words'");
  EXPECT_EQ(json.at("condition"), "whole");
  EXPECT_EQ(json.at("ending").at("kind"), "exited");
  EXPECT_TRUE(json.at("layers").contains("all"));
  EXPECT_FALSE(json.at("layers").contains("user"));
}

TEST(SummaryJson, LedgerNamesEveryReason) {
  TapeMaker maker;
  Ledger ledger;
  ledger[Loss::dropped_events] = 7;
  const SummaryReport report = summary(maker.finish(EndKind::exited, ledger), Layer::all);
  const Json json = to_json(report).at("ledger");
  EXPECT_EQ(json.size(), static_cast<std::size_t>(kLosses));
  EXPECT_EQ(json.at("dropped_events"), 7);
  EXPECT_EQ(json.at("torn_events"), 0);
  ASSERT_EQ(report.caveats.size(), 1u);
  EXPECT_EQ(report.caveats[0].reason, "dropped_events");
  EXPECT_EQ(report.caveats[0].count, 7u);
}

TEST(SummaryJson, SeveralTapesAreListedAndSummedUp) {
  SummaryReport small;
  small.totals = {.allocations = 2, .peak_bytes = 10, .peak_blocks = 1};
  small.duration_ns = 5;
  SummaryReport large;
  large.totals = {.allocations = 3, .peak_bytes = 90, .peak_blocks = 4};
  large.duration_ns = 3;
  const Json json = to_json(std::vector<SummaryReport>{small, large});
  EXPECT_EQ(json.at("tapes").size(), 2u);
  EXPECT_EQ(json.at("total").at("allocations"), 5);
  EXPECT_EQ(json.at("total").at("peak_bytes"), 90);
  EXPECT_EQ(json.at("total").at("peak_blocks"), 4);
  EXPECT_EQ(json.at("total").at("duration_ns"), 5);
}

TEST(Json, NameThatIsNoTextDoesNotThrow) {
  TopReport report;
  report.program = "bad \xff\xfe name";
  report.sites.push_back({.label = "\xc3", .place = {.function = "\xc3"}});
  std::string text;
  EXPECT_NO_THROW(text = to_text(to_json(report)));
  EXPECT_TRUE(Json::accept(text));
}

TEST(Json, EveryReportNamesItsSchemaAndVersion) {
  const std::pair<Json, std::string> all[] = {{to_json(TopReport{}), "heaptape.top"},
                                              {to_json(PeaksReport{}), "heaptape.peaks"},
                                              {to_json(LeaksReport{}), "heaptape.leaks"},
                                              {to_json(TimelineReport{}), "heaptape.timeline"},
                                              {to_json(TreeReport{}), "heaptape.tree"},
                                              {to_json(SummaryReport{}), "heaptape.summary"},
                                              {to_json(std::vector<SummaryReport>{}), "heaptape.summaries"}};
  for (const auto& [json, schema] : all) {
    EXPECT_EQ(json.at("schema"), schema);
    EXPECT_EQ(json.at("version"), 1);
  }
}

}  // namespace
}  // namespace heaptape
