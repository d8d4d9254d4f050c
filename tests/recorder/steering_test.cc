// Recordings that are started, stopped, marked and copied from outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "tests/support/private_place.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

// Runs a shell script that knows: $heaptape, $dir (a scratch folder), `up PID` (waits until that session answers).
Finished shell(const ScratchFolder& scratch, const std::string& script, const CommandOptions& more = {}) {
  const std::string front =
      "up() { until $heaptape ctl status $1 >/dev/null 2>&1; do sleep 0.01; done; }\n"
      "ctl() { $heaptape ctl \"$@\"; }\n";
  CommandOptions options = more;
  for (const std::string& variable :
       {"heaptape=" + heaptape_command(), "dir=" + scratch.path(), "steered=" + test_program("steered")})
    options.environment.push_back(variable);
  return run_command({"timeout", "200", "sh", "-c", front + script}, options);
}

std::vector<EventKind> kinds_beside_heap(const TapeReader& tape) {
  std::vector<EventKind> kinds;
  for (const Event& event : events_of(tape))
    if (event.kind != EventKind::birth && event.kind != EventKind::release) kinds.push_back(event.kind);
  return kinds;
}

// Each thread of `steered` has one block at a time, of sizes that count up. Between resume and pause nothing of that
// may be missing, and between pause and resume nothing may be there.
TEST(Steering, OfAllThreadsEverythingUpToAPauseIsKeptAndNothingUntilTheResume) {
  const ScratchFolder scratch;
  const Finished run = shell(scratch,
                             "$heaptape record -o $dir/a.tape -- $steered $dir/end & up $!\n"
                             "for i in 1 2 3 4 5; do sleep 0.03; ctl stop $!; sleep 0.02; ctl start $!; done\n"
                             "sleep 0.03; touch $dir/end; wait $!");
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  struct Lane {
    std::optional<std::uint64_t> last_size;
    std::uint64_t live = 0;  // address; 0: none
    bool known = false;      // whether it is known if a block is live
  };
  std::map<ThreadId, Lane> lanes;
  std::map<std::uint64_t, ThreadId> born_by;  // what is live
  bool paused = false;
  int pauses = 0;
  std::uint64_t heap_events = 0, wrong = 0;
  for (const Event& event : events_of(tape)) {
    if (event.kind == EventKind::pause || event.kind == EventKind::resume) {
      EXPECT_NE(paused, event.kind == EventKind::pause);
      EXPECT_EQ(tape.threads()[static_cast<std::size_t>(event.thread)].tid, 0u);
      paused = event.kind == EventKind::pause;
      pauses += paused;
      lanes.clear();
      continue;
    }
    wrong += paused;
    ++heap_events;
    if (tape.threads()[static_cast<std::size_t>(event.thread)].tid == tape.meta().pid) continue;
    Lane& lane = lanes[event.thread];
    if (event.kind == EventKind::birth) {
      if (event.size >= 4016) continue;  // what a thread's start allocates
      if (lane.last_size && event.size > 16) wrong += event.size != *lane.last_size + 1;
      wrong += lane.known && lane.live != 0;
      lane = {event.size, event.address, true};
      born_by[event.address] = event.thread;
    } else if (born_by.contains(event.address) && born_by[event.address] == event.thread) {
      born_by.erase(event.address);
      wrong += lane.known && lane.live != event.address;
      lane.live = 0;
      lane.known = true;
    }
  }
  EXPECT_EQ(pauses, 5);
  EXPECT_GT(heap_events, 1000u);
  EXPECT_EQ(wrong, 0u);
  // Each thread had a block at most when a pause began or ended: it was freed, or its place was born anew, unseen.
  Ledger ledger = tape.ledger();
  EXPECT_LE(ledger[Loss::earlier_frees], 5u * 4);
  EXPECT_LE(std::exchange(ledger[Loss::overlapping_births], 0), 5u * 4);
  EXPECT_FALSE(ledger.lossy()) << ::testing::PrintToString(ledger.counts);
}

