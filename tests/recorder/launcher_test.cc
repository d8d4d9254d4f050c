// `heaptape record` as its user meets it: streams, statuses, signals, sentences.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "format/reader.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

bool is_one_sentence(const std::string& text) {
  return text.rfind("heaptape: ", 0) == 0 && std::count(text.begin(), text.end(), '\n') == 1;
}

TEST(Launcher, PassesInputOutputAndStatusThroughAndClosesWithOneLine) {
  const ScratchFolder scratch;
  write_file(scratch.file("in"), "3\n1\n2\n");
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", "sort; echo oops >&2; exit 42"}, {},
                              {.input = scratch.file("in"), .folder = "", .environment = {}});
  EXPECT_EQ(run.status, 42);
  EXPECT_EQ(run.out, "1\n2\n3\n");
  ASSERT_EQ(run.err.rfind("oops\nheaptape: ", 0), 0u) << run.err;
  EXPECT_NE(run.err.find("nothing lost"), std::string::npos) << run.err;
}

TEST(Launcher, TheClosingLineSaysHowManyAllocationsAFilterLeftOut) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", "exit"}, {"--min-size", "1GiB"});
  const std::uint64_t left_out = TapeReader(scratch.file("a.tape")).ledger()[Loss::small_births];
  ASSERT_NE(left_out, 0u);
  EXPECT_NE(run.err.find("; " + std::to_string(left_out) + " allocations left out, as asked"), std::string::npos)
      << run.err;
}

TEST(Launcher, TheCommandsOwnOptionsStayItsOwn) {
  const ScratchFolder scratch;
  EXPECT_EQ(
      run_command({heaptape_command(), "record", "-o", scratch.file("a.tape"), "sh", "-c", "exit 5", "-o", "x"}).status,
      5);
}

TEST(Launcher, ForwardsSignalsFromOthersToTheCommand) {
  const ScratchFolder scratch;
  // The script signals the launcher, once the program says that it is ready.
  const std::string script = heaptape_command() + " record -o " + scratch.file("a.tape") + " -- " +
                             test_program("echo_signals") + " > " + scratch.file("out") +
                             " & P=$!; while ! grep -q ready " + scratch.file("out") +
                             " 2>/dev/null; do sleep 0.01; done; kill -USR1 $P; while ! grep -q usr1 " +
                             scratch.file("out") + "; do sleep 0.01; done; kill -TERM $P; wait $P";
  EXPECT_EQ(run_command({"sh", "-c", script}).status, 5);
  EXPECT_EQ(read_file(scratch.file("out")), "ready\nusr1\nterm\n");
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
}

// A job of its own, as an interactive shell makes it: $P is the launcher, and names the group.
Finished run_as_job(const std::string& command, const std::string& then) {
  return run_command({"bash", "-c", "set -m; " + command + " & P=$!; " + then});
}
constexpr char kUntilStopped[] = "until [ \"$(ps -o state= -p $P)\" = T ]; do sleep 0.01; done; ";

TEST(Launcher, ASignalToTheWholeGroupReachesTheCommandOnce) {
  const ScratchFolder scratch;
  const std::string out = scratch.file("out");
  const auto until = [&](const std::string& word) {
    return "until grep -q " + word + " " + out + " 2>/dev/null; do sleep 0.01; done; ";
  };
  const Finished run = run_as_job(
      heaptape_command() + " record -o " + scratch.file("a.tape") + " -- " + test_program("echo_signals") + " > " + out,
      until("ready") + "kill -USR1 -- -$P; " + until("usr1") + "sleep 0.1; kill -TERM $P; wait $P");
  EXPECT_EQ(run.status, 5) << run.err;
  EXPECT_EQ(read_file(out), "ready\nusr1\nterm\n");
}

