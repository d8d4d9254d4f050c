// Whoever is killed, and whenever: each event is on the tape exactly once, or it is counted.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>

#include "tests/recorder/sudden_ends.h"
#include "tests/support/private_place.h"
#include "tests/support/recording.h"
#include "tests/support/sanitized.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

constexpr int kThreads = 3;

// Of what counting_threads did: how many blocks each thread was given, by the sizes in order. A gap or a block that
// comes twice is a failure unless `may_have_gaps`.
std::vector<unsigned> births_by_worker(const TapeReader& tape, bool may_have_gaps) {
  std::vector<unsigned> births(kThreads);
  std::map<std::uint32_t, int> workers;  // by ThreadId
  for (const Event& event : events_of(tape)) {
    if (event.kind != EventKind::birth || !tape.frames()[static_cast<std::size_t>(event.stack)].in_program) continue;
    const auto thread = static_cast<std::uint32_t>(event.thread);
    if (tape.threads()[thread].tid == tape.meta().pid) continue;
    const auto worker = workers.try_emplace(thread, static_cast<int>(event.size % 8)).first->second;
    EXPECT_EQ(static_cast<int>(event.size % 8), worker);
    auto& count = births.at(static_cast<std::size_t>(worker));
    const auto number = static_cast<unsigned>(event.size / 8 - 1);
    if (!may_have_gaps) {
      EXPECT_EQ(number, count % 4096) << "thread " << worker << ", block " << count;
    }
    ++count;
  }
  EXPECT_LE(workers.size(), static_cast<std::size_t>(kThreads));
  return births;
}

std::vector<std::string> program(int pairs, const std::string& whom, int microseconds, const std::string& file = "") {
  std::vector<std::string> words{test_program("counting_threads"), std::to_string(kThreads), std::to_string(pairs),
                                 whom, std::to_string(microseconds)};
  if (!file.empty()) words.push_back(file);
  return words;
}

TEST(Death, AProgramKilledAtAnyMomentLeavesAllThatItCommittedAndAtMostOneTornEventAThread) {
  const ScratchFolder scratch;
  std::mt19937 random(11);
  int torn = 0;
  for (int run = 0; run < sized(25, 200); ++run) {
    SCOPED_TRACE(run);
    write_file(scratch.file("given"), std::string(4096, '\0'));
    const int after = static_cast<int>(random() % 40'000);
    const Finished killed =
        record(scratch.file("a.tape"), program(1 << 30, "self", after, scratch.file("given")), {"--force"});
    ASSERT_EQ(killed.status, 128 + 9) << killed.err;
    const std::string bytes = read_file(scratch.file("given"));
    const auto* given = reinterpret_cast<const unsigned*>(bytes.data());
    const TapeReader tape(scratch.file("a.tape"));
    EXPECT_EQ(tape.condition(), Condition::whole);
    EXPECT_EQ(tape.ending().kind, EndKind::signaled);
    EXPECT_EQ(tape.ledger()[Loss::dropped_events], 0u);
    EXPECT_LE(tape.ledger()[Loss::torn_events], static_cast<unsigned>(kThreads) + 1);
    expect_conserved(scratch.file("a.tape"));
    torn += static_cast<int>(tape.ledger()[Loss::torn_events]);
    const std::vector<unsigned> births = births_by_worker(tape, false);
    for (std::size_t t = 0; t < kThreads; ++t) {
      EXPECT_GE(births[t], given[t]);
      EXPECT_LE(births[t], given[t] + 1);
    }
  }
  RecordProperty("torn", torn);
}

// Between the note that a block is to come and the block, within the block, and behind it.
TEST(Death, ADrainKilledAtEachStepOfAFlushLosesNothingEither) {
  if (kSanitized) GTEST_SKIP() << "nothing can be preloaded into a sanitised tool";
  const ScratchFolder scratch;
  const PrivatePlace place;
  constexpr int kPairs = 40'000;
  ASSERT_EQ(record(scratch.file("calm.tape"), program(kPairs, "nobody", 0), {}, place.options()).status, 0);
  const std::uint64_t expected = TapeReader(scratch.file("calm.tape")).events();
  int recoveries = 0;
  for (const char* how : {"before", "half", "after"})
    for (int write = 1; write <= sized(7, 12); ++write) {
      SCOPED_TRACE(how + std::string(" write ") + std::to_string(write));
      const std::string path = scratch.file("a.tape");
      CommandOptions run = place.options();
      run.environment.push_back("LD_PRELOAD=" + test_program("libfaulty_writes.so"));
      run.environment.push_back(std::string("HEAPTAPE_TEST_WRITES=") + how + " " + std::to_string(write));
      const Finished orphaned = record(path, program(kPairs, "nobody", 0), {"--force", "--buffer", "1MiB"}, run);
      ASSERT_EQ(orphaned.status, 0) << orphaned.err;
      if (orphaned.err.find("drain died") == std::string::npos) continue;  // it had no more to write
      ++recoveries;
      const Finished recovered = run_command({heaptape_command(), "recover"}, place.options());
      EXPECT_TRUE(recovered.status == 0 || recovered.status == 4) << recovered.out << recovered.err;
      const TapeReader tape(path);
      EXPECT_EQ(tape.condition(), Condition::whole);
      EXPECT_EQ(tape.events() + tape.ledger()[Loss::dropped_events], expected) << recovered.out;
      expect_conserved(path);
      births_by_worker(tape, tape.ledger()[Loss::dropped_events] != 0);
      EXPECT_TRUE(place.sessions().empty());
    }
  EXPECT_GT(recoveries, 10);
}

TEST(Death, RecoverWaitsForAProgramThatStillRunsAndTheNextRecordNamesWhatWasCutOff) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  const std::string path = scratch.file("a.tape");
  // The program's shell outlives its drain, and asks for the recovery of its own tape.
  const std::string script = "unset LD_PRELOAD; kill -9 $PPID; sleep 0.2; " + heaptape_command() +
                             " recover; echo $?; " + heaptape_command() + " recover --list";
  const Finished run = record(path, {"sh", "-c", script}, {}, place.options());
  EXPECT_EQ(run.status, 0);
  ASSERT_EQ(place.sessions().size(), 1u);
  EXPECT_EQ(run.out, "2\n" + place.sessions()[0] + ": " + path + "\n");
  EXPECT_NE(run.err.find("still running"), std::string::npos) << run.err;
  const Finished next = record(scratch.file("b.tape"), {"true"}, {}, place.options());
  EXPECT_EQ(next.err.rfind("heaptape: 1 earlier recording was cut off", 0), 0u) << next.err;
  const Finished recovered = run_command({heaptape_command(), "recover", path}, place.options());
  EXPECT_EQ(recovered.status, 0) << recovered.out << recovered.err;
  EXPECT_EQ(TapeReader(path).condition(), Condition::whole);
  EXPECT_TRUE(place.sessions().empty());
  EXPECT_EQ(run_command({heaptape_command(), "recover"}, place.options()).out, "no recording was cut off\n");
}