// Were each silent drain waited for in its turn, the script would not come to its end.
TEST(Steering, ARecordingIsReachedBesideOneWhoseDrainIsStopped) {
  const ScratchFolder scratch;
  const Finished run = shell(scratch,
                             "$heaptape record -o $dir/a.tape -- $steered $dir/end & a=$!; up $a\n"
                             "$heaptape record -o $dir/b.tape -- $steered $dir/end & b=$!; up $b\n"
                             "drain=$(ctl status $a | sed -n 's/.*drain \\([0-9]*\\),.*/\\1/p')\n"
                             "trap \"kill -CONT $drain; exit 1\" TERM; kill -STOP $drain\n"
                             "for i in 1 2 3 4 5 6 7 8; do ctl status $b | grep -c b.tape; done\n"
                             "ctl mark reached $b; kill -CONT $drain; touch $dir/end; wait $a; wait $b");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "1\n1\n1\n1\n1\n1\n1\n1\nmarked 'reached' on 1 tape\n") << run.err;
}

TEST(Steering, WhatStartsPausedRecordsNothingInAnyImageOrForkUntilItIsStarted) {
  const ScratchFolder scratch;
  const Finished run =
      record(scratch.file("a.tape"), {"sh", "-c", "true; env true & wait; exit 4"}, {"--start-paused"});
  EXPECT_EQ(run.status, 4);
  EXPECT_GE(scratch.names().size(), 2u);
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    EXPECT_EQ(tape.totals().all, Totals{}) << name;
    const std::vector<Event> events = events_of(tape);
    ASSERT_EQ(events.size(), 1u) << name;
    EXPECT_EQ(events[0].kind, EventKind::pause);
    EXPECT_EQ(events[0].time_ns, 0u);
  }
}

TEST(Steering, AForkOfAPausedProgramIsRecordedOnceTheSessionGoesOn) {
  const ScratchFolder scratch;
  const Finished run = shell(scratch,
                             "$heaptape record -o $dir/a.tape --start-paused -- $steered $dir/end fork & up $!\n"
                             "sleep 0.05; ctl start $!; sleep 0.05; touch $dir/end; wait $!");
  ASSERT_EQ(run.status, 0) << run.err;
  ASSERT_EQ(scratch.names().size(), 3u);  // with the file `end`
  const TapeReader parent(scratch.file("a.tape")), child(scratch.file(scratch.names()[0]));
  EXPECT_EQ(kinds_beside_heap(parent), (std::vector{EventKind::pause, EventKind::resume}));
  EXPECT_EQ(kinds_beside_heap(child), std::vector<EventKind>{});  // it had nothing to tell before
  EXPECT_TRUE(child.meta().forked);
  EXPECT_GT(child.totals().all.allocations, 100u);
  EXPECT_FALSE(child.ledger().lossy());
}

TEST(Steering, AfterAndForMakeAWindowAndTheProgramGoesOn) {
  const ScratchFolder scratch;
  const Finished run = shell(scratch,
                             "$heaptape record -o $dir/a.tape --after 150ms --for 0.2s -- $steered $dir/end & up $!\n"
                             "sleep 0.5; until ctl status $! | grep -q 'paused ('; do sleep 0.01; done\n"
                             "sleep 0.05; touch $dir/end; wait $!");
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(kinds_beside_heap(tape), (std::vector{EventKind::pause, EventKind::resume, EventKind::pause}));
  std::vector<std::uint64_t> times;
  const std::vector<Event> events = events_of(tape);
  for (const Event& event : events)
    if (event.kind == EventKind::pause || event.kind == EventKind::resume) times.push_back(event.time_ns);
  EXPECT_GE(times[1], 100'000'000u);
  EXPECT_GE(times[2] - times[1], 190'000'000u);
  EXPECT_EQ(events.back().kind, EventKind::pause);
  EXPECT_GT(tape.totals().all.allocations, 100u);
}

