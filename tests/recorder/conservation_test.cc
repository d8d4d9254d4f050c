// Every call of the hooks is on the tape, or in its ledger: whatever the program does, and whatever is left out.
#include <gtest/gtest.h>

#include "format/verify.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

class Conservation : public ::testing::TestWithParam<Program> {};

TEST_P(Conservation, HoldsOnEveryTapeOfTheProgramWhateverIsLeftOut) {
  const std::vector<std::vector<std::string>> all_options{{},
                                                          {"--buffer", "1MiB", "--when-full", "drop"},
                                                          {"--min-size", "40"},
                                                          {"--sample", "2KiB"},
                                                          {"--record-layer", "program"},
                                                          {"--max-tape", "256KiB"},
                                                          {"--keep", "last:1MiB"}};
  for (const std::vector<std::string>& options : all_options) {
    SCOPED_TRACE(::testing::PrintToString(options));
    const ScratchFolder scratch;
    record(scratch.file("a.tape"), GetParam().command, options);
    ASSERT_FALSE(scratch.names().empty());
    for (const std::string& name : scratch.names()) expect_conserved(scratch.file(name));
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Conservation,
                         ::testing::Values(Program{"threads", {sample("threads")}, ""},
                                           Program{"reuse", {test_program("reuse_storm"), "50000"}, ""},
                                           Program{"resizes", {test_program("resize_storm"), "20000"}, ""},
                                           Program{"short_threads", {test_program("threads_die"), "1000"}, ""},
                                           Program{"forks", {test_program("fork_storm"), "4", "30"}, ""},
                                           Program{"vforks", {test_program("vfork_storm"), "20"}, ""},
                                           Program{"jumps", {test_program("jumping_frames")}, ""}),
                         [](const auto& program) { return program.param.name; });

TEST(Conservation, TheCountIsTheProgramsOwnAndNotThatOfTheEvents) {
  const ScratchFolder scratch;
  const std::vector<std::string> command{test_program("reuse_storm"), "50000"};
  record(scratch.file("all.tape"), command);
  record(scratch.file("some.tape"), command, {"--buffer", "1MiB", "--when-full", "drop"});
  const TapeReader all(scratch.file("all.tape")), some(scratch.file("some.tape"));
  ASSERT_TRUE(all.calls() && some.calls());
  EXPECT_GE(all.calls()->called, 2 * 50000u);
  EXPECT_EQ(all.calls()->dropped, 0u);
  EXPECT_EQ(some.calls()->dropped, some.ledger()[Loss::dropped_events]);
  EXPECT_EQ(some.calls()->called - some.calls()->dropped, some.events());
}

}  // namespace
}  // namespace heaptape::testing