TEST(Death, AForkOfWhichTheTapeHasAllThatThereWasIsEndedByRecoveryToo) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  // The subshell is silent for longer than a drain keeps events to itself, and dies before it tells more.
  const std::string script = "(x=$(echo fork); while :; do :; done) & sleep 0.5; kill -9 $PPID $!; wait; exit 0";
  record(scratch.file("a.tape"), {"sh", "-c", script}, {}, place.options());
  const Finished recovered = run_command({heaptape_command(), "recover"}, place.options());
  EXPECT_TRUE(recovered.status == 0 || recovered.status == 4) << recovered.out << recovered.err;
  EXPECT_GT(scratch.names().size(), 1u);
  for (const std::string& name : scratch.names())
    EXPECT_EQ(TapeReader(scratch.file(name)).condition(), Condition::whole) << name;
}

TEST(Death, OfATreeOfProcessesEachHasItsTapeAfterRecovery) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  // Children before and after the drain's death; forks share their parent's mapping, and need no drain for it.
  const std::string script = test_program("sudden_end") + "; (" + test_program("sudden_end") +
                             " kill); kill -9 $PPID; sleep 0.1; (for i in 1 2 3; do :; done; exit 4); exit 5";
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", script}, {}, place.options());
  EXPECT_EQ(run.status, 5) << run.err;
  const Finished recovered = run_command({heaptape_command(), "recover"}, place.options());
  EXPECT_TRUE(recovered.status == 0 || recovered.status == 4) << recovered.out << recovered.err;
  EXPECT_EQ(whole_sudden_ends(scratch), 2);
}

