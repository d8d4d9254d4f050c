// A program that crashes leaves the core that it would leave anyway: no event, table or mapping of ours is in it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/recording.h"
#include "tests/support/sanitized.h"

namespace heaptape::testing {
namespace {

// Bytes that the one core in the folder takes on disk; 0: there is none.
std::uint64_t core_bytes(const ScratchFolder& folder) {
  for (const std::string& name : folder.names()) {
    struct stat status;
    if (name.rfind("core", 0) == 0 && stat(folder.file(name).c_str(), &status) == 0)
      return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  return 0;
}

std::string shell_line(const std::string& command) { return "ulimit -c unlimited; cd \"$0\"; " + command; }

TEST(Core, IsWrittenAsWithoutRecordingAndHasNoneOfOurMemoryInIt) {
  if (kSanitized) GTEST_SKIP() << "a sanitised tool forbids cores";
  const ScratchFolder bare, recorded, tapes;
  for (const char* how : {"abort", "segv"}) {
    const std::string program = test_program("sudden_end") + " " + how;
    const int status = run_command({"sh", "-c", shell_line("exec " + program), bare.path()}).status;
    const std::uint64_t before = core_bytes(bare);
    if (before == 0) GTEST_SKIP() << "cores go elsewhere here (core_pattern, or their limit is 0)";
    const Finished run = run_command(
        {"sh", "-c",
         shell_line("exec " + heaptape_command() + " record --force -o " + tapes.file("a.tape") + " -- " + program),
         recorded.path()});
    EXPECT_EQ(run.status, status);
    const std::uint64_t after = core_bytes(recorded);
    ASSERT_NE(after, 0u) << run.err;
    // The library itself, and the state of one thread.
    EXPECT_LT(after, before + (1u << 20));
    EXPECT_EQ(TapeReader(tapes.file("a.tape")).totals().program.allocations, 10000u);
    for (const ScratchFolder* folder : {&bare, &recorded})
      for (const std::string& name : folder->names()) std::filesystem::remove(folder->file(name));
  }
}

}  // namespace
}  // namespace heaptape::testing