TEST(Launcher, StopsWhenTheCommandStopsItselfAndGoesOnWithIt) {
  for (const std::string whom : {"$P", "-- -$P", "$(cat PID)"}) {
    const ScratchFolder scratch;
    std::string wake = whom;
    if (const std::size_t at = wake.find("PID"); at != std::string::npos) wake.replace(at, 3, scratch.file("pid"));
    const Finished run =
        run_as_job(heaptape_command() + " record -o " + scratch.file("a.tape") + " -- sh -c 'echo $$ > " +
                       scratch.file("pid") + "; kill -STOP $$; echo went on; exit 7'",
                   kUntilStopped + ("kill -CONT " + wake) +
                       "; while [ \"$(ps -o state= -p $P)\" = T ]; do sleep 0.01; done; wait $P");
    EXPECT_EQ(run.status, 7) << whom << run.err;
    EXPECT_EQ(run.out, "went on\n") << whom;
    EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
  }
}

TEST(Launcher, StopsAndGoesOnWithTheTerminal) {
  if (!has_command("python3")) GTEST_SKIP() << "python3 is not installed";
  if (run_command({"python3", "-c", "import pty; pty.openpty()"}).status != 0)
    GTEST_SKIP() << "no terminals can be had";
  const ScratchFolder scratch;
  // ^Z and then fg, on a terminal of its own.
  write_file(scratch.file("terminal.py"), R"(
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0:
    os.environ["PS1"] = "@@ "
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
seen = b""
def expect(word):
    global seen
    end = time.time() + 60
    while word not in seen and time.time() < end:
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 4096)
    if word not in seen:
        sys.exit("no " + repr(word) + " in " + repr(seen))
    before, seen = seen.split(word, 1)
    return before
def say(line): os.write(terminal, line.encode())
expect(b"@@ ")
say(sys.argv[1] + " record -o " + sys.argv[2] + " -- sh -c 'echo $$ rea''dy; read x; echo g''ot $x'\n")
pid = expect(b" ready").split()[-1].decode()
say("\x1a")
expect(b"Stopped")
expect(b"@@ ")
# A reader that the signal woke, but that had not run yet, would take the first key.
while open("/proc/" + pid + "/stat").read().rsplit(") ")[1][0] != "T": time.sleep(0.01)
say("fg\n")
expect(b"record -o")
expect(b"read x")
say("word\n")
expect(b"got word")
expect(b"nothing lost")
say("exit\n")
)");
  const Finished run =
      run_command({"python3", scratch.file("terminal.py"), heaptape_command(), scratch.file("a.tape")});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
}

TEST(Launcher, DescriptorsThatWereClosedAreClosedForTheCommandToo) {
  const ScratchFolder scratch;
  const auto listed = [&](const std::string& front) {
    const std::string file = scratch.file("fds");
    EXPECT_EQ(run_command({"sh", "-c", front + "sh -c 'ls /proc/self/fd >" + file + "' <&- 2>&-"}).status, 0);
    return read_file(file);
  };
  EXPECT_EQ(listed(heaptape_command() + " record -o " + scratch.file("a.tape") + " -- "), listed(""));
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
}

TEST(Launcher, AFolderForTapesIsMade) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("tapes/"), {"sh", "-c", "true; true"}).status, 0);
  EXPECT_TRUE(std::filesystem::is_directory(scratch.file("tapes")));
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"tapes"});
}

TEST(Launcher, NamesTheDefaultTapeAfterProgramAndPid) {
  const ScratchFolder scratch;
  const Finished run =
      run_command({heaptape_command(), "record", "true"}, {.input = "", .folder = scratch.path(), .environment = {}});
  ASSERT_EQ(run.status, 0) << run.err;
  ASSERT_EQ(scratch.names().size(), 1u);
  const TapeReader tape(scratch.file(scratch.names()[0]));
  EXPECT_EQ(scratch.names()[0], "heaptape.true." + std::to_string(tape.meta().pid) + ".tape");
}

