// --at, --from, --to and the filters, end to end: against a naive reading of what `heaptape dump` prints.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "tests/analyzer/naive_selection.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

using Json = nlohmann::json;

// What `dump --json` says of a tape.
struct Dumped {
  struct Place {
    std::uint64_t address = 0;  // in its file
    std::string module;
  };
  std::vector<Event> events;
  std::vector<Json> lines;
  std::map<std::uint32_t, std::vector<Place>> stacks;
  std::map<std::uint32_t, bool> in_program;
};

Dumped dumped(const std::string& tape) {
  Dumped dump;
  std::map<std::uint64_t, std::pair<std::string, std::uint64_t>> modules;  // path and bias
  std::istringstream text(answer({"dump", tape, "--json"}));
  for (std::string row; std::getline(text, row);) {
    const Json line = Json::parse(row);
    if (line.contains("schema")) continue;
    if (line.value("define", "") == "module") modules[line["id"]] = {line["path"], line["bias"]};
    if (line.value("define", "") == "stack") {
      dump.in_program[line["id"]] = line["in_program"];
      for (const Json& frame : line["frames"]) {
        if (frame["module"].is_null()) continue;
        const auto& [path, bias] = modules[frame["module"]];
        dump.stacks[line["id"]].push_back({frame["address"].get<std::uint64_t>() - bias, path});
      }
    }
    if (line.contains("define")) continue;
    Event event{.time_ns = line["time_ns"],
                .address = line.value("address", std::uint64_t{0}),
                .size = line.value("size", std::uint64_t{0}),
                .stack = StackId{line.value("stack", 0u)},
                .thread = ThreadId{line["thread"].get<std::uint32_t>()},
                .kind = EventKind::mark};
    if (line["kind"] == "birth") event.kind = EventKind::birth;
    if (line["kind"] == "release") event.kind = EventKind::release;
    if (line["kind"] == "restored") event.kind = EventKind::restored;
    if (line.value("function", "") == "realloc") event.function = Function::realloc;
    dump.events.push_back(event);
    dump.lines.push_back(line);
  }
  return dump;
}

std::uint64_t place_of_mark(const Dumped& dump, const std::string& name) {
  const auto found = std::find_if(dump.lines.begin(), dump.lines.end(),
                                  [&](const Json& line) { return line["kind"] == "mark" && line["name"] == name; });
  return static_cast<std::uint64_t>(found - dump.lines.begin());
}

Costs sum_of(const NaiveSelection& selection) {
  Costs sum;
  for (const auto& [stack, costs] : selection.stacks) sum += costs;
  return sum;
}

// The sample's tape is small enough for the naive reading only in parts: what it does to find the peak is left out.
NaiveSelection without_peak(const Dumped& dump, std::uint64_t begin, std::uint64_t end,
                            const std::function<bool(const NaiveLife&)>& chooses) {
  const std::vector<NaiveLife> all = live_naively(dump.events, dump.events.size());
  NaiveSelection selection;
  std::size_t i = 0;
  for (const NaiveLife& life : live_naively(dump.events, end)) {
    if (!chooses(all[i++])) continue;
    Costs& costs = selection.stacks[static_cast<std::uint32_t>(life.birth.stack)];
    if (life.is_live) {
      costs.live += life.birth.size;
      ++costs.live_blocks;
    }
    if (life.number <= begin) continue;
    ++costs.count;
    costs.allocated += life.birth.size;
    costs.temporary += life.is_temporary;
    costs.leaked_blocks += life.is_live;
  }
  return selection;
}

// A function's range in an executable, by `nm`.
std::pair<std::uint64_t, std::uint64_t> range_of(const std::string& program, const std::string& function) {
  const Finished run = run_command({"nm", "-SC", program});
  EXPECT_EQ(run.status, 0) << run.err;
  std::istringstream line(line_with(run.out, "::" + function));
  std::uint64_t begin = 0, size = 0;
  line >> std::hex >> begin >> size;
  EXPECT_GT(size, 0u) << function;
  return {begin, begin + size};
}

