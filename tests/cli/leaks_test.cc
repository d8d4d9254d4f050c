// heaptape leaks as a gate: what it ends with, and what may be accepted.
#include <gtest/gtest.h>

#include "tests/cli/broken_tapes.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

TEST(Leaks, FailWhereAnythingLeakedAndWhereThatIsNotKnown) {
  const ScratchFolder scratch;
  const auto status = [&](const std::string& tape, std::vector<std::string> more) {
    more.insert(more.begin(), {"leaks", tape, "--fail-on-leaks"});
    const Finished run = heaptape(more);
    EXPECT_TRUE(run.status == 0 || is_one_sentence(run.err)) << run.err;
    return run.status;
  };
  EXPECT_EQ(status(tape_of("leaking"), {}), 1);
  EXPECT_EQ(status(tape_of("phases"), {}), 0);
  const std::string large = scratch.file("large.tape");
  ASSERT_EQ(heaptape({"record", "--min-size", "64", "-o", large, "--", sample("phases")}).status, 0);
  EXPECT_EQ(status(large, {}), 4) << "a small block may have leaked";
  // Ends that nobody saw.
  write_file(scratch.file("cut.tape"), cut_in_half(read_file(tape_of("phases"))));
  EXPECT_EQ(status(scratch.file("cut.tape"), {}), 4);
  record(scratch.file("killed.tape"), {"sh", "-c", "kill -9 $$"});
  EXPECT_EQ(status(scratch.file("killed.tape"), {}), 4);
  // A sample may have passed over a leak, above all one that met no block; one leak that it met is enough.
  for (const char* interval : {"1MiB", "1GiB"}) {
    record(scratch.file("sampled.tape"), {sample("phases")}, {"--sample", interval});
    EXPECT_EQ(status(scratch.file("sampled.tape"), {}), 4) << interval;
    expect_refused({"waste", scratch.file("sampled.tape")}, 4, "the tape holds a sample");
  }
  EXPECT_EQ(status(tape_of("leaking"), {"--at", "peak"}), 2);
}

TEST(Leaks, SuppressionsAreCountedAndMayBeAllThereIs) {
  const ScratchFolder scratch;
  const std::string file = scratch.file("known.txt");
  write_file(file, "# known\nleak:load_settings\nleak:leaking.cc\n");
  const nlohmann::json whole = json_answer({"leaks", tape_of("leaking")});
  const nlohmann::json rest = json_answer({"leaks", tape_of("leaking"), "--suppressions", file});
  EXPECT_EQ(rest["blocks"], 0u);
  EXPECT_EQ(rest["suppressed_blocks"], whole["blocks"]);
  EXPECT_EQ(rest["suppressed_bytes"], whole["bytes"]);
  EXPECT_EQ(rest["suppressed"][0]["pattern"], "load_settings");
  const Finished run = heaptape({"leaks", tape_of("leaking"), "--suppressions", file, "--fail-on-leaks"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(contains(run.out, "leak:load_settings (1 block)")) << run.out;
  write_file(file, "");
  EXPECT_EQ(json_answer({"leaks", tape_of("leaking"), "--suppressions", file})["blocks"], whole["blocks"]);
  write_file(file, "leak:x\nthread:y\n");
  for (const std::string& bad : {file, scratch.file("none"), scratch.path()}) {
    const Finished refused = heaptape({"leaks", tape_of("leaking"), "--suppressions", bad});
    EXPECT_EQ(refused.status, 2) << bad;
    EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
    EXPECT_EQ(refused.out, "");
  }
}

}  // namespace
}  // namespace heaptape::testing
