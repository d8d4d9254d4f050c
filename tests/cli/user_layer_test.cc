// samples/basic_usage: seven variables, and what each layer counts of them.
#include <gtest/gtest.h>

#include <map>

#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

TEST(UserLayer, CountsExactlyTheBlocksThatTheSevenVariablesOwn) {
  const nlohmann::json summary = json_answer({"summary", tape_of("basic_usage"), "--layer", "user"});
  EXPECT_EQ(summary["allocations"], 7);
  EXPECT_EQ(summary["frees"], 7);
  EXPECT_EQ(summary["peak_blocks"], 7);
  EXPECT_EQ(summary["live_bytes"], 0);
  std::map<std::string, std::uint64_t> blocks;
  std::uint64_t bytes = 0;
  for (const auto& variable : summary["variables"]) {
    blocks[variable["name"]] = variable["blocks"];
    bytes += variable["bytes"].get<std::uint64_t>();
  }
  const std::map<std::string, std::uint64_t> expected{{"numbers_vec", 1},  {"text_string", 1}, {"boxed_value", 1},
                                                      {"boxed_value2", 1}, {"rc_data", 2},     {"arc_data", 1},
                                                      {"rc_data_clone", 0}};
  EXPECT_EQ(blocks, expected);
  EXPECT_EQ(bytes, summary["peak_bytes"]);
}

TEST(UserLayer, ACloneOwnsNothingOfItsOwnAndShowsTwoUsers) {
  const nlohmann::json summary = json_answer({"summary", tape_of("basic_usage")});
  const nlohmann::json& clone = summary["variables"].back();
  EXPECT_EQ(clone["name"], "rc_data_clone");
  EXPECT_EQ(clone["use_count"], 2);
  const std::string line = line_with(answer({"summary", tape_of("basic_usage")}), "rc_data_clone");
  EXPECT_TRUE(contains(line, "std::shared_ptr<std::vector<int>>")) << line;
  EXPECT_TRUE(contains(line, "basic_usage.cc:")) << line;
}

TEST(UserLayer, TheRecorderAddsNothingToTheOtherLayers) {
  const nlohmann::json layers = json_answer({"summary", tape_of("basic_usage")})["layers"];
  EXPECT_GE(layers["program"]["allocations"], 7);
  EXPECT_LE(layers["program"]["allocations"], 20);
  EXPECT_LT(layers["all"]["peak_bytes"], 100'000);
}

TEST(UserLayer, WithoutTrackedVariablesSaysHowToTrackThem) {
  for (const char* report : {"summary", "top", "peaks"}) {
    const std::string text = answer({report, tape_of("leaking"), "--layer", "user"});
    EXPECT_TRUE(contains(text, "HEAPTAPE_TRACK")) << text;
  }
  EXPECT_TRUE(contains(answer({"leaks", tape_of("leaking"), "--layer", "user"}), "nothing"));
}

}  // namespace
}  // namespace heaptape::testing
