// What reports look like: to a pipe, to a terminal, as JSON.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

const std::vector<std::vector<std::string>>& reports() {
  static const std::vector<std::vector<std::string>> kReports{{"summary"},
                                                              {"top"},
                                                              {"top", "--cost", "count"},
                                                              {"top", "--tree", "callers"},
                                                              {"top", "--tree", "callees"},
                                                              {"peaks"},
                                                              {"leaks"},
                                                              {"timeline"}};
  return kReports;
}

std::vector<std::string> on(std::vector<std::string> report, const std::string& tape) {
  report.push_back(tape);
  return report;
}

// What the command writes to a terminal of util-linux' making.
std::string on_terminal(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  std::string line = heaptape_command();
  for (const std::string& word : words) line += " " + word;
  const Finished run =
      run_command({"script", "-qec", line, "/dev/null"}, {.input = "", .folder = "", .environment = environment});
  EXPECT_EQ(run.status, 0) << run.out;
  return run.out;
}

TEST(Output, APipeGetsNoEscapeCodesAndNoTrailingSpaces) {
  for (const char* name : {"basic_usage", "leaking", "phases", "threads"}) {
    for (const auto& report : reports()) {
      const std::string text = answer(on(report, tape_of(name)));
      EXPECT_FALSE(contains(text, "\033")) << text;
      EXPECT_FALSE(contains(text, " \n")) << text;
      EXPECT_TRUE(text.ends_with('\n')) << text;
      EXPECT_EQ(text.rfind(std::string(name) + " · ", 0), 0u) << text;
    }
  }
}

TEST(Output, ATerminalGetsColourUnlessItIsNotWanted) {
  if (!has_command("script")) GTEST_SKIP() << "script is not installed";
  if (run_command({"script", "-qec", "true", "/dev/null"}).status != 0)
    GTEST_SKIP() << "there are no pseudo-terminals here";
  for (const auto& report : reports()) {
    const std::vector<std::string> words = on(report, tape_of("leaking"));
    EXPECT_TRUE(contains(on_terminal(words, {"TERM=xterm", "NO_COLOR="}), "\033[1m"));
    EXPECT_FALSE(contains(on_terminal(words, {"TERM=xterm", "NO_COLOR=1"}), "\033"));
    EXPECT_FALSE(contains(on_terminal(words, {"TERM=dumb", "NO_COLOR="}), "\033"));
  }
}

TEST(Output, EveryReportIsJsonWithASchema) {
  for (const char* layer : {"program", "all", "user"}) {
    for (std::vector<std::string> report : reports()) {
      report.insert(report.end(), {"--layer", layer});
      const nlohmann::json json = json_answer(on(report, tape_of("basic_usage")));
      EXPECT_EQ(json["version"], 1);
      EXPECT_EQ(json["schema"].get<std::string>().rfind("heaptape.", 0), 0u);
      EXPECT_EQ(json["layer"], layer);
      EXPECT_EQ(json["program"], "basic_usage");
      EXPECT_TRUE(json["caveats"].is_array());
    }
  }
}

TEST(Output, SeveralTapesHaveALineEachAndATotal) {
  const std::vector<std::string> tapes{tape_of("leaking"), tape_of("threads")};
  const std::string text = answer({"summary", tapes[0], tapes[1]});
  EXPECT_EQ(text.rfind("2 tapes · ", 0), 0u);
  EXPECT_TRUE(contains(line_with(text, "  leaking "), "exited 0")) << text;
  EXPECT_TRUE(contains(line_with(text, "  threads "), "exited 0")) << text;
  EXPECT_NE(line_with(text, "  total "), "") << text;
  const nlohmann::json json = json_answer({"summary", tapes[0], tapes[1]});
  ASSERT_EQ(json["tapes"].size(), 2u);
  const auto of = [&](std::size_t tape, const char* key) { return json["tapes"][tape][key].get<std::uint64_t>(); };
  EXPECT_EQ(json["total"]["allocations"], of(0, "allocations") + of(1, "allocations"));
  EXPECT_EQ(json["total"]["peak_bytes"], std::max(of(0, "peak_bytes"), of(1, "peak_bytes")));
}

