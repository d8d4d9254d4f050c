// What heaptrack recorded, as a tape: the figures are those that its own tools give for the same file.
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

std::uint64_t number_in(const std::string& text, const std::string& pattern) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(pattern))) {
    ADD_FAILURE() << pattern << " is not in " << text;
    return 0;
  }
  return std::stoull(found[1]);
}

// "480.08K"
double bytes_in(const std::string& text, const std::string& before) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(before + "(\\d+(?:\\.\\d+)?)([BKMG])"))) return 0;
  const std::map<std::string, double> units{{"B", 1}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}};
  return std::stod(found[1]) * units.at(found[2]);
}

std::uint64_t figure(const nlohmann::json& json, const char* key) { return json.at(key).get<std::uint64_t>(); }

class ImportOfHeaptrack : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_command("heaptrack") || !has_command("heaptrack_print") || !has_command("sqlite3"))
      GTEST_SKIP() << "heaptrack is not here to record with";
  }
  // The file's path; `text` is what heaptrack said.
  std::string recorded(const std::vector<std::string>& options, std::string& text) {
    // Where addresses are not randomised heaptrack takes one library's functions for another's; setarch sets that back.
    std::vector<std::string> words{"setarch", "x86_64", "heaptrack"};
    words.insert(words.end(), options.begin(), options.end());
    for (const std::string& word :
         {std::string("-o"), folder_.file("ht"), std::string("sqlite3"), std::string(":memory:")})
      words.push_back(word);
    const Finished run = run_command(
        words, {.input = HEAPTAPE_TEST_FOLDER "/../recorder/small.sql", .folder = folder_.path(), .environment = {}});
    EXPECT_EQ(run.status, 0) << run.err;
    text = run.out + run.err;
    for (const std::string& name : folder_.names())
      if (name.starts_with("ht")) return folder_.file(name);
    ADD_FAILURE() << "heaptrack wrote nothing";
    return "";
  }
  std::string imported(const std::string& file) {
    const Finished run = heaptape({"import", file, "-o", folder_.file("i.tape")});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(heaptape({"verify", folder_.file("i.tape")}).status, 0);
    return folder_.file("i.tape");
  }
  ScratchFolder folder_;
};

TEST_F(ImportOfHeaptrack, TotalsAndPeakAreThoseOfHeaptrackPrint) {
  std::string said;
  const std::string file = recorded({}, said);
  const nlohmann::json summary = json_answer({"summary", imported(file), "--layer", "all"});
  const Finished printed = run_command({"heaptrack_print", "-f", file});
  ASSERT_EQ(printed.status, 0) << printed.err;
  EXPECT_EQ(figure(summary, "allocations"), number_in(printed.out, "calls to allocation functions: (\\d+)"));
  EXPECT_EQ(figure(summary, "live_blocks"), number_in(said, "leaked allocations:\\s+(\\d+)"));
  // In thousands, rounded to ten bytes. What heaptrack takes for the runtime's own is a leak less to it, not to a tape.
  EXPECT_NEAR(static_cast<double>(figure(summary, "peak_bytes")),
              bytes_in(printed.out, "peak heap memory consumption: "), 10);
  EXPECT_NEAR(static_cast<double>(figure(summary, "live_bytes")),
              bytes_in(printed.out, "total memory leaked: ") + bytes_in(printed.out, "suppressed leaks: "), 20);
  // heaptrack asks that nothing at all came between, a free of another block neither.
  EXPECT_GE(figure(summary, "temporary"), number_in(printed.out, "temporary memory allocations: (\\d+)"));
}

TEST_F(ImportOfHeaptrack, NamesOfFunctionsComeFromTheFile) {
  std::string said;
  const std::string tape = imported(recorded({}, said));
  EXPECT_TRUE(contains(answer({"export", tape, "--to", "folded", "--cost", "allocated"}), "sqlite3_initialize"));
  EXPECT_TRUE(contains(answer({"info", tape}), "addresses of blocks are made up"));
}

