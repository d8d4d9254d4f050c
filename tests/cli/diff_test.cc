// heaptape diff: its figures against both summaries and a recount of the events; what must not look like a change.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/cli/broken_tapes.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

using Json = nlohmann::json;

std::int64_t number(const Json& value) { return value.get<std::int64_t>(); }

const std::vector<std::string> kFigures{"peak_bytes", "allocated_bytes", "allocations", "temporary", "leaked_bytes"};

// Totals of the recorded events, by layer `all`: allocations, bytes, live at the end.
std::map<std::string, std::int64_t> recounted(const std::string& tape) {
  std::map<std::string, std::int64_t> figures;
  std::map<std::uint64_t, std::int64_t> live;
  std::istringstream lines(answer({"dump", "--json", tape}));
  for (std::string text; std::getline(lines, text);) {
    const Json line = Json::parse(text);
    if (line.value("kind", "") == "birth") {
      ++figures["allocations"];
      figures["allocated_bytes"] += number(line["size"]);
      live[line["address"]] = number(line["size"]);
    } else if (line.value("kind", "") == "release") {
      live.erase(line["address"]);
    }
  }
  for (const auto& [address, size] : live) figures["live_bytes"] += size;
  return figures;
}

class DiffOfSamples : public ::testing::TestWithParam<const char*> {
 protected:
  const std::string before = tape_of("phases"), after = tape_of("threads");
  Json diff(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"diff", before, "--", after, "--any-program", "--layer", GetParam()};
    words.insert(words.end(), more.begin(), more.end());
    return json_answer(words);
  }
};

TEST_P(DiffOfSamples, TotalsAreTheDifferenceOfBothSummaries) {
  const Json total = diff()["total"];
  const Json base = json_answer({"summary", before, "--layer", GetParam()});
  const Json now = json_answer({"summary", after, "--layer", GetParam()});
  for (const char* figure : {"peak_bytes", "allocated_bytes", "allocations", "temporary", "live_bytes"}) {
    EXPECT_EQ(total[figure]["base"], base[figure]) << figure;
    EXPECT_EQ(total[figure]["new"], now[figure]) << figure;
    EXPECT_EQ(number(total[figure]["change"]), number(now[figure]) - number(base[figure])) << figure;
  }
  const Json leaks = json_answer({"leaks", after, "--layer", GetParam()});
  EXPECT_EQ(total["leaked_bytes"]["new"], leaks["bytes"]);
  EXPECT_EQ(total["residue_bytes"]["new"], leaks["residue_bytes"]);
}

