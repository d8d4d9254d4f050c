// Text, JSON and pictures of one tape, layer and instant show one figure.
#include <gtest/gtest.h>

#include "tests/cli/figures.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

struct View {
  std::string sample, layer;
};
void PrintTo(const View& view, std::ostream* out) { *out << view.sample << ", layer " << view.layer; }

class OneTruth : public ::testing::TestWithParam<View> {};

TEST_P(OneTruth, ThePeakIsTheSameInEveryForm) {
  const auto& [name, layer] = GetParam();
  const std::map<std::string, std::uint64_t> peaks = peaks_everywhere(tape_of(name), layer);
  const std::uint64_t expected = peaks.at("summary, JSON");
  EXPECT_GT(expected, 0u);
  for (const auto& [form, bytes] : peaks) EXPECT_EQ(bytes, expected) << form;
}

TEST_P(OneTruth, LiveAtTheEndIsWhatLeakedAndTheRuntimesResidue) {
  const auto& [name, layer] = GetParam();
  const nlohmann::json summary = json_answer({"summary", tape_of(name), "--layer", layer});
  const nlohmann::json leaks = json_answer({"leaks", tape_of(name), "--layer", layer});
  const nlohmann::json top = json_answer({"top", tape_of(name), "--layer", layer, "--cost", "leaked"});
  const auto number = [](const nlohmann::json& value) { return value.get<std::uint64_t>(); };
  EXPECT_EQ(number(leaks["bytes"]) + number(leaks["residue_bytes"]), number(summary["live_bytes"]));
  EXPECT_EQ(number(leaks["blocks"]) + number(leaks["residue_blocks"]), number(summary["live_blocks"]));
  EXPECT_EQ(top["total"]["leaked_bytes"], leaks["bytes"]);
  EXPECT_EQ(exact_bytes_in(line_with(answer({"summary", tape_of(name), "--layer", layer}), "  live at end  ")),
            number(summary["live_bytes"]));
}

TEST_P(OneTruth, CountsAreTheSameInSummaryAndTop) {
  const auto& [name, layer] = GetParam();
  const nlohmann::json summary = json_answer({"summary", tape_of(name), "--layer", layer});
  const nlohmann::json total = json_answer({"top", tape_of(name), "--layer", layer})["total"];
  EXPECT_EQ(total["allocations"], summary["allocations"]);
  EXPECT_EQ(total["allocated_bytes"], summary["allocated_bytes"]);
  EXPECT_EQ(total["temporary"], summary["temporary"]);
  EXPECT_EQ(summary["layers"][layer]["peak_bytes"], summary["peak_bytes"]);
}

INSTANTIATE_TEST_SUITE_P(Samples, OneTruth,
                         ::testing::Values(View{"basic_usage", "user"}, View{"basic_usage", "program"},
                                           View{"basic_usage", "all"}, View{"leaking", "program"},
                                           View{"leaking", "all"}, View{"phases", "user"}, View{"phases", "program"},
                                           View{"phases", "all"}, View{"threads", "program"}, View{"threads", "all"}),
                         [](const auto& view) { return view.param.sample + "_" + view.param.layer; });

}  // namespace
}  // namespace heaptape::testing