// A memory cgroup of one's own, by either version; empty: not to be had.
class Cgroup {
 public:
  explicit Cgroup(const std::string& bytes) {
    for (const auto& [root, limit] :
         {std::pair{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, std::pair{"/sys/fs/cgroup", "memory.max"}}) {
      const std::string folder = root + std::string("/heaptape-test.") + std::to_string(getpid());
      if (mkdir(folder.c_str(), 0755) != 0) continue;
      write_file(folder + "/" + limit, bytes);
      if (std::filesystem::exists(folder + "/" + limit)) {
        path_ = folder;
        return;
      }
      rmdir(folder.c_str());
    }
  }
  ~Cgroup() {
    if (!path_.empty()) rmdir(path_.c_str());
  }
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Death, WhatTheKernelKillsForWantOfMemoryHasItsTape) {
  const Cgroup cgroup("33554432");
  if (cgroup.path().empty()) GTEST_SKIP() << "this user may not make a memory cgroup";
  const ScratchFolder scratch;
  const Finished run = record(
      scratch.file("a.tape"),
      {"sh", "-c", "echo $$ > " + cgroup.path() + "/cgroup.procs && exec " + test_program("sudden_end") + " devour"});
  if (run.status == 2) GTEST_SKIP() << "processes can't be moved into a cgroup here: " << run.err;
  ASSERT_EQ(run.status, 128 + 9) << run.err;
  const TapeReader tape(scratch.file(scratch.names()[0]));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_EQ(tape.ending().kind, EndKind::signaled);
  EXPECT_EQ(tape.ending().status, 9);
  EXPECT_LE(tape.ledger()[Loss::torn_events], 1u);
  EXPECT_GT(tape.totals().program.live_bytes, 20u << 20);
}

TEST(Death, ThreadsThatAllocateDuringExitDoNoHarmAndLateDestructorsAreRecorded) {
  const ScratchFolder scratch;
  const Finished run =
      record(scratch.file("a.tape"), {"sh", "-c",
                                      "for i in $(seq " + std::to_string(sized(30, 500)) + "); do " +
                                          test_program("allocating_exit") + "; [ $? = 3 ] || exit 1; done"});
  ASSERT_EQ(run.status, 0) << run.err;
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    if (std::filesystem::path(tape.meta().program).filename() != "allocating_exit") continue;
    EXPECT_EQ(tape.condition(), Condition::whole) << name;
    EXPECT_EQ(tape.ledger()[Loss::dropped_events], 0u);
    const std::vector<Event> events = events_of(tape);
    EXPECT_EQ(std::count_if(events.begin(), events.end(),
                            [](const Event& event) { return event.kind == EventKind::birth && event.size == 77; }),
              100)
        << name;
  }
}

TEST(Death, ADrainKilledAtAnyMomentLosesNothingThatRecoverCanNotBringBack) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  constexpr int kPairs = 40'000;
  const Finished calm = record(scratch.file("calm.tape"), program(kPairs, "nobody", 0), {}, place.options());
  ASSERT_EQ(calm.status, 0) << calm.err;
  const std::uint64_t expected = TapeReader(scratch.file("calm.tape")).events();
  std::mt19937 random(7);
  int with_blocks = 0;
  for (int run = 0; run < sized(12, 200); ++run) {
    SCOPED_TRACE(run);
    const std::string path = scratch.file("a.tape");
    // At any moment at all, and as often when blocks are in both places, however slow the drain may be.
    std::filesystem::remove(path);
    const std::vector<std::string> killer =
        run % 2 == 0 ? program(kPairs, "drain", static_cast<int>(random() % 60'000))
                     : program(kPairs, "writing-drain", static_cast<int>(random() % 5'000), path);
    const Finished orphaned = record(path, killer, {}, place.options());
    ASSERT_EQ(orphaned.status, 0) << orphaned.err;
    EXPECT_NE(orphaned.err.find("recover"), std::string::npos) << orphaned.err;
    std::error_code absent;  // it may have been killed before it came to make the tape
    if (std::filesystem::file_size(path, absent) > 0 && !absent && TapeReader(path).events() > 0) ++with_blocks;
    const Finished recovered = run_command({heaptape_command(), "recover", path}, place.options());
    EXPECT_TRUE(recovered.status == 0 || recovered.status == 4) << recovered.out << recovered.err;
    const TapeReader tape(path);
    EXPECT_EQ(tape.condition(), Condition::whole);
    EXPECT_EQ(tape.ledger()[Loss::torn_events], 0u);
    const std::uint64_t dropped = tape.ledger()[Loss::dropped_events];
    EXPECT_EQ(recovered.status, tape.ledger().lossy() ? 4 : 0);
    EXPECT_EQ(tape.events() + dropped, expected) << recovered.out;
    const std::vector<unsigned> births = births_by_worker(tape, dropped != 0);
    if (dropped == 0) {
      EXPECT_EQ(births, std::vector<unsigned>(kThreads, kPairs));
    }
    EXPECT_TRUE(place.sessions().empty());
  }
  EXPECT_GT(with_blocks, 0) << "no run came far enough to have blocks in both places";
}

}  // namespace
}  // namespace heaptape::testing