TEST_P(DiffOfSamples, SitesAddUpToTheTotals) {
  for (const char* cost : {"peak", "count"}) {
    const Json report = diff({"--cost", cost});
    for (const std::string& figure : kFigures) {
      std::int64_t sum = 0;
      for (const Json& site : report["sites"]) sum += number(site[figure]["change"]);
      EXPECT_EQ(sum, number(report["total"][figure]["change"])) << figure;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, DiffOfSamples, ::testing::Values("user", "program", "all"));

TEST(Diff, AgreesWithARecountOfTheEvents) {
  const Json total =
      json_answer({"diff", tape_of("leaking"), tape_of("basic_usage"), "--any-program", "--layer", "all"})["total"];
  const auto base = recounted(tape_of("leaking")), now = recounted(tape_of("basic_usage"));
  for (const auto& [figure, value] : base) {
    EXPECT_EQ(number(total[figure]["base"]), value) << figure;
    EXPECT_EQ(number(total[figure]["change"]), now.at(figure) - value) << figure;
  }
}

TEST(Diff, OfATapeWithItselfHasNoSites) {
  const Json report = json_answer({"diff", tape_of("phases"), tape_of("phases")});
  EXPECT_TRUE(report["sites"].empty());
  EXPECT_GT(number(report["unchanged"]), 0);
  EXPECT_TRUE(contains(answer({"diff", tape_of("phases"), tape_of("phases")}), "no site changed by peak"));
}

TEST(Diff, PackedTapesAndAggregatesCompareAsTheTapesThatTheyAreOf) {
  const ScratchFolder scratch;
  answer({"pack", tape_of("leaking"), "-o", scratch.file("base.tape"), "--keep", "aggregate"});
  answer({"pack", tape_of("leaking"), "-o", scratch.file("packed.tape")});
  for (const char* name : {"base.tape", "packed.tape"}) {
    const Json report = json_answer({"diff", scratch.file(name), tape_of("leaking")});
    EXPECT_TRUE(report["sites"].empty()) << report["sites"].dump(2);
    const bool has_events = std::string(name) == "packed.tape";
    EXPECT_EQ(report["total"].contains("lifetimes"), has_events);
    EXPECT_EQ(contains(report["caveats"].dump(), "as an aggregate only: lifetimes are not compared"), !has_events);
  }
}

TEST(Diff, LifetimesAreThoseOfBothTapes) {
  const std::string before = tape_of("before/cache"), after = tape_of("after/cache"), mark = "mark:100 requests#2";
  for (const bool aligned : {false, true}) {
    std::vector<std::string> words{"diff", before, after}, base{"lifetimes", before}, now{"lifetimes", after};
    if (aligned) words.insert(words.end(), {"--align", mark});
    for (auto* one : {&base, &now})
      if (aligned) one->insert(one->end(), {"--to", mark});
    const Json report = json_answer(words), of_base = json_answer(base), of_now = json_answer(now);
    const Json& changes = report["total"]["lifetimes"];
    const auto expect_side = [&](const char* side, const Json& total) {
      const bool any = number(total["allocations"]) > number(total["live_blocks"]);
      for (const auto& [key, quantile] : {std::pair("lifetime_ns", "p50"), {"lifetime_ns", "p90"}, {"distance", "p50"}})
        EXPECT_EQ(changes[key][quantile][side], any ? total[key][quantile] : Json()) << key;
      EXPECT_EQ(number(changes["released"][side]), number(total["allocations"]) - number(total["live_blocks"]));
      EXPECT_NEAR(changes["byte_seconds"][side].get<double>(), total["byte_seconds"].get<double>(), 1e-3);
    };
    expect_side("base", of_base["total"]);
    expect_side("new", of_now["total"]);
    // A site of a diff is a function, whatever the line.
    double byte_seconds = 0;
    for (const Json& site : of_now["sites"])
      if (contains(site["function"], "Cache::get")) byte_seconds += site["byte_seconds"].get<double>();
    for (const Json& site : report["sites"])
      if (contains(site["function"], "Cache::get")) {
        EXPECT_NEAR(site["lifetimes"]["byte_seconds"]["new"].get<double>(), byte_seconds, 1e-3);
      }
  }
  for (const char* form : {"", "--markdown"}) {
    std::vector<std::string> words{"diff", before, after};
    if (*form != 0) words.emplace_back(form);
    EXPECT_TRUE(contains(answer(words), "lifetime p50")) << form;
  }
}

TEST(Diff, AlignedAtAMarkIsThatOfBothTapesCutThere) {
  const ScratchFolder scratch;
  for (const char* mark : {"build", "query"}) {
    const std::string word = std::string("mark:") + mark;
    answer({"cut", tape_of("phases"), "--to", word, "-o", scratch.file(word)});
    const Json aligned = json_answer({"diff", tape_of("phases"), tape_of("phases"), "--align", word});
    const Json cut = json_answer({"summary", scratch.file(word)});
    for (const char* figure : {"peak_bytes", "allocated_bytes", "allocations", "live_bytes", "temporary"})
      EXPECT_EQ(aligned["total"][figure]["new"], cut[figure]) << mark << " " << figure;
  }
  const Json peak = json_answer({"diff", tape_of("phases"), tape_of("phases"), "--align", "peak"});
  EXPECT_EQ(peak["total"]["live_bytes"]["new"], peak["total"]["peak_bytes"]["new"]);
}

// A program of its own for each build.
const char* const kProgram = R"(#include <cstdio>
#include <memory>
#include <string>
#include <vector>
namespace {
template <class Value> struct Table {
  std::vector<std::unique_ptr<Value>> rows;
  void add(Value value) { rows.push_back(std::make_unique<Value>(value)); }
};
struct Row { int id; char text[60]; };
std::string title(int number) { return "a title that is long enough for the heap " + std::to_string(number); }
int fill(Table<Row>& table) {
  int sum = 0;
  for (int i = 0; i < 300; ++i) { table.add(Row{i, "x"}); sum += static_cast<int>(title(i).size()); }
  return sum;
}
}
int main() { Table<Row> table; std::printf("%d\n", fill(table)); }
)";

class TwoBuilds : public ::testing::Test {
 protected:
  std::string tape_of_build(const std::string& name, const std::string& source,
                            const std::vector<std::string>& options) const {
    const std::string folder = scratch.file(name);
    EXPECT_EQ(run_command({"mkdir", folder}).status, 0);
    write_file(folder + "/rows.cc", source);
    std::vector<std::string> command{"g++", "-g", "-std=c++20", folder + "/rows.cc", "-o", folder + "/rows"};
    command.insert(command.end(), options.begin(), options.end());
    EXPECT_EQ(run_command(command).status, 0);
    EXPECT_EQ(record(folder + ".tape", {folder + "/rows"}).status, 0);
    return folder + ".tape";
  }
  static std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
      text.replace(at, what.size(), by);
    return text;
  }
  static void expect_no_change(const std::string& base, const std::string& now) {
    const Json report = json_answer({"diff", base, now, "--cost", "count"});
    EXPECT_GT(number(report["total"]["allocations"]["base"]), 600);
    for (const Json& site : report["sites"]) EXPECT_EQ(number(site["allocations"]["change"]), 0) << site.dump(2);
  }
  const ScratchFolder scratch;
};