TEST(Steering, ProgramAndSessionRecordOnlyWhileBothWantIt) {
  const ScratchFolder scratch;
  const Finished run = shell(scratch, "$heaptape record -o $dir/a.tape -- " + test_program("stops_itself") +
                                          " $dir & up $!\n"
                                          "until ctl status $! | grep -q a.tape; do sleep 0.01; done; sleep 0.05\n"
                                          "ctl stop $!; touch $dir/1; until [ -e $dir/started ]; do sleep 0.01; done\n"
                                          "ctl start $!; touch $dir/2; wait $!");
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  std::vector<std::uint64_t> sizes;
  for (const Event& event : events_of(tape))
    if (event.kind == EventKind::birth && event.size > 600 && event.size < 606) sizes.push_back(event.size);
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{601, 604}));
  EXPECT_EQ(kinds_beside_heap(tape), (std::vector{EventKind::pause, EventKind::resume, EventKind::pause}));
}

TEST(Steering, AProgramThatFlushesWhileTheSessionIsPausedIsNotHeldUp) {
  const ScratchFolder scratch;
  EXPECT_EQ(record(scratch.file("a.tape"), {test_program("flushes")}, {"--start-paused"}).status, 128 + 9);
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).totals().all, Totals{});
}

TEST(Steering, ASnapshotSaysWhatWasLeftOut) {
  const ScratchFolder scratch;
  const Finished run = shell(scratch,
                             "cd $dir; $heaptape record -o a.tape --min-size 1MiB -- $steered end & up $!\n"
                             "sleep 0.1; ctl snapshot $!; touch end; wait $!");
  ASSERT_EQ(run.status, 0) << run.err;
  const std::uint64_t then = TapeReader(scratch.file("a.snapshot-1.tape")).ledger()[Loss::small_births];
  const std::uint64_t in_the_end = TapeReader(scratch.file("a.tape")).ledger()[Loss::small_births];
  EXPECT_GT(then, 0u);
  EXPECT_LT(then, in_the_end);
}

TEST(Steering, NothingComesInThePlaceOfATapeThatIsBeingRecordedOrOfWhatIsNoFile) {
  const ScratchFolder scratch;
  const Finished run =
      shell(scratch,
            "cd $dir; $heaptape record -o a.tape -- $steered end & up $!; mkdir folder; mkfifo pipe\n"
            "for name in folder pipe none/x a.tape; do ctl snapshot $! -o $name --force; echo $?; done\n"
            "$heaptape record --force -o a.tape -- true; echo $?\n"
            "cp a.tape b.tape; $heaptape cut b.tape --to end --force -o a.tape; echo $?\n"
            "touch end; wait $!");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "2\n2\n125\n2\n2\n2\n");
  for (const char* sentence : {"/folder' is no file", "/pipe' is no file", "none/x': No such file or directory",
                               "/a.tape' is being recorded; choose another name", "'a.tape' is being recorded"})
    EXPECT_NE(run.err.find(sentence), std::string::npos) << run.err;
  EXPECT_EQ(scratch.names(), (std::vector<std::string>{"a.tape", "b.tape", "end", "folder", "pipe"}));
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_EQ(tape.ending().kind, EndKind::exited);
}

