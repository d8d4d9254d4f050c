// Where shared memory is short or missing, as in containers, sessions live elsewhere.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/mounts.h"
#include "tests/support/private_place.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

void expect_whole(const std::string& path) {
  const TapeReader tape(path);
  EXPECT_EQ(tape.condition(), Condition::whole) << path;
  EXPECT_FALSE(tape.ledger().lossy()) << path;
}

// A shell, two programs, a fork and an exec: five images, several at once.
const char* const kTree = "true & env true & (true; true) & wait; exec env true";

TEST(Place, WithoutAnyFileSystemInMemorySessionsAreMemfds) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", std::string("echo $HEAPTAPE_SESSION; ") + kTree}, {},
                              {.input = "", .folder = "", .environment = {"HEAPTAPE_SHM=/proc"}});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out.rfind("/proc/", 0), 0u) << run.out;
  EXPECT_NE(run.err.find("nothing lost"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("could not be recorded"), std::string::npos) << run.err;
  EXPECT_GE(scratch.names().size(), 6u);
  for (const std::string& name : scratch.names()) expect_whole(scratch.file(name));
  // They end with the drain, and it ends when nobody maps them any more.
  const std::string drain = run.out.substr(0, run.out.find("/fd/"));
  for (int i = 0; i < 1000 && std::filesystem::exists(drain); ++i) run_command({"sleep", "0.01"});
  EXPECT_FALSE(std::filesystem::exists(drain));
}

TEST(Place, AMemfdSessionLosesNothingOfABusyProgram) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("counting_threads"), "4", "50000", "nobody", "0"},
                              {}, {.input = "", .folder = "", .environment = {"HEAPTAPE_SHM=/proc"}});
  ASSERT_EQ(run.status, 0) << run.err;
  expect_whole(scratch.file("a.tape"));
  EXPECT_GE(TapeReader(scratch.file("a.tape")).totals().program.allocations, 200'000u);
}

TEST(Place, InASmallOneTheBufferIsSmallAndWhatFindsNoRoomIsAMemfd) {
  if (!may_mount()) GTEST_SKIP() << "this user may not mount";
  const ScratchFolder scratch;
  for (const char* size : {"64k", "3m", "6m", "20m"}) {
    SCOPED_TRACE(size);
    const std::string front = "mount -t tmpfs -o size=" + std::string(size) + " none /mnt; export HEAPTAPE_SHM=/mnt; " +
                              heaptape_command() + " record --force -o " + scratch.file("a.tape") + " -- ";
    const Finished tree = run_with_mounts(front + "sh -c '" + kTree + "'");
    ASSERT_EQ(tree.status, 0) << tree.err;
    EXPECT_EQ(tree.err.find("could not be recorded"), std::string::npos) << tree.err;
    for (const std::string& name : scratch.names()) expect_whole(scratch.file(name));
    const Finished busy = run_with_mounts(front + test_program("counting_threads") + " 4 50000 nobody 0");
    ASSERT_EQ(busy.status, 0) << busy.err;
    EXPECT_NE(busy.err.find("nothing lost"), std::string::npos) << busy.err;
    expect_whole(scratch.file("a.tape"));
  }
}

TEST(Place, ADevShmThatIsNoMemoryOrFullIsPassedBy) {
  if (!may_mount()) GTEST_SKIP() << "this user may not mount";
  const ScratchFolder scratch;
  const std::string rest = "; unset XDG_RUNTIME_DIR; " + heaptape_command() + " record --force -o " +
                           scratch.file("a.tape") + " -- sh -c 'echo $HEAPTAPE_SESSION; true; true'";
  for (const std::string& front : {"mount --bind " + scratch.path() + " /dev/shm",
                                   std::string("mount -t tmpfs -o size=1m none /dev/shm; head -c 2m /dev/zero "
                                               ">/dev/shm/full 2>/dev/null"),
                                   std::string("mount -t tmpfs -o ro none /dev/shm")}) {
    SCOPED_TRACE(front);
    const Finished run = run_with_mounts(front + rest);
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_NE(run.out.rfind("/dev/shm", 0), 0u) << run.out;
    for (const std::string& name : scratch.names()) expect_whole(scratch.file(name));
  }
}

TEST(Place, OfAMemfdSessionThatWasCutOffRecoverKeepsTheWholeBlocks) {
  const ScratchFolder scratch;
  const CommandOptions memfds{.input = "", .folder = "", .environment = {"HEAPTAPE_SHM=/proc"}};
  const std::string path = scratch.file("a.tape");
  ASSERT_EQ(record(path, {test_program("flush_then_orphan")}, {}, memfds).status, 0);
  const std::uint64_t events = TapeReader(path).events();
  EXPECT_GT(events, 0u);
  const Finished recovered = run_command({heaptape_command(), "recover", path}, memfds);
  EXPECT_EQ(recovered.status, 4) << recovered.err;
  EXPECT_NE(recovered.out.find("is lost"), std::string::npos) << recovered.out;
  const TapeReader tape(path);
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_EQ(tape.events(), events);
  EXPECT_EQ(tape.ending().kind, EndKind::unknown);
}

}  // namespace
}  // namespace heaptape::testing
