// `heaptape report`: its output, its options, and that its figures are those of the other commands.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/analyzer/tape_maker.h"
#include "tests/cli/figures.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

class ReportCommand : public ::testing::Test {
 protected:
  nlohmann::json data_of(const std::string& tape, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"report", tape, "-o", path, "--force"};
    words.insert(words.end(), more.begin(), more.end());
    answer(words);
    return nlohmann::json::parse(between(read_file(path), "id=\"data\">", "</script>"));
  }
  const ScratchFolder scratch;
  const std::string path = scratch.file("x.html");
};

TEST_F(ReportCommand, ShowsTheFiguresOfSummaryPeaksLeaksAndTop) {
  for (const std::string name : {"leaking", "phases", "threads", "basic_usage"}) {
    for (const std::string layer : {"user", "program", "all"}) {
      const std::vector<std::string> of{tape_of(name), "--layer", layer};
      const auto asked = [&](const std::string& command) { return json_answer({command, of[0], of[1], of[2]}); };
      const nlohmann::json data = data_of(of[0], {of[1], of[2]});
      const nlohmann::json summary = asked("summary"), lost = asked("leaks"), heights = asked("peaks");
      for (const char* figure : {"allocations", "frees", "allocated_bytes", "peak_bytes", "live_bytes", "temporary"})
        EXPECT_EQ(data["summary"][figure], summary[figure]) << name << ", " << layer << ": " << figure;
      EXPECT_EQ(data["peak"], heights["peak"]);
      // The command shows fewer of them.
      ASSERT_GE(data["other_peaks"].size(), heights["others"].size());
      for (std::size_t i = 0; i < heights["others"].size(); ++i)
        EXPECT_EQ(data["other_peaks"][i], heights["others"][i]) << name << ", " << layer;
      EXPECT_EQ(data["leaks"]["bytes"], lost["bytes"]);
      EXPECT_EQ(data["leaks"]["blocks"], lost["blocks"]);
      EXPECT_EQ(data["leaks"]["called"], lost["called"]);
      EXPECT_EQ(data["leaks"]["exact"], lost["exact"]);
      EXPECT_EQ(data["leaks"]["all"], lost["sites"].size());
      EXPECT_EQ(data["residue"]["bytes"], lost["residue_bytes"]);
      EXPECT_EQ(data["sites"], asked("top")["sites"].size());
      EXPECT_EQ(data["lifetimes"]["total"]["allocations"], summary["allocations"]);
    }
  }
}

TEST_F(ReportCommand, VariablesAreThoseOfTheirCommand) {
  for (const std::string name : {"basic_usage", "variables"}) {
    nlohmann::json shown = data_of(tape_of(name))["variables"]["rows"];
    nlohmann::json told = json_answer({"variables", tape_of(name)})["variables"];
    for (nlohmann::json* list : {&shown, &told})
      std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a["name"] < b["name"]; });
    ASSERT_EQ(shown.size(), told.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
      SCOPED_TRACE(told[i]["name"]);
      for (const char* key :
           {"name", "scopes", "bytes", "blocks", "peak_bytes", "peak_blocks", "inferred", "confirmed"})
        EXPECT_EQ(shown[i][key], told[i][key]) << key;
      EXPECT_EQ(shown[i]["use_count"], told[i]["max_use_count"]);
      ASSERT_EQ(shown[i]["details"].size(), told[i]["details"].size());
      const nlohmann::json &scope = shown[i]["details"][0], &whole = told[i]["details"][0];
      EXPECT_EQ(scope["begin_ns"], whole["begin_ns"]);
      EXPECT_EQ(scope["end_ns"], whole["end_ns"]);
      EXPECT_EQ(scope["shared"].size(), whole["shared"].size());
      std::uint64_t most = 0;
      for (const nlohmann::json& point : whole["history"]) most = std::max(most, point["bytes"].get<std::uint64_t>());
      std::uint64_t highest = 0;
      for (const nlohmann::json& level : scope["levels"]) highest = std::max(highest, level.get<std::uint64_t>());
      EXPECT_EQ(highest, most);
    }
  }
  const nlohmann::json shared = data_of(tape_of("basic_usage"))["variables"]["rows"][6];
  EXPECT_EQ(shared["name"], "rc_data_clone");
  EXPECT_EQ(shared["details"][0]["shared"][0]["owner"], "rc_data");
}

TEST_F(ReportCommand, TheSameTapeGivesTheSameBytes) {
  data_of(tape_of("phases"));
  const std::string once = read_file(path);
  data_of(tape_of("phases"));
  EXPECT_EQ(read_file(path), once);
  EXPECT_EQ(once.find("{{"), std::string::npos);
}