TEST(Launcher, AnExistingTapeIsKeptWithoutForceAndItsFamilyReplacedWithIt) {
  const ScratchFolder scratch;
  const std::string path = scratch.file("a.tape"), child = scratch.file("a.123.0.tape"),
                    other = scratch.file("a.b.tape");
  for (const std::string& file : {path, child, other}) write_file(file, "precious");
  const Finished refused = record(path, {"true"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
  EXPECT_EQ(read_file(path), "precious");
  const Finished missing = record(path, {"no-such-command"}, {"--force"});
  EXPECT_EQ(missing.status, 127);
  EXPECT_EQ(read_file(path), "precious");
  EXPECT_EQ(read_file(child), "precious");
  EXPECT_EQ(record(path, {"true"}, {"--force"}).status, 0);
  EXPECT_EQ(TapeReader(path).condition(), Condition::whole);
  EXPECT_EQ(scratch.names(), (std::vector<std::string>{"a.b.tape", "a.tape"}));
  EXPECT_EQ(read_file(other), "precious");
}

TEST(Launcher, TheClocksStepAndTheLevelAreThoseAskedFor) {
  const ScratchFolder scratch;
  std::uint64_t bytes[2]{UINT64_MAX, UINT64_MAX};
  // On a busy machine the drain makes more blocks of it, which pack worse: the best of three counts.
  for (const int run : {0, 1, 2, 3, 4, 5}) {
    const int packed = run % 2;
    const std::string path = scratch.file(std::to_string(run) + ".tape");
    const std::vector<std::string> options{"--clock-step", "1s", "--level", packed != 0 ? "19" : "1"};
    ASSERT_EQ(record(path, {test_program("turnover"), "100000"}, options).status, 0);
    const TapeReader tape(path);
    EXPECT_EQ(tape.meta().clock_step_ns, 1'000'000'000u);
    for (const Event& event : events_of(tape)) ASSERT_EQ(event.time_ns % 1'000'000'000, 0u);
    bytes[packed] = std::min(bytes[packed], tape.storage(BlockKind::events).stored_bytes);
  }
  EXPECT_LT(bytes[1], bytes[0]);
  ASSERT_EQ(record(scratch.file("fine.tape"), {sample("phases")}, {"--clock-step", "1us"}).status, 0);
  EXPECT_EQ(TapeReader(scratch.file("fine.tape")).meta().clock_step_ns, 1000u);
  const Finished wrong = record(scratch.file("x.tape"), {"true"}, {"--clock-step", "2s"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("'2s' is longer than a second"), std::string::npos) << wrong.err;
}

TEST(Launcher, SaysInOneSentenceWhatCanNotBeRunOrRecorded) {
  const ScratchFolder scratch;
  write_file(scratch.file("text"), "not a program\n");
  const auto expect = [&](const std::string& command, int status, const std::string& part) {
    const Finished run = record(scratch.file("a.tape"), {command});
    EXPECT_EQ(run.status, status) << command;
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
    EXPECT_NE(access(scratch.file("a.tape").c_str(), F_OK), 0) << "a tape was left by " << command;
  };
  expect("no-such-command", 127, "not found");
  expect(scratch.file("text"), 126, "can't be run");
  expect(scratch.path(), 126, "can't be run");
  expect(test_program("fixed_program"), 125, "statically linked");
}

TEST(Launcher, SaysInOneSentenceWhatIsWrongWithTheCommandLine) {
  const ScratchFolder scratch;
  const auto expect = [](const std::vector<std::string>& words, int status, const std::string& part) {
    std::vector<std::string> argv{heaptape_command()};
    argv.insert(argv.end(), words.begin(), words.end());
    const Finished run = run_command(argv);
    EXPECT_EQ(run.status, status);
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  };
  expect({"record"}, 2, "needs a command");
  expect({"record", "--no-such-option", "--", "true"}, 2, "--no-such-option");
  expect({"record", "--buffer", "banana", "--", "true"}, 2, "--buffer");
  expect({"record", "-o", scratch.file("none/a.tape"), "--", "true"}, 125, "can't write");
  expect({"no-such-subcommand"}, 2, "no-such-subcommand");
}

TEST(Launcher, ASetuidProgramOfAnotherUserIsRefusedByName) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make one";
  const ScratchFolder scratch;
  const std::string path = scratch.file("su");
  write_file(path, read_file(test_program("sudden_end")));
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  ASSERT_EQ(chmod(path.c_str(), 04755), 0);
  const Finished run = record(scratch.file("a.tape"), {path});
  EXPECT_EQ(run.status, 125);
  EXPECT_NE(run.err.find("setuid"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace heaptape::testing