// The samples' columns are read back: what is drawn is what the JSON says.
TEST(Output, ATimelineIsAsHighAsItsLevels) {
  const std::string tape = tape_of("phases");
  const nlohmann::json told = json_answer({"timeline", tape, "--steps", "72"});
  const std::string text = answer({"timeline", tape, "--no-unicode"});
  std::vector<std::string> lines;
  std::istringstream rows(text);
  for (std::string line; std::getline(rows, line);)
    if (const std::size_t axis = line.find('|'); axis != std::string::npos) lines.push_back(line.substr(axis + 1));
  ASSERT_EQ(lines.size(), 8u) << text;
  for (std::size_t column = 0; column < 72; ++column) {
    double drawn = 0;  // in lines; a character is not, less or more than half or all full
    for (const std::string& line : lines) {
      const char character = column < line.size() ? line[column] : ' ';
      drawn += character == '#' ? 1 : character == ':' ? 0.75 : character == '.' ? 0.25 : 0;
    }
    const double level = told["steps"][column]["high"].get<double>() / told["peak"]["bytes"].get<double>() * 8;
    EXPECT_NEAR(drawn, level, 0.35) << "column " << column << "\n" << text;
  }
  for (const char* mark : {"load", "build", "query", "teardown"}) EXPECT_TRUE(contains(text, mark)) << text;
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c != '\xE2'; })) << text;
  EXPECT_TRUE(contains(answer({"timeline", tape}), "█"));
}

TEST(Output, ATimelineHasALineForEachThreadWithItsCalls) {
  const std::string tape = tape_of("threads");
  // A range is drawn as asked: the chart and the JSON have the same columns, even if the run ends long after its
  // events.
  const nlohmann::json told = json_answer({"timeline", tape, "--to", "end", "--steps", "72"});
  const nlohmann::json sum = json_answer({"summary", tape});
  ASSERT_EQ(told["threads"].size(), sum["threads"].get<std::size_t>());
  const std::string text = answer({"timeline", tape, "--to", "end", "--no-unicode"});
  std::uint64_t events = 0;
  for (std::size_t i = 0; i < told["threads"].size(); ++i) {
    const nlohmann::json& thread = told["threads"][i];
    events += thread["events"].get<std::uint64_t>();
    const std::string sign = "T" + std::to_string(i + 1) + " ";
    const std::string drawn = line_with(text, sign);
    EXPECT_TRUE(contains(text, " " + std::to_string(thread["tid"].get<int>()) + " ")) << text;
    ASSERT_NE(drawn, "") << text;
    const std::string line = drawn.substr(drawn.find(sign) + sign.size() + 1);
    for (std::size_t column = 0; column < 72; ++column)
      EXPECT_EQ(column < line.size() && line[column] != ' ', thread["levels"][column] != 0) << sign << column << "\n"
                                                                                            << text;
  }
  const nlohmann::json all = json_answer({"summary", tape, "--layer", "all"});
  EXPECT_EQ(events, all["allocations"].get<std::uint64_t>() + all["frees"].get<std::uint64_t>());
  EXPECT_FALSE(contains(answer({"timeline", tape_of("phases")}), "T1")) << "one thread tells nothing";
}

TEST(Output, ATimelineEndsBehindTheLastEventWhereMostOfTheRunIsQuietAndSaysSo) {
  const ScratchFolder scratch;
  const std::string tape = scratch.file("quiet.tape");
  ASSERT_EQ(run_command({heaptape_command(), "record", "-o", tape, "--", "sleep", "0.5"}).status, 0);
  const std::string text = answer({"timeline", tape});
  EXPECT_TRUE(contains(text, "Not drawn: no events from ")) << text;
  const auto full_lines = [](const std::string& one) { return std::count(one.begin(), one.end(), '\n'); };
  EXPECT_GT(full_lines(text), 10) << text;
  EXPECT_GE(json_answer({"timeline", tape})["duration_ns"].get<std::uint64_t>(), 500'000'000u) << "JSON has all of it";
  EXPECT_FALSE(contains(answer({"timeline", tape, "--to", "end"}), "Not drawn")) << "a range is drawn as asked";
  EXPECT_FALSE(contains(answer({"timeline", tape_of("phases")}), "Not drawn"));
}

TEST(Output, ASummaryDrawsOnATerminalOrWhenAsked) {
  const std::string tape = tape_of("phases");
  EXPECT_FALSE(contains(answer({"summary", tape}), "█"));
  const std::string drawn = answer({"summary", tape, "--draw"});
  const std::string plain = answer({"summary", tape, "--draw", "--no-unicode"});
  // The longest bar is the largest figure's, and the others have their share of it.
  const nlohmann::json told = json_answer({"summary", tape});
  const auto length = [&](const char* name) {
    const std::string line = line_with(plain.substr(plain.find("RSS peak") + 1), name);
    return static_cast<double>(std::count(line.begin(), line.end(), '#'));
  };
  const double peak = told["peak_bytes"], rss = told["rss_peak_bytes"];
  const double whole = std::max(peak, rss);
  EXPECT_NEAR(length("  peak "), std::max(1.0, 48 * peak / whole), 0.5) << plain;
  EXPECT_TRUE(contains(drawn, "█")) << drawn;
  EXPECT_FALSE(contains(plain, "█"));
  EXPECT_FALSE(contains(answer({"summary", tape, "--json"}), "█"));
}