class OfPhases : public ::testing::Test {
 protected:
  OfPhases() : dump_(dumped(tape_of("phases"))) {}
  bool in_program(const NaiveLife& life) const {
    return dump_.in_program.at(static_cast<std::uint32_t>(life.birth.stack));
  }
  std::uint64_t end() const { return dump_.events.size(); }
  Json top(std::vector<std::string> words) const {
    words.insert(words.begin(), {"top", tape_of("phases")});
    return json_answer(words);
  }
  static void expect_same(const Json& report, const NaiveSelection& naive) {
    const Costs sum = sum_of(naive);
    EXPECT_GT(sum.count, 0u);
    EXPECT_EQ(report["total"]["allocations"], sum.count);
    EXPECT_EQ(report["total"]["allocated_bytes"], sum.allocated);
    EXPECT_EQ(report["total"]["temporary"], sum.temporary);
  }
  Dumped dump_;
};

TEST_F(OfPhases, AnInstantHasWhatWasLiveThen) {
  const std::uint64_t query = place_of_mark(dump_, "query");
  const Costs sum = sum_of(without_peak(dump_, 0, query, [&](const NaiveLife& life) { return in_program(life); }));
  const Json report = top({"--at", "mark:query"});
  EXPECT_EQ(report["cost"], "live");
  EXPECT_EQ(report["total"], Json({{"live_bytes", sum.live}, {"live_blocks", sum.live_blocks}}));
  EXPECT_EQ(report["selection"]["at"]["word"], "mark:query");
  EXPECT_EQ(report["selection"]["at"]["event"], query);
  const Json leaks = json_answer({"leaks", tape_of("phases"), "--at", "mark:query"});
  EXPECT_EQ(leaks["bytes"].get<std::uint64_t>() + leaks["residue_bytes"].get<std::uint64_t>(), sum.live);
  EXPECT_EQ(leaks["called"], "live");
}

TEST_F(OfPhases, ThePeaksInstantHasThePeak) {
  for (const char* layer : {"user", "program", "all"}) {
    const Json peak = json_answer({"summary", tape_of("phases"), "--layer", layer});
    const Json report = top({"--at", "peak", "--layer", layer});
    EXPECT_EQ(report["total"]["live_bytes"], peak["peak_bytes"]) << layer;
    EXPECT_EQ(report["total"]["live_blocks"], peak["peak_blocks"]) << layer;
  }
}

TEST_F(OfPhases, ARangeCountsWhatIsAllocatedInIt) {
  const std::uint64_t build = place_of_mark(dump_, "build"), query = place_of_mark(dump_, "query");
  const NaiveSelection naive =
      without_peak(dump_, build, query, [&](const NaiveLife& life) { return in_program(life); });
  const Json report = top({"--from", "mark:build", "--to", "mark:query"});
  expect_same(report, naive);
  EXPECT_EQ(report["total"]["leaked_blocks"], sum_of(naive).leaked_blocks);
}

TEST_F(OfPhases, WasteOfARangeIsOfTheBlocksThatTopCounts) {
  std::vector<std::string> words{"waste",      tape_of("phases"), "--json", "--from",  "mark:build", "--to",
                                 "mark:query", "--size",          "..4KiB", "--layer", "all"};
  const Json waste = Json::parse(answer(words)), whole = json_answer({"waste", tape_of("phases")});
  words[0] = "top";
  const Json blocks = Json::parse(answer(words));
  EXPECT_EQ(waste["selection"], blocks["selection"]);
  EXPECT_EQ(waste["total"]["allocations"], blocks["total"]["allocations"]);
  EXPECT_EQ(waste["total"]["allocated_bytes"], blocks["total"]["allocated_bytes"]);
  EXPECT_GT(waste["begin_ns"], whole["begin_ns"]);
  EXPECT_LT(waste["duration_ns"], whole["duration_ns"]);
}

TEST_F(OfPhases, SizesAndLifetimesBoundTheBlocks) {
  expect_same(top({"--layer", "all", "--size", "32..4KiB", "--lifetime", "100us.."}),
              without_peak(dump_, 0, end(), [&](const NaiveLife& life) {
                return life.birth.size >= 32 && life.birth.size <= 4096 && life.lifetime_ns() >= 100'000;
              }));
  expect_same(top({"--layer", "all", "--lifetime", "..15ms"}),
              without_peak(dump_, 0, end(), [&](const NaiveLife& life) { return life.lifetime_ns() <= 15'000'000; }));
}

