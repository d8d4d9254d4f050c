// Bad tapes and bad words: one sentence on standard error, the right status, nothing overwritten.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cli/broken_tapes.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

class EveryReport : public ::testing::TestWithParam<const char*> {
 protected:
  // The subcommand on a tape, with further words.
  Finished ask(const std::string& tape, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{GetParam(), tape};
    if (is_render()) words.insert(words.end(), {"--view", "timeline"});
    if (draws()) words.insert(words.end(), {"-o", picture()});
    words.insert(words.end(), more.begin(), more.end());
    return heaptape(words);
  }
  Finished ask_of(const std::string& bytes) const {
    write_file(scratch.file("x.tape"), bytes);
    return ask(scratch.file("x.tape"));
  }
  bool is_render() const { return GetParam() == std::string("render"); }
  // Writes a file instead of text.
  bool draws() const { return is_render() || GetParam() == std::string("report"); }
  std::string picture() const { return scratch.file(is_render() ? "x.svg" : "x.html"); }

  void expect_refused(const Finished& run, int status, const std::string& part) const {
    testing::expect_refused(run, status, part);
    EXPECT_EQ(read_file(picture()), "") << "a picture was left";
  }

  const ScratchFolder scratch;
};

class EveryText : public EveryReport {};

TEST_P(EveryReport, RefusesWhatIsNoTape) {
  expect_refused(ask_of("hello, this is just text\n"), 3, "not a heaptape tape");
  expect_refused(ask_of(std::string(5000, '\0')), 3, "not a heaptape tape");
  expect_refused(ask_of(""), 3, "is empty");
  expect_refused(ask_of(read_file(tape_of("leaking")).substr(0, 15)), 3, "ends inside its header");
  expect_refused(ask(scratch.file("none.tape")), 3, "does not exist");
  expect_refused(ask(scratch.path()), 3, "is a directory");
  expect_refused(ask("/dev/null"), 3, "/dev/null");
}

TEST_P(EveryReport, RefusesANewerFormatAndNamesIt) {
  expect_refused(ask_of(of_newer_format(read_file(tape_of("leaking")))), 3, "newer heaptape");
}

TEST_P(EveryReport, ReadsACutTapeAndSaysThatItIsCut) {
  const Finished run = ask_of(cut_in_half(read_file(tape_of("phases"))));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  const std::string shown = draws() ? read_file(picture()) : run.out;
  EXPECT_FALSE(shown.empty());
  EXPECT_TRUE(draws() || contains(shown, "has no index (cut,")) << shown;
}

TEST_P(EveryReport, ShowsWhatIsLeftOfADamagedTapeAndFails) {
  const Finished run = ask_of(with_damaged_events(tape_of("threads")));
  if (GetParam() == std::string("summary")) {  // reads the index alone, which is whole
    EXPECT_EQ(run.status, 0) << run.err;
    return;
  }
  EXPECT_EQ(run.status, 3);
  EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
  EXPECT_TRUE(contains(run.err, "x.tape: damaged and left out: one place, at byte ")) << run.err;
  const std::string shown = draws() ? read_file(picture()) : run.out;
  EXPECT_FALSE(shown.empty());
  EXPECT_TRUE(draws() || contains(shown, "note: damaged and left out")) << shown;
}

TEST_P(EveryReport, KeepsAFileThatIsThereAndNamesOneThatCanNotBeWritten) {
  if (!draws()) return;
  const std::string& tape = tape_of("leaking");
  write_file(picture(), "precious");
  const Finished kept = ask(tape);
  EXPECT_EQ(kept.status, 2);
  EXPECT_TRUE(contains(kept.err, "exists; --force replaces it")) << kept.err;
  EXPECT_EQ(read_file(picture()), "precious");
  // Nothing is replaced by a tape that can't be read.
  EXPECT_EQ(ask(scratch.file("none.tape"), {"--force"}).status, 3);
  EXPECT_EQ(read_file(picture()), "precious");
  EXPECT_EQ(ask(tape, {"--force"}).status, 0);
  EXPECT_NE(read_file(picture()), "precious");
  for (const std::string& folder : {scratch.file("none"), std::string("/proc"), scratch.file("x.tape")}) {
    write_file(scratch.file("x.tape"), "no folder");
    std::vector<std::string> words{GetParam(), tape, "-o", folder + (is_render() ? "/y.svg" : "/y.html")};
    if (is_render()) words.insert(words.end(), {"--view", "timeline"});
    const Finished run = heaptape(words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_TRUE(is_one_sentence(run.err) && contains(run.err, "can't be written")) << run.err;
  }
}

TEST_P(EveryText, RefusesAFlippedBitAnywhereOrShowsTheSame) {
  const std::string good = read_file(tape_of("basic_usage"));
  const std::string expected = ask(tape_of("basic_usage"), {"--layer", "all"}).out;
  for (std::size_t at = 0; at < good.size(); at += good.size() / 16 + 1) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x04);
    write_file(scratch.file("x.tape"), bad);
    const Finished run = ask(scratch.file("x.tape"), {"--layer", "all"});
    if (run.status == 0 && run.out == expected) continue;  // what was hit is not read for this report
    const bool said = run.status == 3 ? is_one_sentence(run.err) : contains(run.out, "note: ");
    EXPECT_TRUE(said) << "byte " << at << ", status " << run.status << "\n" << run.err << run.out;
  }
}

