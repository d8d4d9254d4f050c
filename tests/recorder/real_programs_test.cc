// Real programs run unchanged: the same output and status, recorded or not.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/recording.h"
#include "tests/support/sanitized.h"

namespace heaptape::testing {
namespace {

void expect_unchanged(const std::vector<std::string>& command, const CommandOptions& options = {}) {
  if (!has_command(command[0])) GTEST_SKIP() << command[0] << " is not installed";
  const ScratchFolder scratch;
  const Finished bare = run_command(command, options);
  const Finished recorded = record(scratch.file("a.tape"), command, {}, options);
  EXPECT_EQ(recorded.status, bare.status) << recorded.err;
  EXPECT_EQ(recorded.out, bare.out);
  EXPECT_EQ(recorded.err.substr(0, bare.err.size()), bare.err);
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    EXPECT_EQ(tape.condition(), Condition::whole) << name;
    EXPECT_FALSE(tape.ledger().lossy()) << name;
    EXPECT_GT(tape.events(), 0u) << name;
  }
}

TEST(RealProgram, Sqlite3) {
  expect_unchanged({"sqlite3", ":memory:"}, {.input = HEAPTAPE_SMALL_SQL, .folder = "", .environment = {}});
}

TEST(RealProgram, Python) {
  expect_unchanged({"/usr/bin/python3", "-c",
                    "import json, re, threading\n"
                    "d = {str(i): [i] * (i % 7) for i in range(5000)}\n"
                    "t = [threading.Thread(target=lambda: json.loads(json.dumps(d))) for _ in range(3)]\n"
                    "[x.start() for x in t]; [x.join() for x in t]\n"
                    "print(len(re.findall('1', json.dumps(d))))\n"},
                   {.input = "", .folder = "", .environment = {"PYTHONMALLOC=malloc", "PYTHONHASHSEED=0"}});
}

TEST(RealProgram, CompilerDriverWithItsChildren) {
  const ScratchFolder scratch;
  write_file(scratch.file("a.cc"),
             "#include <map>\n#include <string>\nstd::map<int, std::string> m;\nint main() { return m.size(); }\n");
  expect_unchanged({"g++", "-O1", "-S", "-o", "-", scratch.file("a.cc")});
}

TEST(RealProgram, ACompilersErrorsAreStillItsOwn) {
  const ScratchFolder scratch;
  write_file(scratch.file("a.cc"), "int main() { return x; }\n");
  expect_unchanged({"g++", "-S", "-o", "-", scratch.file("a.cc")});
}

TEST(RealProgram, RedisServerUnderItsBenchmark) {
  if (!has_command("redis-server") || !has_command("redis-benchmark")) GTEST_SKIP() << "redis is not installed";
  const ScratchFolder scratch;
  const std::string socket = scratch.file("redis.sock");
  const std::string script = heaptape_command() + " record -o " + scratch.file("a.tape") +
                             " -- redis-server --port 0 --unixsocket " + socket + " --save '' --dir " + scratch.path() +
                             " >/dev/null & P=$!; while ! redis-cli -s " + socket +
                             " ping >/dev/null 2>&1; do sleep 0.02; done;" + " redis-benchmark -s " + socket +
                             " -n 2000 -c 10 -q -t set,get,lpush >/dev/null &&" + " redis-cli -s " + socket +
                             " bgsave >/dev/null; sleep 0.2; redis-cli -s " + socket + " dbsize; redis-cli -s " +
                             socket + " shutdown nosave; wait $P";
  const Finished run = run_command({"sh", "-c", script});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_FALSE(run.out.empty());
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(tape.ending().kind, EndKind::exited);
}

TEST(RealProgram, OurOwnToolsAreRecordedLikeAnyProgram) {
  if (kSanitized) GTEST_SKIP() << "a sanitised tool can't be recorded";
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("x.tape"), {sample("basic_usage")}).status, 0);
  expect_unchanged({heaptape_command(), "summary", scratch.file("x.tape")});
  const std::string reports = std::filesystem::path(heaptape_command()).replace_filename("heaptape-reports");
  const Finished drawn = record(scratch.file("y.tape"), {reports, "render", scratch.file("x.tape"), "--view",
                                                         "timeline", "-o", scratch.file("x.svg")});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  const TapeReader tape(scratch.file("y.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_GT(tape.totals().program.allocations, 1000u);
}

}  // namespace
}  // namespace heaptape::testing
