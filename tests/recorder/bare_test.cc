// The library preloaded or linked in, without `heaptape record`: it starts a drain of its own.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

CommandOptions preloaded(const std::string& output, const std::vector<std::string>& more = {}) {
  CommandOptions options;
  options.environment = {"LD_PRELOAD=" + heaptape_library(), "HEAPTAPE_DRAIN=" + heaptape_command()};
  if (!output.empty()) options.environment.push_back("HEAPTAPE_OUTPUT=" + output);
  options.environment.insert(options.environment.end(), more.begin(), more.end());
  return options;
}

// The tape, once it is whole.
TapeReader awaited(const std::string& path) {
  EXPECT_EQ(run_command({heaptape_command(), "wait", path}).status, 0);
  return TapeReader(path);
}

TEST(Bare, APreloadedProgramIsRecordedToTheNamedTape) {
  const ScratchFolder scratch;
  const Finished run = run_command({test_program("sudden_end"), "return"}, preloaded(scratch.file("a.tape")));
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  const TapeReader tape = awaited(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(tape.totals().program.allocations, 10'000u);
  EXPECT_EQ(std::filesystem::path(tape.meta().program).filename(), "sudden_end");
}

TEST(Bare, WithoutAnOutputThePreloadedLibraryIsInert) {
  const ScratchFolder scratch;
  CommandOptions options = preloaded("");
  options.folder = scratch.path();
  const Finished run = run_command({test_program("sudden_end"), "return"}, options);
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_TRUE(scratch.names().empty());
}

TEST(Bare, TheProgramCanNotTellThatADrainWasStarted) {
  const ScratchFolder scratch;
  const std::string bare = run_command({test_program("alone")}).out;
  const std::string seen = run_command({test_program("alone")}, preloaded(scratch.file("a.tape"))).out;
  EXPECT_NE(bare.find("No child processes, signals 0, threads 1"), std::string::npos) << bare;
  EXPECT_EQ(seen, bare.substr(0, bare.rfind("no\n")) + "yes\n");
  EXPECT_EQ(births_of(awaited(scratch.file("a.tape")), 111), 1000u);
}

TEST(Bare, AKilledProgramsTapeIsWhole) {
  const ScratchFolder scratch;
  EXPECT_EQ(run_command({test_program("sudden_end"), "kill"}, preloaded(scratch.file("a.tape"))).status, 128 + SIGKILL);
  const TapeReader tape = awaited(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_EQ(tape.totals().program.allocations, 10'000u);
}

TEST(Bare, WhatTheProgramStartsJoinsItsSession) {
  const ScratchFolder scratch;
  const Finished run = run_command({"sh", "-c", test_program("forks") + "; true"}, preloaded(scratch.file("a.tape")));
  EXPECT_EQ(run.status, 0) << run.err;
  awaited(scratch.file("a.tape"));  // it ends last
  std::vector<std::uint64_t> sessions;
  for (const std::string& name : scratch.names()) sessions.push_back(awaited(scratch.file(name)).meta().session);
  EXPECT_GE(sessions.size(), 4u);
  EXPECT_EQ(std::count(sessions.begin(), sessions.end(), sessions.front()), static_cast<long>(sessions.size()));
}

TEST(Bare, NoTapeIsEverReplaced) {
  const ScratchFolder scratch;
  write_file(scratch.file("a.tape"), "precious");
  EXPECT_EQ(run_command({test_program("sudden_end"), "return"}, preloaded(scratch.file("a.tape"))).status, 0);
  EXPECT_EQ(read_file(scratch.file("a.tape")), "precious");
  ASSERT_EQ(scratch.names().size(), 2u);
  const TapeReader tape = awaited(scratch.file(scratch.names()[0]));
  EXPECT_EQ(tape.path(), scratch.file("a." + std::to_string(tape.meta().pid) + ".0.tape"));
}

TEST(Bare, OptionsOfRecordComeFromTheEnvironment) {
  const ScratchFolder scratch;
  const Finished run =
      run_command({test_program("forks")}, preloaded(scratch.file("a.tape"), {"HEAPTAPE_OPTIONS=--children ignore"}));
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(awaited(scratch.file("a.tape")).ledger()[Loss::ignored_images], 2u);
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"a.tape"});
}

TEST(Bare, WhatCanNotBeRecordedRunsWithOneNote) {
  const ScratchFolder scratch;
  const auto expect = [&](const std::vector<std::string>& command, const std::vector<std::string>& environment,
                          const std::string& part) {
    const Finished run = run_command(command, preloaded(scratch.file("none/a.tape"), environment));
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.err.rfind("heaptape: this program is not recorded: ", 0), 0u) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  };
  const std::vector<std::string> program{test_program("sudden_end"), "return"};
  expect(program, {}, "can't write the tape");
  expect(program, {"HEAPTAPE_OPTIONS=--no-such-option"}, "--no-such-option");
  expect(program, {"HEAPTAPE_OPTIONS=true"}, "options of 'heaptape record' alone");
  expect(program, {"HEAPTAPE_DRAIN=/no/such/command"}, "HEAPTAPE_DRAIN");
  expect(program, {"HEAPTAPE_DRAIN=/bin/true"}, "did not answer");
}

TEST(Bare, AProgramThatAdoptsOrphansIsNotGivenOne) {
  const ScratchFolder scratch;
  const Finished run = run_command({test_program("adopts"), "env", "LD_PRELOAD=" + heaptape_library(),
                                    "HEAPTAPE_DRAIN=" + heaptape_command(), "HEAPTAPE_OUTPUT=" + scratch.file("a.tape"),
                                    test_program("alone")});
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(scratch.names().empty());
  EXPECT_NE(run.err.find("adopts orphaned processes"), std::string::npos) << run.err;
}

TEST(Bare, ALinkedProgramIsRecordedWhenItWishes) {
  const ScratchFolder scratch;
  CommandOptions options;
  options.folder = scratch.path();
  options.environment = {"HEAPTAPE_DRAIN=" + heaptape_command()};
  const Finished run = run_command({test_program("wishes")}, options);
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  ASSERT_EQ(scratch.names().size(), 1u);
  EXPECT_EQ(scratch.names()[0].rfind("heaptape.wishes.", 0), 0u);
  const TapeReader tape = awaited(scratch.file(scratch.names()[0]));
  EXPECT_EQ(births_of(tape, 70), 0u);
  EXPECT_EQ(births_of(tape, 71), 7u);
  EXPECT_EQ(tape.ledger()[Loss::earlier_frees], 10u);
  EXPECT_FALSE(tape.ledger().lossy());
}

TEST(Bare, ALinkedProgramIsRecordedOnceUnderRecordToo) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {test_program("wishes")}).status, 0);
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"a.tape"});
  EXPECT_EQ(births_of(TapeReader(scratch.file("a.tape")), 70), 10u);
}

TEST(Bare, WaitSaysWhatHasNoEnd) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {"true"}).status, 0);
  const std::string whole = read_file(scratch.file("a.tape"));
  write_file(scratch.file("cut.tape"), whole.substr(0, whole.size() - 40));
  EXPECT_EQ(run_command({heaptape_command(), "wait", scratch.file("a.tape")}).status, 0);
  EXPECT_EQ(run_command({heaptape_command(), "wait", scratch.file("cut.tape")}).status, 4);
  EXPECT_EQ(run_command({heaptape_command(), "wait", scratch.file("none.tape")}).status, 3);
}

}  // namespace
}  // namespace heaptape::testing