TEST_F(TwoBuilds, OtherLinesAndAddressesAreNoChange) {
  const std::string base = tape_of_build("base", kProgram, {"-O1"});
  expect_no_change(base, tape_of_build("lines", std::string("// A comment.\n\n// And more.\n") + kProgram, {"-O1"}));
  expect_no_change(base, tape_of_build("fixed", kProgram, {"-O1", "-no-pie", "-DUNUSED"}));
}

TEST_F(TwoBuilds, InliningIsNoChange) {
  expect_no_change(tape_of_build("plain", kProgram, {"-O0"}), tape_of_build("inlined", kProgram, {"-O2"}));
}

TEST_F(TwoBuilds, RenamedTemplateArgumentsAreNoChange) {
  expect_no_change(tape_of_build("base", kProgram, {"-O1"}),
                   tape_of_build("renamed", replaced(kProgram, "Row", "Record"), {"-O1"}));
}

TEST_F(TwoBuilds, ARealChangeIsShownWhereItIs) {
  const std::string base = tape_of_build("base", kProgram, {"-O0"});
  const std::string now =
      tape_of_build("more", replaced(kProgram, "sum += static", "title(i); sum += static"), {"-O2"});
  const Json report = json_answer({"diff", base, now, "--cost", "count"});
  const Json& site = report["sites"].at(0);
  EXPECT_TRUE(contains(site["function"], "title")) << site.dump(2);
  EXPECT_EQ(number(site["allocations"]["change"]), 300);
  EXPECT_EQ(number(report["total"]["allocations"]["change"]), 300);
}

