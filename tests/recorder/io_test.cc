// What the world of files does to a recorder, and what it may not do to the program.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/mounts.h"
#include "tests/support/recording.h"
#include "tests/support/sanitized.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

TEST(Io, AProgramThatClosesEverythingAndMovesAwayHasItsFilesToItself) {
  const ScratchFolder bare, recorded, tapes;
  ASSERT_EQ(run_command({test_program("closes_everything"), bare.path()}).status, 0);
  const Finished run = record(tapes.file("a.tape"), {test_program("closes_everything"), recorded.path()});
  ASSERT_EQ(run.status, 0) << run.err;
  ASSERT_EQ(bare.names(), recorded.names());
  for (const std::string& name : bare.names())
    EXPECT_EQ(read_file(bare.file(name)), read_file(recorded.file(name))) << name;
  const TapeReader tape(tapes.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_GE(tape.totals().program.allocations, 2000u);
}

TEST(Io, InterruptedAndShortWritesMakeTheSameTape) {
  if (kSanitized) GTEST_SKIP() << "nothing can be preloaded into a sanitised tool";
  const ScratchFolder scratch;
  const CommandOptions faulty{
      .input = "",
      .folder = "",
      .environment = {"LD_PRELOAD=" + test_program("libfaulty_writes.so"), "HEAPTAPE_TEST_WRITES=short 1"}};
  const std::vector<std::string> program{test_program("counting_threads"), "2", "100000", "nobody", "0"};
  ASSERT_EQ(record(scratch.file("calm.tape"), program).status, 0);
  const Finished run = record(scratch.file("a.tape"), program, {}, faulty);
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(tape.events(), TapeReader(scratch.file("calm.tape")).events());
  EXPECT_EQ(events_of(tape).size(), tape.events());
}

TEST(Io, ASlowDiskIsWaitedFor) {
  if (kSanitized) GTEST_SKIP() << "nothing can be preloaded into a sanitised tool";
  const ScratchFolder scratch;
  // In the soak the program waits longer than it would for a drain that is stuck.
  const CommandOptions slow{.input = "",
                            .folder = "",
                            .environment = {"LD_PRELOAD=" + test_program("libfaulty_writes.so"),
                                            "HEAPTAPE_TEST_WRITES=slow " + std::to_string(sized(20, 1000))}};
  const Finished run = record(scratch.file("a.tape"), {test_program("counting_threads"), "1", "1000000", "nobody", "0"},
                              {"--buffer", "16MiB"}, slow);
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_GE(tape.totals().program.allocations, 1000000u);
  EXPECT_EQ(tape.ledger()[Loss::dropped_events], 0u);
}

// What a full disk, or a limit, leaves: whole blocks and an exact count of the rest.
void expect_cut_and_counted(const Finished& run, const std::string& path, const std::string& why) {
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find(why), std::string::npos) << run.err;
  const TapeReader tape(path);
  EXPECT_EQ(tape.condition(), Condition::cut);
  EXPECT_TRUE(tape.damage().empty());
  std::string lost = run.err.substr(run.err.find("; ") + 2);
  std::string digits;
  for (const char c : lost.substr(0, lost.find(" lost")))
    if (c != ',') digits += c;
  std::string all;
  for (const char c : run.err.substr(run.err.rfind("heaptape: ") + 10))
    if (c >= '0' && c <= '9')
      all += c;
    else if (c != ',')
      break;
  EXPECT_EQ(tape.events() + std::stoull(digits), std::stoull(all)) << run.err;
}

TEST(Io, AFullDiskCutsTheTapeAndCostsTheProgramNothing) {
  if (!may_mount()) GTEST_SKIP() << "this user may not mount";
  const ScratchFolder scratch;
  for (const char* size : {"8k", "24k", "64k"}) {
    SCOPED_TRACE(size);
    const Finished run =
        run_with_mounts("mount -t tmpfs -o size=" + std::string(size) + " none /mnt; " + heaptape_command() +
                        " record -o /mnt/a.tape -- " + test_program("counting_threads") +
                        " 2 100000 nobody 0; s=$?; cp /mnt/a.tape " + scratch.file("a.tape") + "; exit $s");
    expect_cut_and_counted(run, scratch.file("a.tape"), "No space left on device");
  }
}

TEST(Io, ALimitOnTheSizeOfFilesIsTheProgramsAndNotTheRecorders) {
  const ScratchFolder scratch;
  // dd dies by SIGXFSZ as ever; the tape grows beyond the limit.
  const std::string program =
      "ulimit -Sf 64; exec " + heaptape_command() + " record --force -o " + scratch.file("a.tape") + " -- ";
  const Finished limited =
      run_command({"sh", "-c", program + "dd if=/dev/zero of=" + scratch.file("big") + " bs=1k count=128"});
  EXPECT_EQ(limited.status, 128 + 25) << limited.err;
  const Finished run = run_command({"sh", "-c", program + test_program("counting_threads") + " 2 200000 nobody 0"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_GT(std::filesystem::file_size(scratch.file("a.tape")), 64u << 10);
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
}

TEST(Io, AReaderOfThePipeThatDiesEndsTheProgramAsItWould) {
  const ScratchFolder scratch;
  const auto line = [&](const std::string& front) {
    return run_command({"bash", "-c", front + "seq 1000000 2>/dev/null | head -1; echo ${PIPESTATUS[0]}"}).out;
  };
  EXPECT_EQ(line(heaptape_command() + " record -o " + scratch.file("a.tape") + " -- "), line(""));
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
}

TEST(Io, ATapeCutShortWhileItIsWrittenHarmsNobody) {
  const ScratchFolder scratch;
  const std::string path = scratch.file("a.tape");
  const std::string burst = "for i in $(seq 2000); do x=$x$i; done; sleep 0.4; ";
  const Finished run = record(path, {"sh", "-c", burst + "truncate -s 100 " + path + "; " + burst + "exit 6"});
  EXPECT_EQ(run.status, 6) << run.err;
  const int status = run_command({heaptape_command(), "summary", path}).status;
  EXPECT_TRUE(status == 0 || status == 3) << status;
  EXPECT_EQ(run_command({heaptape_command(), "recover", path}).status, 3);
}

TEST(Io, WithHardlyADescriptorToSpareProgramsAreRecorded) {
  const ScratchFolder scratch;
  const std::string only_standard_ones =
      "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n 4; ";  // whatever runs this test
  const Finished run =
      record(scratch.file("a.tape"), {"sh", "-c", only_standard_ones + "exec " + test_program("sudden_end")});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(scratch.names().size(), 2u);
  for (const std::string& name : scratch.names()) EXPECT_FALSE(TapeReader(scratch.file(name)).ledger().lossy());
}

}  // namespace
}  // namespace heaptape::testing