TEST(Output, LimitCutsTheListAndSumsUpTheRest) {
  const std::string text = answer({"top", tape_of("basic_usage"), "--layer", "user", "--limit", "2"});
  EXPECT_TRUE(contains(text, "… and 4 more sites with ")) << text;
  EXPECT_FALSE(contains(answer({"top", tape_of("basic_usage"), "--limit", "0"}), "more site"));
}

TEST(Output, LeaksNameTheSitesWithTheirStacksUpToMain) {
  const std::string text = answer({"leaks", tape_of("leaking")});
  EXPECT_TRUE(contains(line_with(text, "500 blocks"), "answer")) << text;
  EXPECT_TRUE(contains(line_with(text, "4.00 KiB (4,096 bytes) in 1 block  "), "load_settings")) << text;
  EXPECT_TRUE(contains(text, "      main  leaking.cc:")) << text;
  EXPECT_FALSE(contains(text, "_start")) << text;
  EXPECT_FALSE(contains(text, "_IO_file_doallocate")) << "stdio's buffer is the runtime's";
}

TEST(Output, WhatNobodyLeakedIsSaid) {
  const std::string text = answer({"leaks", tape_of("basic_usage"), "--layer", "all"});
  EXPECT_TRUE(contains(line_with(text, "  leaked "), "nothing")) << text;
  EXPECT_TRUE(contains(line_with(text, "kept by the runtime"), "blocks")) << text;
}

TEST(Output, WhatThreadsLeaveInTheRuntimesCachesIsNoLeak) {
  EXPECT_EQ(json_answer({"leaks", tape_of("threads")})["blocks"], 0);
}

TEST(Output, OneSiteThatHasItAllIsHintedAt) {
  EXPECT_TRUE(contains(answer({"top", tape_of("leaking"), "--cost", "leaked"}), "hint: "));
  EXPECT_FALSE(contains(answer({"top", tape_of("phases")}), "hint: "));
}

TEST(Output, AStrippedProgramHasNamesFromTheDebugFileBesideItElseAddresses) {
  if (!has_command("objcopy")) GTEST_SKIP() << "objcopy is not installed";
  const ScratchFolder scratch;
  const std::string program = scratch.file("leaking"), debug = scratch.file("leaking.debug");
  const Finished stripped = run_command({"sh", "-ec",
                                         "cp " + sample("leaking") + " " + program + "; cd " + scratch.path() +
                                             "; objcopy --only-keep-debug leaking leaking.debug; strip leaking;"
                                             " objcopy --add-gnu-debuglink=leaking.debug leaking"});
  ASSERT_EQ(stripped.status, 0) << stripped.err;
  ASSERT_EQ(record(scratch.file("a.tape"), {program}).status, 0);
  const std::string named = line_with(answer({"leaks", scratch.file("a.tape")}), "500 blocks");
  EXPECT_TRUE(contains(named, "answer") && contains(named, "leaking.cc:")) << named;
  ASSERT_EQ(unlink(debug.c_str()), 0);
  const std::string line = line_with(answer({"leaks", scratch.file("a.tape")}), "500 blocks");
  EXPECT_TRUE(contains(line, "0x") && line.ends_with(" in leaking")) << line;
}

// A command that makes a file: words on both sides of the file's name, and how its name ends.
struct Maker {
  std::vector<std::string> before;
  std::string ending;
  std::vector<std::string> after;
  bool to_devices = false;  // a stream: a device is as good as a file
  int no_folder = 2;        // status where the folder is missing
};

std::vector<Maker> makers(const ScratchFolder& scratch) {
  const std::string& tape = tape_of("leaking");
  const std::string heaptrack = scratch.file("in.heaptrack"), cut = scratch.file("in.tape");
  write_file(scratch.file("budget.toml"), "peak = \"1 GiB\"\n");
  write_file(heaptrack, "v 10400 3\nX ./prog\ns 4 main\ni 1234 0 1\nt 1 0\na 10 1\n+ 0\n- 0\n");
  const std::string& whole = read_file(tape);
  write_file(cut, whole.substr(0, whole.size() - 40));
  const auto checked = [&](const char* format) {
    return Maker{{"check", tape, "--budget", scratch.file("budget.toml"), format}, ".txt", {}};
  };
  return {{{"export", tape, "--to", "json", "-o"}, ".json", {}, true},
          {{"export", tape, "--to", "jsonl", "-o"}, ".jsonl", {}, true},
          {{"pack", tape, "-o"}, ".tape", {}},
          {{"cut", tape, "--to", "peak", "-o"}, ".tape", {}},
          {{"import", heaptrack, "-o"}, ".tape", {}},
          {{"recover", cut, "-o"}, ".tape", {}, false, 125},
          {{"render", tape, "--view", "sizes", "-o"}, ".svg", {}},
          {{"report", tape, "-o"}, ".html", {}},
          {{"record", "-o"}, ".tape", {"--", "/bin/true"}, false, 125},
          checked("--json"),
          checked("--junit"),
          checked("--markdown")};
}

