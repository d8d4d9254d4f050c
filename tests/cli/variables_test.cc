// `heaptape variables`, end to end: a sample whose containers' own sizes are the oracle.
#include <gtest/gtest.h>

#include <map>

#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

using Json = nlohmann::json;

Json variable_of(const Json& report, const std::string& name) {
  for (const Json& variable : report["variables"])
    if (variable["name"] == name) return variable;
  ADD_FAILURE() << "no variable " << name;
  return {};
}

TEST(Variables, GrowBetweenReadingsAndAReadingConfirmsIt) {
  const Json samples = variable_of(json_answer({"variables", tape_of("variables")}), "samples");
  const Json& history = samples["details"][0]["history"];
  // A vector of one int that doubles until it has room for 1,000: ten new buffers, of which one is there when it is
  // read.
  EXPECT_EQ(samples["inferred"], 10u);
  EXPECT_EQ(samples["confirmed"], 1u);
  EXPECT_EQ(samples["peak_bytes"], 1024 * sizeof(int));
  EXPECT_EQ(history.front()["how"], "tracked");
  EXPECT_EQ(history.front()["bytes"], sizeof(int));
  EXPECT_EQ(history.back()["how"], "scope_end");
  EXPECT_EQ(history.back()["bytes"], 1024 * sizeof(int));
}

TEST(Variables, ThatFillAndAreEmptiedOwnWhatTheyHold) {
  const Json cache = variable_of(json_answer({"variables", tape_of("variables")}), "cache");
  EXPECT_EQ(cache["peak_blocks"], 200u) << "a node and a string for each of a hundred keys";
  Json filled;
  for (const Json& point : cache["details"][0]["history"])
    if (point.value("mark", "") == "filled") filled = point;
  EXPECT_EQ(filled["blocks"], 200u);
  EXPECT_EQ(filled["inferred"], false);
  EXPECT_EQ(cache["details"][0]["history"].back()["blocks"], 0u);
}

TEST(Variables, OfARangeBeginWithWhatTheyOwnedThere) {
  const Json cache = variable_of(json_answer({"variables", tape_of("variables"), "--from", "mark:filled"}), "cache");
  EXPECT_EQ(cache["peak_blocks"], 200u);
  EXPECT_EQ(cache["blocks"], 0u) << "all had been its own before";
  EXPECT_EQ(cache["details"][0]["history"].front()["mark"], "filled");
  const Json before = json_answer({"variables", tape_of("variables"), "--to", "mark:filled"});
  EXPECT_EQ(variable_of(before, "cache")["open"], 1u) << "its scope ends later";
  EXPECT_EQ(before["selection"]["to"]["word"], "mark:filled");
  EXPECT_TRUE(contains(answer({"variables", tape_of("variables"), "--to", "0"}), "in scope in this selection"));
}

TEST(Variables, ThatShareNameTheOwner) {
  const Json report = json_answer({"variables", tape_of("variables")});
  const Json view = variable_of(report, "view"), table = variable_of(report, "table");
  EXPECT_EQ(view["blocks"], 0u);
  EXPECT_EQ(view["max_use_count"], 2u);
  const Json& shared = view["details"][0]["shared"][0];
  EXPECT_EQ(shared["owner"], "table");
  EXPECT_EQ(shared["blocks"], table["blocks"]);
  EXPECT_EQ(shared["bytes"], table["bytes"]);
}

TEST(Variables, AgreeWithTheSummaryOnWhatWasEverOwned) {
  for (const char* sample : {"basic_usage", "variables"}) {
    std::map<std::string, Json> owned, told;
    for (const Json& one : json_answer({"variables", tape_of(sample)})["variables"]) owned[one["name"]] = one["bytes"];
    for (const Json& one : json_answer({"summary", tape_of(sample)})["variables"]) told[one["name"]] = one["bytes"];
    EXPECT_EQ(owned, told) << sample;
  }
}

TEST(Variables, AreShownWithTheirHistoryAndByName) {
  const std::string all = answer({"variables", tape_of("variables")});
  for (const char* name : {"samples", "cache", "table", "view", "shares", "variables.cc:"})
    EXPECT_TRUE(contains(all, name)) << all;
  const std::string one = answer({"variables", tape_of("variables"), "--name", "samples", "--history"});
  EXPECT_TRUE(contains(one, "inferred: a larger block took its place")) << one;
  EXPECT_TRUE(contains(one, "mark filled")) << one;
  EXPECT_FALSE(contains(one, "cache")) << one;
  EXPECT_TRUE(
      contains(answer({"variables", tape_of("variables"), "--name", "nobody"}), "no tracked variable has that name"));
  EXPECT_TRUE(contains(answer({"variables", tape_of("leaking")}), "no variable was tracked"));
}

}  // namespace
}  // namespace heaptape::testing
