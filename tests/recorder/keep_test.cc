// The flight recorder: of a long run the newest part is kept, and the figures of all of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/private_place.h"
#include "tests/support/recording.h"
#include "tests/support/sanitized.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

constexpr char kEvents[] = "800000";

nlohmann::json report(const std::vector<std::string>& words) {
  std::vector<std::string> argv{heaptape_command()};
  argv.insert(argv.end(), words.begin(), words.end());
  argv.emplace_back("--json");
  nlohmann::json json = nlohmann::json::parse(run_command(argv).out);
  // What differs from run to run, and what is said of the aggregate.
  for (const char* key : {"tape", "caveats", "ledger", "others", "duration_ns", "rss_peak_bytes", "command",
                          "peak_time_ns", "started_unix_ns", "pid", "parent_pid", "growth_from_ns"})
    json.erase(key);
  for (auto& [name, layer] : json["layers"].items()) layer.erase("peak_time_ns");
  if (json.contains("peak")) json["peak"].erase("time_ns");
  if (json["schema"] == "heaptape.leaks")  // how they grew is not told where a tape begins with an aggregate
    for (const char* list : {"sites", "residue"})
      for (auto& site : json[list]) site.erase("levels"), site.erase("growth");
  return json;
}

TEST(FlightRecorder, GivesTheFiguresOfTheWholeRunFromAFileOfTheSizeAskedFor) {
  const ScratchFolder scratch;
  const std::string whole = scratch.file("whole.tape"), kept = scratch.file("kept.tape");
  ASSERT_EQ(record(whole, {test_program("turnover"), kEvents}).status, 0);
  ASSERT_EQ(record(kept, {test_program("turnover"), kEvents}, {"--keep", "last:1MiB"}).status, 0);
  EXPECT_GT(std::filesystem::file_size(whole), 3u << 19);
  EXPECT_LE(std::filesystem::file_size(kept), (1u << 20) + (1u << 17));
  EXPECT_EQ(scratch.names(), (std::vector<std::string>{"kept.tape", "whole.tape"}));
  const TapeReader tape(kept);
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_GT(tape.opening().events, 100'000u);
  EXPECT_FALSE(tape.ledger().lossy());
  for (const char* layer : {"program", "all"}) {
    for (const char* name : {"summary", "peaks", "leaks"})
      EXPECT_EQ(report({name, kept, "--layer", layer}), report({name, whole, "--layer", layer})) << name;
    for (const char* cost : {"peak", "allocated", "count", "temporary", "leaked"})
      EXPECT_EQ(report({"top", kept, "--layer", layer, "--cost", cost}),
                report({"top", whole, "--layer", layer, "--cost", cost}))
          << cost;
  }
}

TEST(FlightRecorder, LeavesAWholeFileWheneverItIsKilled) {
  const ScratchFolder scratch;
  for (int run = 0; run < 6; ++run) {
    const std::string path = scratch.file(std::to_string(run) + ".tape");
    const Finished killed = run_command(
        {"timeout", "200", "sh", "-c",
         "$heaptape record --keep last:1MiB -o $tape -- sh -c 'echo $HEAPTAPE_SESSION; exec $program 100000000' & \n"
         // A drain that is busy writes its answer later.
         "until status=$($heaptape ctl status $! 2>/dev/null) && [ -n \"$status\" ]; do sleep 0.01; done\n"
         "drain=$(echo \"$status\" | sed -n 's/.*drain \\([0-9]*\\),.*/\\1/p')\n"
         "command=$(echo \"$status\" | sed -n 's/.*command \\([0-9]*\\),.*/\\1/p')\n"
         // A million events are more than the tape keeps.
         "until $heaptape ctl status $! | grep -Eq ' [0-9]+,[0-9]{3},[0-9]{3} '; do sleep 0.01; done\n"
         "sleep 0.0" +
             std::to_string(run) + "; kill -9 $drain; kill -9 $command; wait $!"},
        {.environment = {"heaptape=" + heaptape_command(), "tape=" + path, "program=" + test_program("turnover")}});
    std::filesystem::remove_all(killed.out.substr(0, killed.out.find('\n')));
    int cut = 0;
    for (const std::string& name : scratch.names()) {
      if (!name.starts_with(std::to_string(run)) || !name.ends_with(".tape")) continue;
      const TapeReader tape(scratch.file(name));
      EXPECT_NE(tape.condition(), Condition::damaged) << name;
      if (tape.condition() == Condition::cut) {  // the shell's own was whole when it became the program
        ++cut;
        EXPECT_GT(tape.opening().events, 0u) << name;
      }
      EXPECT_LE(tape.file_bytes(), (1u << 20) + (1u << 18)) << name;
      EXPECT_EQ(tape.ledger()[Loss::unmatched_frees], 0u) << name;
      EXPECT_EQ(tape.ledger()[Loss::overlapping_births], 0u) << name;
      EXPECT_EQ(tape.totals().all.allocations - tape.totals().all.frees, tape.totals().all.live_blocks);
    }
    EXPECT_EQ(cut, 1);
  }
}

// All that does not depend on the clock.
LayerTotals figures_of(const TapeReader& tape) {
  LayerTotals totals = tape.totals();
  totals.program.peak_time_ns = totals.all.peak_time_ns = 0;
  return totals;
}

TEST(FlightRecorder, WhoseDrainIsKilledIsRecoveredToTheLastEventWithTheFiguresOfTheWholeRun) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  const std::string path = scratch.file("a.tape"), whole = scratch.file("whole.tape");
  ASSERT_EQ(record(whole, {test_program("turnover"), kEvents}, {}, place.options()).status, 0);
  const TapeReader expected(whole);
  int complete = 0;
  for (const char* before : {"1", "30", "300", "1000", "3000"}) {
    SCOPED_TRACE(before);
    const Finished run =
        record(path, {test_program("turnover"), kEvents, before}, {"--force", "--keep", "last:1MiB"}, place.options());
    ASSERT_EQ(run.status, 0) << run.err;
    ASSERT_NE(run.err.find("drain died"), std::string::npos) << run.err;
    const Finished recovered = run_command({heaptape_command(), "recover"}, place.options());
    const TapeReader tape(path);
    EXPECT_EQ(tape.condition(), Condition::whole);
    EXPECT_GT(tape.opening().events, 100'000u);
    // Where the drain had fallen behind, the chunks that it left free may not do for the rest: that is counted.
    const std::uint64_t dropped = tape.ledger()[Loss::dropped_events];
    EXPECT_EQ(recovered.status, dropped == 0 ? 0 : 4) << recovered.out << recovered.err;
    EXPECT_EQ(tape.events() + dropped, expected.events());
    if (dropped != 0) continue;
    ++complete;
    EXPECT_EQ(figures_of(tape), figures_of(expected));
    EXPECT_FALSE(tape.ledger().lossy());
    EXPECT_EQ(scratch.names(), (std::vector<std::string>{"a.tape", "whole.tape"}));
    EXPECT_TRUE(place.sessions().empty());
  }
  EXPECT_GT(complete, 0);
}

// While it writes a block, and while it writes the tape anew.
TEST(FlightRecorder, WhoseDrainIsKilledWhileItWritesIsRecoveredTooWithNothingCountedTwice) {
  if (kSanitized) GTEST_SKIP() << "nothing can be preloaded into a sanitised tool";
  const ScratchFolder scratch;
  const PrivatePlace place;
  ASSERT_EQ(record(scratch.file("whole.tape"), {test_program("turnover"), kEvents}, {}, place.options()).status, 0);
  const std::uint64_t expected = TapeReader(scratch.file("whole.tape")).events();
  int rewritten = 0;
  for (const char* how : {"before", "half", "after"})
    for (int write = 60; write <= sized(400, 1000); write += 37) {
      SCOPED_TRACE(how + std::string(" write ") + std::to_string(write));
      CommandOptions run = place.options();
      run.environment.push_back("LD_PRELOAD=" + test_program("libfaulty_writes.so"));
      run.environment.push_back(std::string("HEAPTAPE_TEST_WRITES=") + how + " " + std::to_string(write));
      const Finished orphaned =
          record(scratch.file("a.tape"), {test_program("turnover"), kEvents}, {"--force", "--keep", "last:1MiB"}, run);
      EXPECT_TRUE(orphaned.status == 0 || orphaned.status == 125) << orphaned.err;  // 125: the drain knew how it ended
      if (orphaned.err.find("drain died") == std::string::npos) continue;           // it had no more to write
      const Finished recovered = run_command({heaptape_command(), "recover"}, place.options());
      EXPECT_TRUE(recovered.status == 0 || recovered.status == 4) << recovered.out << recovered.err;
      const TapeReader tape(scratch.file("a.tape"));
      EXPECT_EQ(tape.condition(), Condition::whole);
      EXPECT_EQ(tape.events() + tape.ledger()[Loss::dropped_events], expected) << recovered.out;
      EXPECT_EQ(scratch.names(), (std::vector<std::string>{"a.tape", "whole.tape"}));
      rewritten += tape.opening().events != 0;
    }
  EXPECT_GT(rewritten, 3);
}

TEST(FlightRecorder, ATapeThatIsWrittenAnewIsWaitedForToItsEnd) {
  const ScratchFolder scratch;
  const Finished run = run_command(
      {"sh", "-c",
       "$heaptape record --keep last:1MiB -o $tape -- $program 800000 & until [ -s $tape ]; do sleep 0.01; done\n"
       "$heaptape wait $tape && $heaptape summary $tape >/dev/null; echo $?; wait $!"},
      {.environment = {"heaptape=" + heaptape_command(), "tape=" + scratch.file("a.tape"),
                       "program=" + test_program("turnover")}});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "0\n") << run.err;
  EXPECT_GT(TapeReader(scratch.file("a.tape")).opening().events, 100'000u);
}

TEST(FlightRecorder, ASizeThatIsNoneGivesOneSentence) {
  const ScratchFolder scratch;
  for (const char* keep : {"last:", "last:1KiB", "64MiB", "last:-1", "first:64MiB", "last:x"}) {
    const Finished run = record(scratch.file("a.tape"), {"true"}, {std::string("--keep=") + keep});
    EXPECT_EQ(run.status, 2);
    EXPECT_NE(run.err.find("last:SIZE"), std::string::npos) << run.err;
  }
  EXPECT_TRUE(scratch.names().empty());
}

}  // namespace
}  // namespace heaptape::testing