TEST_F(ImportOfHeaptrack, RawFileTellsTheSameBlocks) {
  std::string said;
  const std::string file = recorded({"-r"}, said);
  const nlohmann::json summary = json_answer({"summary", imported(file), "--layer", "all"});
  EXPECT_GT(figure(summary, "allocations"), 1000u);
  EXPECT_GT(figure(summary, "peak_bytes"), 10'000u);
  EXPECT_EQ(figure(summary, "allocations") - figure(summary, "frees"), figure(summary, "live_blocks"));
}

constexpr const char* kSmall =
    "v 10400 3\nX ./prog one\nI 1000 100\ns 5 /prog\ns 4 main\ns 4 a.cc\ns 4 grow\n"
    "i 1234 1 4 3 7 2 3 9\nt 1 0\na 10 1\na 20 1\nc 5\n+ 0\n+ 1\nc 7\nR 3\n- 0\n+ 0\n- 0\n";

class Import : public ::testing::Test {
 protected:
  Finished import(const std::string& text) {
    write_file(folder_.file("file"), text);
    return heaptape({"import", folder_.file("file"), "-o", folder_.file("out.tape"), "--force"});
  }
  ScratchFolder folder_;
};

TEST_F(Import, SmallFileBecomesATapeOfTheSameStory) {
  const Finished run = import(kSmall);
  ASSERT_EQ(run.status, 0) << run.err;
  const nlohmann::json summary = json_answer({"summary", folder_.file("out.tape")});
  EXPECT_EQ(figure(summary, "allocations"), 3u);
  EXPECT_EQ(figure(summary, "frees"), 2u);
  EXPECT_EQ(figure(summary, "peak_bytes"), 48u);
  EXPECT_EQ(figure(summary, "peak_time_ns"), 5'000'000u);
  EXPECT_EQ(figure(summary, "live_bytes"), 32u);
  EXPECT_EQ(figure(summary, "temporary"), 1u);
  EXPECT_EQ(figure(summary, "rss_peak_bytes"), 3u * 4096);
  EXPECT_EQ(summary.at("command"), "./prog one");
  EXPECT_EQ(answer({"export", folder_.file("out.tape"), "--to", "folded"}), "main;grow 48\n");
}

TEST_F(Import, WhatIsWrongIsNamedWithItsLine) {
  const std::pair<std::string, std::string> bad[] = {{"", "line 'v'"},
                                                     {"hello\n", "line 1"},
                                                     {"v 10400 9\n", "file version 9"},
                                                     {std::string(kSmall) + "+ 7\n", "line 20"},
                                                     {std::string(kSmall) + "+ zz\n", "line 20"},
                                                     {std::string(kSmall) + "t 1 9\n", "line 20"},
                                                     {std::string(kSmall) + "i 99 88\n", "line 20"},
                                                     {std::string(kSmall) + "s ff short\n", "line 20"},
                                                     {"\x28\xb5\x2f\xfd damaged", "zstd"}};
  for (const auto& [text, what] : bad) {
    const Finished run = import(text);
    EXPECT_EQ(run.status, 3) << what;
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_TRUE(contains(run.err, what)) << run.err;
    EXPECT_EQ(folder_.names(), std::vector<std::string>{"file"});
  }
}

TEST_F(Import, FileThatStopsInTheMiddleIsReadUpToThere) {
  const Finished run = import(std::string(kSmall) + "+ 1\n+");
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(contains(run.err, "stops in the middle"));
  EXPECT_EQ(figure(json_answer({"summary", folder_.file("out.tape")}), "allocations"), 4u);
}

TEST_F(Import, FreesOfNothingAndLinesOfNoKnownKindAreCounted) {
  const Finished run = import(std::string(kSmall) + "- 0\nQ 1\n");
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(contains(run.err, "1 free of blocks that are not live")) << run.err;
  EXPECT_TRUE(contains(run.err, "1 line of an unknown kind")) << run.err;
  EXPECT_EQ(json_answer({"summary", folder_.file("out.tape")}).at("ledger").at("unmatched_frees"), 1);
}

TEST_F(Import, FreesOfBlocksFromBeforeHeaptrackAttachedAreNoLoss) {
  const Finished run = import("v 10400 3\nX ./prog\nA\ns 5 /prog\na 10 0\n- 0\n+ 0\n");
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(contains(run.err, "attached"));
  const nlohmann::json ledger = json_answer({"summary", folder_.file("out.tape")}).at("ledger");
  EXPECT_EQ(ledger.at("earlier_frees"), 1);
  EXPECT_EQ(ledger.at("unmatched_frees"), 0);
  EXPECT_EQ(heaptape({"verify", folder_.file("out.tape")}).status, 0);
}

}  // namespace
}  // namespace heaptape::testing