// Steps of time over a range, and what was live in each, by replaying the dump in the plainest way.
TEST_F(OfPhases, ATimelinesStepsAreTheLiveBytesOfTheirTime) {
  constexpr std::uint64_t kSteps = 37;
  for (const std::vector<std::string>& range :
       {std::vector<std::string>{}, {"--from", "mark:build", "--to", "mark:teardown"}, {"--layer", "all"}}) {
    std::vector<std::string> words{"timeline", tape_of("phases"), "--steps", std::to_string(kSteps)};
    words.insert(words.end(), range.begin(), range.end());
    const Json report = json_answer(words);
    const bool is_part = report.contains("selection"), is_all = report["layer"] == "all";
    const std::uint64_t begin = is_part ? place_of_mark(dump_, "build") : 0;
    const std::uint64_t stop = is_part ? place_of_mark(dump_, "teardown") : end();
    const std::uint64_t begin_ns = is_part ? report["begin_ns"].get<std::uint64_t>() : 0;
    const std::uint64_t length = report["duration_ns"].get<std::uint64_t>() - begin_ns;
    const auto step_of = [&](std::uint64_t time) {
      std::uint64_t step = 0;
      while (step + 1 < kSteps && begin_ns + (step + 1) * length / kSteps <= time) ++step;
      return step;
    };
    std::map<std::uint64_t, std::uint64_t> live;  // size by address
    std::uint64_t bytes = 0, now = 0;
    std::vector<std::array<std::uint64_t, 3>> steps(kSteps);  // low, high, last
    for (std::uint64_t number = 1; number <= stop; ++number) {
      const Event& event = dump_.events[number - 1];
      if (number > begin) {
        const std::uint64_t step = step_of(event.time_ns);
        while (now < step) steps[++now] = {bytes, bytes, bytes};
      }
      if (event.kind == EventKind::birth && (is_all || dump_.in_program.at(static_cast<std::uint32_t>(event.stack)))) {
        live[event.address] = event.size;
        bytes += event.size;
      } else if (event.kind == EventKind::release && live.contains(event.address)) {
        bytes -= live[event.address];
        live.erase(event.address);
      }
      if (number < begin) continue;
      if (number == begin) {
        steps[0] = {bytes, bytes, bytes};
        continue;
      }
      steps[now] = {std::min(steps[now][0], bytes), std::max(steps[now][1], bytes), bytes};
    }
    while (now + 1 < kSteps) steps[++now] = {bytes, bytes, bytes};
    ASSERT_EQ(report["steps"].size(), kSteps);
    for (std::uint64_t step = 0; step < kSteps; ++step) {
      const Json& told = report["steps"][step];
      EXPECT_EQ(told["begin_ns"], begin_ns + step * length / kSteps);
      EXPECT_EQ(Json({told["low"], told["high"], told["last"]}), Json(steps[step])) << step;
    }
    EXPECT_EQ(report["live_at_end"], bytes);
    EXPECT_EQ(report["marks"].size(), is_part ? 3u : 4u);
  }
}

TEST_F(OfPhases, AFunctionIsWhereTheSymbolTableHasIt) {
  const auto [first, last] = range_of(sample("phases"), "word(int)");
  const std::string program = sample("phases");
  const std::string name = program.substr(program.rfind('/'));
  const auto passes = [&](const NaiveLife& life) {
    const auto& stack = dump_.stacks[static_cast<std::uint32_t>(life.birth.stack)];
    return std::any_of(stack.begin(), stack.end(), [&](const Dumped::Place& place) {
      return place.module.ends_with(name) && place.address >= first && place.address < last;
    });
  };
  const Json by_function = top({"--layer", "all", "--function", "word(int)", "--module", "*phases"});
  expect_same(by_function, without_peak(dump_, 0, end(), passes));
  EXPECT_EQ(by_function["selection"]["functions"], Json({"word(int)"}));
}

TEST(Selection, ThreadsAreChosenByNameOrTid) {
  const Dumped dump = dumped(tape_of("threads"));
  std::map<std::string, std::uint32_t> tids;
  std::istringstream text(answer({"dump", tape_of("threads"), "--json"}));
  std::uint64_t sum = 0;
  for (std::string row; std::getline(text, row);) {
    const Json line = Json::parse(row);
    if (line.value("define", "") != "thread" || line["tid"] == 0) continue;
    const std::uint64_t count = std::count_if(dump.events.begin(), dump.events.end(), [&](const Event& event) {
      return event.kind == EventKind::birth && event.thread == ThreadId{line["id"].get<std::uint32_t>()};
    });
    const std::string tid = std::to_string(line["tid"].get<std::uint32_t>());
    EXPECT_EQ(json_answer({"top", tape_of("threads"), "--layer", "all", "--thread", tid})["total"]["allocations"],
              count);
    sum += count;
  }
  EXPECT_EQ(json_answer({"top", tape_of("threads"), "--layer", "all", "--thread", "*"})["total"]["allocations"], sum);
}