TEST(Output, NoFileIsReplacedOrLeftInPiecesByAnyCommand) {
  const ScratchFolder scratch;
  for (const Maker& maker : makers(scratch)) {
    SCOPED_TRACE(maker.before[0] + " " + maker.before.back());
    const auto words_onto = [&](const std::string& output, bool force) {
      std::vector<std::string> words = maker.before;
      words.push_back(output);
      if (force) words.emplace_back("--force");
      words.insert(words.end(), maker.after.begin(), maker.after.end());
      return words;
    };
    const auto expect = [&](const Finished& run, int status, const std::string& part) {
      EXPECT_EQ(run.status, status) << run.err;
      EXPECT_TRUE(is_one_sentence(run.err) && contains(run.err, part)) << run.err;
    };
    const std::string file = scratch.file("out" + maker.ending), folder = scratch.file("folder" + maker.ending);
    write_file(file, "precious");
    std::filesystem::create_directory(folder);
    const std::vector<std::string> before = scratch.names();

    expect(heaptape(words_onto(file, false)), 2, "exists; ");
    expect(heaptape(words_onto(scratch.file("none/x" + maker.ending), false)), maker.no_folder,
           "No such file or directory");
    // No folder gives way to a file, whatever is forced. `record` takes one for its tapes, and may not be kept from
    // writing to its shared memory.
    const bool is_record = maker.before[0] == "record";
    if (!is_record) expect(heaptape(words_onto(folder, true)), 2, "is a folder; name a file");
    // A file that may not grow stands for a full disk.
    std::vector<std::string> full{"bash", "-c",
                                  "set -o pipefail; (ulimit -f 0; trap '' XFSZ; exec \"$@\" >/dev/null) 2>&1 | cat >&2",
                                  "bash", heaptape_command()};
    for (const std::string& word : words_onto(file, true)) full.push_back(word);
    if (!is_record) expect(run_command(full), 125, "File too large");
    EXPECT_EQ(read_file(file), "precious");
    EXPECT_EQ(scratch.names(), before);
    if (maker.ending == ".svg" || maker.ending == ".html") continue;  // devices have no such names
    expect(heaptape(words_onto("/dev/full", true)), maker.to_devices ? 125 : 2,
           maker.to_devices ? "No space left on device" : "'/dev/full' is ");
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
    std::filesystem::remove(folder);
  }
}

TEST(Output, SplitKeepsPartsThatAreThereAndNamesAFolderThatCanNotBeMade) {
  const ScratchFolder scratch;
  const auto split = [&](const std::string& folder) {
    return heaptape({"split", tape_of("phases"), "--at", "mark:build", "-o", folder});
  };
  const auto expect = [](const Finished& run, const std::string& part) {
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_TRUE(is_one_sentence(run.err) && contains(run.err, part)) << run.err;
  };
  write_file(scratch.file("file"), "precious");
  expect(split(scratch.file("file")), "can't make");
  expect(split("/dev/full"), "can't make");
  expect(split("/proc/none"), "can't make");
  EXPECT_EQ(split(scratch.path()).status, 0);
  const std::string second = scratch.file("phases.part2.tape"), old = read_file(second);
  ASSERT_FALSE(old.empty());
  ASSERT_EQ(unlink(scratch.file("phases.part1.tape").c_str()), 0);
  expect(split(scratch.path()), "phases.part2.tape' exists; --force replaces it");
  EXPECT_EQ(read_file(second), old);
  EXPECT_EQ(scratch.names(), (std::vector<std::string>{"file", "phases.part2.tape"}));
}

TEST(Output, FunctionsReadAsTheyWereWritten) {
  const std::string text = answer({"top", tape_of("phases"), "--tree", "callees"});
  EXPECT_TRUE(contains(text, "std::vector<std::string>::push_back(std::string&&)")) << text;
  EXPECT_FALSE(contains(text, "std::allocator<")) << text;
  EXPECT_FALSE(contains(text, "anonymous namespace")) << text;
}

}  // namespace
}  // namespace heaptape::testing