TEST(Steering, ASnapshotIsAWholeTapeOfWhatWasRecordedSoFar) {
  const ScratchFolder scratch;
  const Finished run = shell(scratch,
                             "cd $dir; $heaptape record -o a.tape -- $steered end & up $!\n"
                             "sleep 0.1; ctl mark before a.tape; ctl snapshot $!; ctl mark 'and after' $!\n"
                             "ctl snapshot $!; ctl snapshot $! -o copy.tape; ctl snapshot $! -o copy.tape; echo $?\n"
                             "ctl snapshot $! -o copy.tape --force; touch end; wait $!");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("marked 'before' on 1 tape\n"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\n2\n"), std::string::npos) << run.out;
  EXPECT_EQ(scratch.names(),
            (std::vector<std::string>{"a.snapshot-1.tape", "a.snapshot-2.tape", "a.tape", "copy.tape", "end"}));
  const TapeReader whole(scratch.file("a.tape"));
  const std::vector<Event> all = events_of(whole);
  std::size_t before = 0;
  for (const char* name : {"a.snapshot-1.tape", "a.snapshot-2.tape", "copy.tape"}) {
    const TapeReader snapshot(scratch.file(name));
    EXPECT_EQ(snapshot.condition(), Condition::whole) << name;
    EXPECT_EQ(snapshot.ending().kind, EndKind::unknown);
    EXPECT_GT(snapshot.ending().duration_ns, 0u);
    const std::vector<Event> events = events_of(snapshot);
    ASSERT_LE(events.size(), all.size());
    EXPECT_GE(events.size(), before);
    EXPECT_TRUE(std::equal(events.begin(), events.end(), all.begin())) << name;
    before = events.size();
  }
  const auto marks = [](const TapeReader& tape) {
    std::vector<std::string> names;
    for (const Event& event : events_of(tape))
      if (event.kind == EventKind::mark) names.push_back(tape.texts()[event.reference]);
    return names;
  };
  EXPECT_EQ(marks(TapeReader(scratch.file("a.snapshot-1.tape"))), std::vector<std::string>{"before"});
  EXPECT_EQ(marks(whole), (std::vector<std::string>{"before", "and after"}));
  EXPECT_EQ(whole.ending().kind, EndKind::exited);
}

// Its drain is killed while it is paused, and its threads go on.
TEST(Steering, APauseHoldsInARecoveredTape) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  for (const char* start : {"", "--start-paused"})
    for (const char* doing : {"ctl stop $!", "ctl start $!; sleep 0.3; ctl stop $!", "ctl stop $!; ctl mark here $!",
                              "ctl start $!; ctl mark here $!"}) {
      SCOPED_TRACE(start + std::string(" ") + doing);
      const Finished run = shell(scratch,
                                 "$heaptape record -o $dir/a.tape --force " + std::string(start) +
                                     " -- $steered $dir/end & up $!\n"
                                     "until ctl status $! | grep -q a.tape; do sleep 0.01; done; sleep 0.05\n" +
                                     doing +
                                     "\n"
                                     "kill -9 $(ctl status $! | sed -n 's/.*drain \\([0-9]*\\),.*/\\1/p'); sleep 0.05\n"
                                     "touch $dir/end; wait $!; echo $?; rm $dir/end; $heaptape recover",
                                 place.options());
      // Where recording goes on without a drain, memory runs out, and what finds no place is counted.
      const bool goes_on = std::string(doing).find("stop") == std::string::npos;
      EXPECT_TRUE(run.status == 0 || (goes_on && run.status == 4)) << run.out << run.err;
      const TapeReader tape(scratch.file("a.tape"));
      EXPECT_EQ(tape.condition(), Condition::whole);
      bool paused = false;
      std::uint64_t marks = 0, wrong = 0;
      for (const Event& event : events_of(tape)) {
        if (event.kind == EventKind::pause || event.kind == EventKind::resume) {
          EXPECT_NE(paused, event.kind == EventKind::pause);
          paused = event.kind == EventKind::pause;
        }
        wrong += paused && (event.kind == EventKind::birth || event.kind == EventKind::release);
        marks += event.kind == EventKind::mark;
      }
      EXPECT_EQ(wrong, 0u);
      EXPECT_EQ(paused, !goes_on);
      EXPECT_EQ(marks, std::string(doing).find("mark") != std::string::npos ? 1u : 0u);
      EXPECT_EQ(tape.ledger()[Loss::unmatched_frees], 0u);
      EXPECT_TRUE(place.sessions().empty());
    }
}