TEST_F(TwoBuilds, WhatRunsOfOneSideDifferByIsNoise) {
  const auto tape_with = [&](int rows) {
    return tape_of_build(std::to_string(rows), replaced(kProgram, "300", std::to_string(rows)), {"-O1"});
  };
  const std::vector<std::string> base{tape_with(300), tape_with(304), tape_with(302)};
  std::vector<std::string> words{"diff", base[0], base[1], base[2], "--", tape_with(307), "--cost", "count"};
  const Json noise = json_answer(words);
  EXPECT_TRUE(noise["total"]["allocations"].value("noise", false)) << noise["total"].dump(2);
  EXPECT_EQ(number(noise["within_noise"]), static_cast<std::int64_t>(noise["sites"].size()));
  EXPECT_TRUE(contains(answer(words), "no more than runs of one side do: noise, not shown"));
  words[5] = tape_with(400);
  const Json change = json_answer(words);
  EXPECT_FALSE(change["total"]["allocations"].value("noise", false));
  EXPECT_EQ(number(change["within_noise"]), 0);
  EXPECT_EQ(number(change["total"]["allocations"]["base"]), number(noise["total"]["allocations"]["base"]));
}

TEST(Diff, SaysInOneSentenceWhatIsWrong) {
  const std::string phases = tape_of("phases"), threads = tape_of("threads");
  expect_refused({"diff", phases, threads}, 2, "is of 'phases', " + threads + " of 'threads'; give --any-program");
  expect_refused({"diff", phases}, 2, "two tapes, or BASE");
  expect_refused({"diff", phases, phases, phases}, 2, "two tapes, or BASE");
  expect_refused({"diff", phases, "--"}, 2, "two tapes, or BASE");
  expect_refused({"diff", "--", phases}, 2, "two tapes, or BASE");
  expect_refused({"diff", phases, "--", phases, "--", phases}, 2, "two tapes, or BASE");
  expect_refused({"diff"}, 2, "see 'heaptape diff --help'");
  expect_refused({"diff", phases, "--", phases, "--cost", "beauty"}, 2, "'beauty' is no cost");
  expect_refused({"diff", phases, phases, "--align", "mark:lunch"}, 2, "the tape has no mark 'lunch'");
  expect_refused({"diff", phases, phases, "--align", "noon"}, 2, "'noon' is no instant");
  expect_refused({"diff", phases, phases, "--json", "--markdown"}, 2, "exclude each other");
  expect_refused({"diff", phases, "/nowhere.tape"}, 3, "/nowhere.tape does not exist");
  expect_refused({"diff", "/dev/null", phases}, 3, "/dev/null");
}

TEST(Diff, ShowsTheCaveatsOfEitherSide) {
  const ScratchFolder scratch;
  write_file(scratch.file("cut.tape"), cut_in_half(read_file(tape_of("phases"))));
  const std::vector<std::string> words{"diff", tape_of("phases"), scratch.file("cut.tape")};
  EXPECT_TRUE(contains(answer(words), "cut.tape: the tape has no index (cut,"));
  std::vector<std::string> markdown = words;
  markdown.emplace_back("--markdown");
  EXPECT_TRUE(contains(answer(markdown), "> **note**: "));
  const Json report = json_answer(words);
  EXPECT_EQ(report["base"]["runs"][0]["exact"], true);
  EXPECT_EQ(report["new"]["runs"][0]["exact"], false);
  EXPECT_EQ(report["caveats"][0]["reason"], "cut");
}

TEST(Diff, SamplesShowTheirMargins) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("s.tape"), {sample("phases")}, {"--sample", "4KiB"}).status, 0);
  const std::string text = answer({"diff", tape_of("phases"), scratch.file("s.tape")});
  EXPECT_TRUE(contains(line_with(text, "  peak  "), "(± ")) << text;
  EXPECT_TRUE(contains(text, "were recorded with") || contains(text, "was recorded with no filter")) << text;
}

TEST(Diff, TheSamplesPairShowsWhatGrew) {
  const std::string text = answer({"diff", tape_of("before/cache"), tape_of("after/cache")});
  EXPECT_TRUE(contains(line_with(text, "+700 %"), "Cache::render")) << text;
  const std::string markdown = answer({"diff", tape_of("before/cache"), "--", tape_of("after/cache"), "--markdown"});
  EXPECT_TRUE(contains(line_with(markdown, "`Cache::render"), "| +700 % |")) << markdown;
}

}  // namespace
}  // namespace heaptape::testing