TEST_P(EveryReport, NamesTheWordThatIsWrong) {
  const std::string& tape = tape_of("leaking");
  expect_refused(ask(tape, {"--no-such-option"}), 2, "--no-such-option");
  expect_refused(ask(tape, {"--layer", "kernel"}), 2, "'kernel' is no layer: user, program or all");
  expect_refused(ask(tape, {"--layer"}), 2, "--layer");
  expect_refused(heaptape({GetParam()}), 2, std::string("see 'heaptape ") + GetParam() + " --help'");
}

constexpr auto kName = [](const auto& report) { return std::string(report.param); };
INSTANTIATE_TEST_SUITE_P(Of, EveryReport,
                         ::testing::Values("summary", "top", "peaks", "leaks", "lifetimes", "waste", "timeline",
                                           "render", "report"),
                         kName);
INSTANTIATE_TEST_SUITE_P(Of, EveryText,
                         ::testing::Values("summary", "top", "peaks", "leaks", "lifetimes", "waste", "timeline"),
                         kName);

TEST(BadInput, WordsOfOneSubcommandAreCheckedToo) {
  const std::string& tape = tape_of("leaking");
  const auto expect = [](const std::vector<std::string>& words, const std::string& part) {
    const Finished run = heaptape(words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_TRUE(contains(run.err, part)) << run.err;
  };
  expect({}, "subcommand");
  expect({"--nope"}, "--nope");
  expect({"sumary", tape}, "'sumary' is no subcommand");
  expect({"top", tape, "--cost", "peak", "--cost", "count"},
         "--cost is given more than once; see 'heaptape top --help'");
  expect({"top", tape, "--cost", "money"}, "'money' is no cost: peak, allocated, count, temporary or leaked");
  expect({"top", tape, "--tree", "sideways"}, "'sideways' is no direction");
  expect({"lifetimes", tape, "--by", "magic"}, "'magic' is neither site nor thread");
  expect({"top", tape, "--limit", "-3"}, "'-3'");
  expect({"top", tape, "--limit", "many"}, "'many'");
  expect({"top", tape, "--threshold", "101"}, "--threshold");
  expect({"top", tape, "another"}, "another");
}

TEST(BadInput, WhatRecordIsToLeaveOutIsChecked) {
  const ScratchFolder scratch;
  const auto expect = [&](const std::vector<std::string>& options, const std::string& part) {
    std::vector<std::string> words{"record", "-o", scratch.file("x.tape")};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--", "/bin/true"});
    const Finished run = heaptape(words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_TRUE(contains(run.err, part)) << run.err;
    EXPECT_TRUE(scratch.names().empty()) << "something ran";
  };
  expect({"--sample", "0"}, "'0' is no size from 1 B to 16.0 TiB");
  expect({"--sample", "-5"}, "'-5' is no size");
  expect({"--sample=many"}, "'many' is no size");
  expect({"--sample", "99999999999999999999"}, "is no size");
  expect({"--sample", "99999999TiB"}, "is no size");
  expect({"--sample-seed", "x"}, "'x' is no number");
  expect({"--min-size", "12 apples"}, "'12 apples' is no size");
  expect({"--max-tape", "100KiB"}, "'100KiB' is no size from 256 KiB");
  expect({"--keep", "last:1MiB", "--sample", "1KiB"}, "leave out --sample and --max-tape");
  expect({"--keep", "last:1MiB", "--max-tape", "1MiB"}, "leave out --sample and --max-tape");
  expect({"--record-layer", "user"}, "let the reports show --layer user");
  expect({"--record-layer", "kernel"}, "'kernel' is no layer to record: program or all");
}

TEST(BadInput, AMissingTapeAmongSeveralDoesNotHideTheOthers) {
  const Finished run = heaptape({"summary", tape_of("leaking"), "none.tape", tape_of("threads"), "--json"});
  EXPECT_EQ(run.status, 3);
  EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
  const nlohmann::json summaries = nlohmann::json::parse(run.out);
  ASSERT_EQ(summaries["tapes"].size(), 2u);
  // In order of time: whichever was recorded first.
  const std::string first = summaries["tapes"][0]["program"], second = summaries["tapes"][1]["program"];
  EXPECT_EQ(std::min(first, second), "leaking");
  EXPECT_EQ(std::max(first, second), "threads");
}

TEST(BadInput, ANameCanNotWriteToTheTerminal) {
  const Finished run = heaptape({"summary", "no\033[31mne\n.tape"});
  EXPECT_EQ(run.status, 3);
  EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
  EXPECT_FALSE(contains(run.err, "\033")) << run.err;
}

TEST(BadInput, AFullDiskIsSaidAndFails) {
  const Finished run = run_command({"sh", "-c", heaptape_command() + " summary " + tape_of("leaking") + " >/dev/full"});
  EXPECT_NE(run.status, 0);
  EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
  EXPECT_TRUE(contains(run.err, "can't write the output")) << run.err;
}

}  // namespace
}  // namespace heaptape::testing