TEST(Selection, LifetimesAreOfTheBlocksThatTopCounts) {
  const std::string& tape = tape_of("threads");
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--layer", "all"}, {"--size", "..100"}, {"--from", "1ms", "--to", "5ms"}}) {
    std::vector<std::string> top{"top", tape}, lifetimes{"lifetimes", tape};
    top.insert(top.end(), options.begin(), options.end());
    lifetimes.insert(lifetimes.end(), options.begin(), options.end());
    const Json counted = json_answer(top)["total"], lived = json_answer(lifetimes)["total"];
    EXPECT_EQ(lived["allocations"], counted["allocations"]);
    EXPECT_EQ(lived["temporary"], counted["temporary"]);
  }
  // Four threads pass on half of what they allocate.
  EXPECT_GE(json_answer({"lifetimes", tape})["total"]["freed_elsewhere"], 2000u);
  EXPECT_TRUE(contains(answer({"lifetimes", tape, "--by", "thread"}), "Freed by another thread\n"));
}

TEST(Selection, TextAndPicturesNameIt) {
  const ScratchFolder scratch;
  const std::string& tape = tape_of("phases");
  EXPECT_TRUE(
      contains(answer({"top", tape, "--from", "mark:build", "--size", "..64"}), "layer program · from mark:build ("));
  EXPECT_TRUE(contains(answer({"top", tape, "--from", "mark:build", "--size", "..64"}), " · size ..64 B\n"));
  EXPECT_TRUE(contains(answer({"leaks", tape, "--at", "peak"}), "live blocks · layer program · live at peak ("));
  for (const char* view : {"timeline", "icicle"}) {
    const std::string picture = scratch.file(std::string(view) + ".svg");
    answer({"render", tape, "--view", view, "--from", "mark:build", "--function", "build", "-o", picture});
    EXPECT_TRUE(contains(read_file(picture), "function build</text>") || contains(read_file(picture), "function build"))
        << view;
  }
}

TEST(Selection, WhatMeansNothingIsRefusedInOneSentence) {
  for (const char* option : {"--at", "--from", "--size"})
    expect_refused({"summary", tape_of("phases"), option, "1ms"}, 2, "ask 'heaptape top', which takes");
  const auto expect = [](const std::vector<std::string>& options, const std::string& part) {
    std::vector<std::string> words{"top", tape_of("phases")};
    words.insert(words.end(), options.begin(), options.end());
    const Finished run = heaptape(words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_TRUE(contains(run.err, part)) << run.err;
    EXPECT_EQ(run.out, "");
  };
  expect({"--from", "mark:query", "--to", "mark:load"}, "--from lies behind --to");
  expect({"--at", "peak", "--to", "end"}, "--at names an instant");
  expect({"--at", "peak", "--cost", "count"}, "leave out --cost");
  expect({"--at", "mark:nix"}, "no mark 'nix'");
  expect({"--at", "1h"}, "behind the end of the tape");
  expect({"--size", "9..3"}, "'9..3' is empty: 9 is more than 3");
  expect({"--size", "9"}, "'9' is no range, such as 64..4KiB");
  expect({"--lifetime", "2s..1s"}, "'2s..1s' is empty");
  expect({"--thread", "nobody"}, "no thread of the tape is 'nobody'");
  expect({"--function", "nothing"}, "no stack of the tape passes through a function that matches 'nothing'");
  expect({"--file", "nothing.cc"}, "source file that matches 'nothing.cc'");
  expect({"--module", "libnothing"}, "module that matches 'libnothing'");
  const ScratchFolder scratch;
  const std::string aggregate = scratch.file("a.tape");
  answer({"pack", tape_of("phases"), "--keep", "aggregate", "-o", aggregate});
  const Finished refused = heaptape({"top", aggregate, "--size", "1.."});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(contains(refused.err, "as an aggregate only")) << refused.err;
  EXPECT_EQ(json_answer({"leaks", aggregate, "--at", "end", "--layer", "all"})["residue_bytes"],
            json_answer({"leaks", tape_of("phases"), "--layer", "all"})["residue_bytes"]);
}

}  // namespace
}  // namespace heaptape::testing
