// Stacks of real programs, frame by frame as libunwind has them: a library in them checks every n-th malloc.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/recording.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

struct Checked {
  Finished run;
  std::uint64_t stacks = 0, mismatches = 0, truncated = 0;
  std::string report;
};

Checked check(const std::vector<std::string>& command, int every, CommandOptions options = {}) {
  const ScratchFolder scratch;
  options.environment.push_back(std::string("LD_PRELOAD=") + HEAPTAPE_STACK_CHECK);
  options.environment.push_back("STACK_CHECK_EVERY=" + std::to_string(every));
  options.environment.push_back("STACK_CHECK_OUT=" + scratch.file("report"));
  Checked checked{.run = run_command(command, options)};
  checked.report = read_file(scratch.file("report"));
  std::istringstream(checked.report) >> checked.stacks >> checked.mismatches >> checked.truncated;
  return checked;
}

void expect_exact(const Checked& checked, std::uint64_t least_stacks) {
  EXPECT_EQ(checked.run.status, 0) << checked.run.err;
  EXPECT_GE(checked.stacks, least_stacks);
  EXPECT_EQ(checked.mismatches, 0u) << checked.report;
  EXPECT_EQ(checked.truncated, 0u);
}

TEST(StackExactness, Sqlite3) {
  if (!has_command("sqlite3")) GTEST_SKIP() << "sqlite3 is not installed";
  expect_exact(check({"sqlite3", ":memory:"}, sized(7, 1), {.input = HEAPTAPE_SMALL_SQL}), 1000);
}

TEST(StackExactness, Python) {
  if (!has_command("/usr/bin/python3")) GTEST_SKIP() << "python3 is not installed";
  expect_exact(check({"/usr/bin/python3", "-c",
                      "import json, re, threading\n"
                      "d = {str(i): [i] * (i % 7) for i in range(500)}\n"
                      "t = [threading.Thread(target=lambda: json.loads(json.dumps(d))) for _ in range(3)]\n"
                      "[x.start() for x in t]; [x.join() for x in t]\n"
                      "def down(n): return [n] if n == 0 else down(n - 1) + [n]\n"
                      "print(len(down(300)), len(re.findall('1', json.dumps(d))))\n"},
                     sized(31, 1), {.environment = {"PYTHONMALLOC=malloc"}}),
               1000);
}

TEST(StackExactness, TheCompilerItself) {
  const Finished asked = run_command({"g++", "-print-prog-name=cc1plus"});
  const std::string compiler = asked.out.substr(0, asked.out.find('\n'));
  if (asked.status != 0 || !has_command(compiler)) GTEST_SKIP() << "cc1plus is not installed";
  const ScratchFolder scratch;
  write_file(scratch.file("a.cc"),
             "#include <map>\n#include <string>\nstd::map<int, std::string> m;\n"
             "int main() { m[1] = \"a\"; return static_cast<int>(m.size()); }\n");
  ASSERT_EQ(run_command({"g++", "-E", scratch.file("a.cc"), "-o", scratch.file("a.ii")}).status, 0);
  expect_exact(check({compiler, "-quiet", "-fpreprocessed", "-O2", scratch.file("a.ii"), "-o", scratch.file("a.s")},
                     sized(101, 3)),
               1000);
}

TEST(StackExactness, CallbacksFromLibc) {
  for (const char* program : {"callbacks", "callbacks_O0", "callbacks_O3"}) {
    SCOPED_TRACE(program);
    expect_exact(check({test_program(program)}, 1), 5000);
  }
}

TEST(StackExactness, FramesLeftByExceptionsAndLongjmp) {
  expect_exact(check({test_program("jumping_frames")}, 3), 5000);
}

TEST(StackExactness, RecursionBeyondTheLimit) {
  expect_exact(check({test_program("deep_recursion"), "511"}, 1), 1);
  expect_exact(check({test_program("deep_recursion"), "5000"}, 1), 1);
}

}  // namespace
}  // namespace heaptape::testing