TEST(Steering, WhereSharedMemoryIsNoFolderASessionIsFoundAsWell) {
  const ScratchFolder scratch;
  CommandOptions nowhere;
  nowhere.environment = {"HEAPTAPE_SHM=/proc"};
  const Finished run = shell(scratch,
                             "$heaptape record -o $dir/a.tape -- $steered $dir/end & up $!\n"
                             "until ctl status $! | grep -q a.tape; do sleep 0.01; done\n"
                             "ctl mark here $dir/a.tape; ctl status $! | grep -o 'session /proc/'; ctl stop $!\n"
                             "touch $dir/end; wait $!",
                             nowhere);
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "marked 'here' on 1 tape\nsession /proc/\npaused\n") << run.err;
  EXPECT_EQ(kinds_beside_heap(TapeReader(scratch.file("a.tape"))), (std::vector{EventKind::mark, EventKind::pause}));
}

TEST(Steering, AProgramThatWishesToBeRecordedIsNotWhileItsSessionStartsPaused) {
  const ScratchFolder scratch;
  CommandOptions options;
  options.environment = {"LD_PRELOAD=" + heaptape_library(), "HEAPTAPE_DRAIN=" + heaptape_command(),
                         "HEAPTAPE_OUTPUT=" + scratch.file("a.tape"), "HEAPTAPE_OPTIONS=--start-paused"};
  ASSERT_EQ(run_command({test_program("sudden_end"), "return"}, options).status, 0);
  EXPECT_EQ(run_command({heaptape_command(), "wait", scratch.file("a.tape")}).status, 0);
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_EQ(tape.totals().all, Totals{});
  EXPECT_EQ(kinds_beside_heap(tape), std::vector{EventKind::pause});
}

TEST(Steering, ASessionIsFoundByItsPidsItsTapesAndItsFolder) {
  const ScratchFolder scratch;
  const Finished run = shell(
      scratch,
      "$heaptape record -o $dir/ -- sh -c \"echo \\$\\$ >$dir/pid; echo \\$HEAPTAPE_SESSION >$dir/folder; $steered "
      "$dir/end; true\" & up $!\n"
      "until [ -s $dir/folder ]; do sleep 0.01; done; sleep 0.05\n"
      "folder=$(cat $dir/folder)\n"
      "for name in $! $(cat $dir/pid) $folder $(basename $folder) $dir/heaptape.sh.$(cat $dir/pid).tape; do\n"
      "  ctl mark \"by $name\" $name || echo FAILED $name; done\n"
      "ctl stop $!; ctl stop $folder; ctl start $folder; ctl status\n"
      "touch $dir/end; wait $!");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out.find("FAILED"), std::string::npos) << run.out << run.err;
  EXPECT_NE(run.out.find("paused already\nrecording\n"), std::string::npos) << run.out << run.err;
  EXPECT_NE(run.out.find("heaptape.sh."), std::string::npos) << run.out;
}

TEST(Steering, AWrongWordForCtlOrATimeGivesOneSentenceAndAStatus) {
  const ScratchFolder scratch;
  const auto says = [&](const std::vector<std::string>& words, int status, const std::string& part) {
    std::vector<std::string> argv{heaptape_command()};
    argv.insert(argv.end(), words.begin(), words.end());
    const Finished run = run_command(argv);
    EXPECT_EQ(run.status, status) << run.err;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  };
  says({"ctl", "start", scratch.file("none.tape")}, 3, "no recording of yours that is running is called");
  says({"ctl", "snapshot", "0"}, 3, "no recording of yours");
  says({"ctl"}, 2, "subcommand is required");
  says({"ctl", "rewind"}, 2, "subcommand is required");
  says({"ctl", "mark"}, 2, "name");
  for (const char* time : {"30", "abc", "-1s", "0s", "1 s", "1e3s", "nans", "999999999999h"})
    says({"record", "-o", scratch.file("a.tape"), std::string("--for=") + time, "--", "true"}, 2, "length of time");
  EXPECT_TRUE(scratch.names().empty());
}

}  // namespace
}  // namespace heaptape::testing
