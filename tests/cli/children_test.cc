// Tapes of the processes that a command started, found beside its own.
#include <gtest/gtest.h>

#include "cli/siblings.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

TEST(Children, ASummaryOfAShellPointsToItsHeaviestChild) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {"sh", "-c", sample("leaking") + "; " + sample("phases") + "; true"}).status,
            0);
  ASSERT_EQ(scratch.names().size(), 3u);
  const std::string hint = line_with(answer({"summary", scratch.file("a.tape")}), "hint: ");
  EXPECT_TRUE(contains(hint, "phases (peak ")) << hint;
  const std::string path = hint.substr(hint.rfind("see ") + 4);
  EXPECT_EQ(json_answer({"summary", path})["program"], "phases");
}

TEST(Children, AProgramThatIsHeavierThanItsChildrenPointsNowhere) {
  EXPECT_EQ(line_with(answer({"summary", tape_of("phases")}), "hint"), "");
}

TEST(Children, OnlyNamesOfTheFamilyCount) {
  const ScratchFolder scratch;
  const std::string tape = read_file(tape_of("threads"));
  for (const char* name : {"a.tape", "a.12.tape", "a.b.0.tape", "ab.12.0.tape", "a.12.0.tap", "a.12.0.tape.old"})
    write_file(scratch.file(name), tape);
  write_file(scratch.file("a.13.0.tape"), "no tape");
  EXPECT_FALSE(cli::heaviest_sibling(scratch.file("a.tape"), Layer::program));
  write_file(scratch.file("a.12.0.tape"), tape);
  const std::optional<cli::Sibling> found = cli::heaviest_sibling(scratch.file("a.tape"), Layer::program);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, scratch.file("a.12.0.tape"));
  EXPECT_EQ(found->program, "threads");
  EXPECT_EQ(found->peak_bytes, TapeReader(tape_of("threads")).totals().program.peak_bytes);
}

}  // namespace
}  // namespace heaptape::testing