TEST_F(ReportCommand, AnExistingPageIsKeptWithoutForce) {
  write_file(path, "precious");
  expect_refused({"report", tape_of("leaking"), "-o", path}, "exists; --force replaces it");
  EXPECT_EQ(read_file(path), "precious");
}

TEST_F(ReportCommand, WordsThatAreWrongAreNamed) {
  expect_refused({"report", tape_of("leaking"), "-o", scratch.file("x.svg")}, "end it in .html");
  expect_refused({"report", tape_of("leaking"), "-o", scratch.file("none/x.html")}, "can't be written");
  expect_refused({"report", tape_of("leaking"), "--against", tape_of("phases"), "-o", path}, "--any-program");
  EXPECT_EQ(heaptape({"report", scratch.file("none.tape"), "-o", path}).status, 3);
  EXPECT_TRUE(scratch.names().empty());
}

TEST_F(ReportCommand, AgainstABaseShowsWhatDiffShows) {
  const std::string base = tape_of("leaking"), now = tape_of("phases");
  const nlohmann::json data = data_of(now, {"--against", base, "--any-program"});
  const nlohmann::json diff = json_answer({"diff", base, now, "--any-program"});
  EXPECT_EQ(data["diff"]["all"], diff["sites"].size());
  EXPECT_EQ(data["diff"]["total"]["peak"][0], diff["total"]["peak_bytes"]["base"]);
  EXPECT_EQ(data["diff"]["total"]["peak"][1], diff["total"]["peak_bytes"]["new"]);
  EXPECT_FALSE(data_of(now).contains("diff"));
}

TEST_F(ReportCommand, AgainstSeveralBasesIsWhatDiffSaysOfThem) {
  const std::vector<std::string> bases{tape_of("leaking"), tape_of("basic_usage"), tape_of("threads")};
  const std::string now = tape_of("phases");
  const nlohmann::json data =
      data_of(now, {"--against", bases[0], "--against", bases[1], "--against", bases[2], "--any-program"})["diff"];
  const nlohmann::json diff = json_answer({"diff", bases[0], bases[1], bases[2], "--", now, "--any-program"});
  EXPECT_EQ(data["base"], "3 runs");
  EXPECT_EQ(data["all"], diff["sites"].size());
  EXPECT_EQ(data["noisy"], diff["within_noise"]);
  for (const auto& [ours, theirs] :
       {std::pair{"peak", "peak_bytes"}, {"count", "allocations"}, {"leaked", "leaked_bytes"}}) {
    EXPECT_EQ(data["total"][ours][0], diff["total"][theirs]["base"]) << ours;
    EXPECT_EQ(data["total"][ours].size() == 3, diff["total"][theirs].value("noise", false)) << ours;
  }
  // The flame graph's older side is the run in the middle, whose parts add up.
  std::vector<std::uint64_t> peaks;
  for (const std::string& base : bases) peaks.push_back(json_answer({"summary", base})["peak_bytes"]);
  std::sort(peaks.begin(), peaks.end());
  EXPECT_EQ(json_answer({"summary", data["in_tree"]})["peak_bytes"], peaks[1]);
}

// A hundred thousand stacks, each with names of its own and blocks all over the run.
TEST_F(ReportCommand, HasALimitWhateverTheTapeHas) {
  TapeMaker maker;
  std::vector<StackId> stacks;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const StackId parent = i < 1000 ? kEmptyStack : stacks[i % 1000];
    stacks.push_back(maker.in_program(0x1000 + i * 16 % 0x8000, parent));
  }
  std::uint64_t now = 0;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    maker.at(now += 1000);
    maker.birth(0x1000'0000 + i * 64, 16 + i % 1000, stacks[i * 7919 % stacks.size()]);
    if (i % 3 == 2) maker.release(0x1000'0000 + (i / 3) * 64);
  }
  const TapeReader tape = maker.finish();
  const nlohmann::json data = data_of(maker.path());
  EXPECT_LE(read_file(path).size(), 2'000'000u);
  EXPECT_EQ(data["summary"]["allocations"], 200'000);
  EXPECT_GT(data["folds"]["callees"]["folded"].get<int>(), 0);
}

TEST_F(ReportCommand, ADamagedTapeIsShownAndSaid) {
  std::string bytes = read_file(tape_of("phases"));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x40);
  const std::string damaged = scratch.file("damaged.tape");
  write_file(damaged, bytes);
  const Finished run = heaptape({"report", damaged, "-o", path});
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
  EXPECT_TRUE(contains(read_file(path), "</html>"));
}

}  // namespace
}  // namespace heaptape::testing
