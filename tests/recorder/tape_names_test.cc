#include "recorder/drain/tape_names.h"

#include <gtest/gtest.h>

#include "tests/support/run_command.h"

namespace heaptape::testing {
namespace {

TEST(TapeNames, TheCommandsFirstImageHasTheNameGivenAndAllOthersAreNumbered) {
  TapeNames names("out/run.tape", "sh", 100);
  std::uint32_t image = 99;
  EXPECT_EQ(names.next(100, image), "out/run.tape");
  EXPECT_EQ(image, 0u);
  EXPECT_EQ(names.next(101, image), "out/run.101.0.tape");
  EXPECT_EQ(names.next(100, image), "out/run.100.1.tape");
  EXPECT_EQ(image, 1u);
  EXPECT_EQ(names.next(101, image), "out/run.101.1.tape");
}

TEST(TapeNames, WithoutANameProgramAndPidMakeOne) {
  EXPECT_EQ(TapeNames("", "sh", 7).own(), "heaptape.sh.7.tape");
  const ScratchFolder folder;
  EXPECT_EQ(TapeNames(folder.path(), "sh", 7).own(), folder.file("heaptape.sh.7.tape"));
  EXPECT_EQ(TapeNames(folder.path() + "/", "sh", 7).own(), folder.file("heaptape.sh.7.tape"));
}

TEST(TapeNames, ANameWithoutSuffixStillGivesNumberedTapes) {
  TapeNames names("run", "sh", 1);
  std::uint32_t image = 0;
  EXPECT_EQ(names.next(2, image), "run.2.0.tape");
}

TEST(TapeNames, FilesThatExistArePassedOver) {
  const ScratchFolder folder;
  for (const char* name : {"run.tape", "run.5.0.tape", "run.6.0.tape"}) write_file(folder.file(name), "");
  TapeNames names(folder.file("run.tape"), "sh", 5);
  names.keep_existing();
  EXPECT_EQ(names.own(), folder.file("run.5.1.tape"));
  std::uint32_t image = 99;
  EXPECT_EQ(names.next(5, image), names.own());
  EXPECT_EQ(image, 1u);
  EXPECT_EQ(names.next(5, image), folder.file("run.5.2.tape"));
  EXPECT_EQ(names.next(6, image), folder.file("run.6.1.tape"));
}

TEST(TapeNames, RemovingTheFamilyTakesNumberedTapesOfThatNameOnly) {
  const ScratchFolder folder;
  for (const char* name :
       {"run.tape", "run.1.0.tape", "run.22.3.tape", "run.x.0.tape", "run.1.tape", "other.1.0.tape", "run.1.0.svg"})
    write_file(folder.file(name), "");
  TapeNames(folder.file("run.tape"), "sh", 1).remove_family();
  EXPECT_EQ(folder.names(),
            (std::vector<std::string>{"other.1.0.tape", "run.1.0.svg", "run.1.tape", "run.tape", "run.x.0.tape"}));
}

}  // namespace
}  // namespace heaptape::testing
