// `heaptape doctor`: what is wrong is said beforehand, with the remedy and the status that `record` would answer.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

Finished doctor(const std::vector<std::string>& words) {
  std::vector<std::string> argv{heaptape_command(), "doctor"};
  argv.insert(argv.end(), words.begin(), words.end());
  return run_command(argv);
}

bool has_line(const std::string& text, const std::string& mark, const std::string& name, const std::string& part) {
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    if (line.starts_with(mark) && line.find("  " + name) != std::string::npos && line.find(part) != std::string::npos)
      return true;
    if (text.find('\n', at) == std::string::npos) break;
  }
  return false;
}

TEST(Doctor, FindsNothingWrongWithAnOrdinaryProgramAndDoesNotRunIt) {
  const ScratchFolder scratch;
  const Finished run = doctor({"-o", scratch.file("a.tape"), "--", sample("basic_usage")});
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_EQ(run.err, "");
  EXPECT_TRUE(has_line(run.out, "ok", "linkage", "dynamically linked")) << run.out;
  EXPECT_TRUE(has_line(run.out, "ok", "symbols", "debug information")) << run.out;
  EXPECT_TRUE(has_line(run.out, "ok", "kernel", "Linux")) << run.out;
  EXPECT_TRUE(has_line(run.out, "ok", "libc", "glibc")) << run.out;
  EXPECT_NE(run.out.find("can be recorded"), std::string::npos) << run.out;
  EXPECT_EQ(scratch.names(), std::vector<std::string>());
}

TEST(Doctor, AnswersTheStatusOfRecordForWhatCanNotBeRecorded) {
  const ScratchFolder scratch;
  write_file(scratch.file("text"), "not a program\n");
  write_file(scratch.file("lost"), "#!/no/such/interpreter\n");
  write_file(scratch.file("garbage"), "garbage\n");
  for (const char* name : {"lost", "garbage"}) ASSERT_EQ(chmod(scratch.file(name).c_str(), 0755), 0);
  const auto expect = [&](const std::string& command, int status, const std::string& name, const std::string& part) {
    const Finished run = doctor({"-o", scratch.file("a.tape"), "--", command});
    EXPECT_EQ(run.status, status) << command;
    EXPECT_TRUE(has_line(run.out, "problem", name, part)) << run.out;
    EXPECT_NE(run.out.find("can't be recorded"), std::string::npos) << run.out;
  };
  expect("no-such-command", 127, "command", "was not found");
  expect(scratch.file("text"), 126, "command", "Permission denied");
  expect(scratch.file("lost"), 126, "command", "/no/such/interpreter");
  expect(scratch.file("garbage"), 126, "command", "neither a program nor a script");
  expect(test_program("fixed_program"), 125, "linkage", "link it dynamically");
  write_file(scratch.file("a.tape"), "precious");
  expect("true", 125, "output", "--force");
}

TEST(Doctor, SaysNothingOfTheMallocThatIsLinkedInStatically) {
  const Finished run = doctor({"--", test_program("fixed_program")});
  EXPECT_FALSE(has_line(run.out, "", "malloc", "")) << run.out;
  EXPECT_TRUE(has_line(run.out, "ok", "rights", "")) << run.out;
}

TEST(Doctor, WarnsOfWhatWouldBeMissing) {
  const ScratchFolder scratch;
  const std::string stripped = scratch.file("stripped");
  ASSERT_EQ(run_command({"strip", "-o", stripped, test_program("sudden_end")}).status, 0);
  const Finished without_names = doctor({stripped});
  EXPECT_EQ(without_names.status, 0);
  EXPECT_TRUE(has_line(without_names.out, "warning", "symbols", "-dbgsym")) << without_names.out;
  const Finished own = doctor({test_program("own_malloc")});
  EXPECT_EQ(own.status, 0);
  EXPECT_TRUE(has_line(own.out, "warning", "malloc", "brings its own malloc")) << own.out;
}

TEST(Doctor, FollowsAScriptToWhatRunsIt) {
  const ScratchFolder scratch;
  const auto script = [&](const std::string& name, const std::string& first_line) {
    write_file(scratch.file(name), first_line + "\nexit 0\n");
    EXPECT_EQ(chmod(scratch.file(name).c_str(), 0755), 0);
    return scratch.file(name);
  };
  const Finished direct = doctor({script("direct", "#!" + test_program("fixed_program"))});
  EXPECT_EQ(direct.status, 125) << direct.out;
  const Finished by_env = doctor({script("by_env", "#!/usr/bin/env -S A=b sh")});
  EXPECT_EQ(by_env.status, 0) << by_env.out;
  EXPECT_TRUE(has_line(by_env.out, "ok", "command", "is a script, run by")) << by_env.out;
  const Finished nested = doctor({script("nested", "#!" + scratch.file("direct"))});
  EXPECT_EQ(nested.status, 125) << nested.out;
  // The launcher goes by the same checks.
  EXPECT_EQ(record(scratch.file("a.tape"), {scratch.file("nested")}).status, 125);
}

TEST(Doctor, ExaminesTheMachineWithoutACommandAndGivesJson) {
  const Finished run = doctor({"--json"});
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_NE(run.out.find("\"schema\": \"heaptape.doctor\""), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\"shared memory\""), std::string::npos) << run.out;
  EXPECT_EQ(run.out.find("\"linkage\""), std::string::npos) << run.out;
  EXPECT_EQ(doctor({"--no-such-option"}).status, 2);
}

}  // namespace
}  // namespace heaptape::testing
