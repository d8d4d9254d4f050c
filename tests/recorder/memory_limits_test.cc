// --max-live and --buffer auto: what bounds the recorder's own memory, and what becomes of the figures.
#include <gtest/gtest.h>

#include <filesystem>

#include "recorder/launcher/available_memory.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

// The line `"key": value` of some JSON.
std::string field(const std::string& json, const std::string& key) {
  const std::size_t at = json.find('"' + key + "\": ");
  return at == std::string::npos ? "" : json.substr(at, json.find_first_of(",\n", at) - at);
}

TEST(MemoryLimits, ATapeBeyondMaxLiveGivesTheFiguresOfOneWithoutTheLimit) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {sample("phases")}).status, 0);
  const Finished limited = record(scratch.file("b.tape"), {sample("phases")}, {"--max-live", "10"});
  ASSERT_EQ(limited.status, 0) << limited.err;
  const TapeReader whole(scratch.file("a.tape")), bounded(scratch.file("b.tape"));
  EXPECT_EQ(whole.ledger()[Loss::unaccounted_births], 0u);
  EXPECT_GT(bounded.ledger()[Loss::unaccounted_births], 100u);
  EXPECT_FALSE(bounded.ledger().lossy());
  for (const std::string layer : {"program", "all"}) {
    const auto summary = [&](const char* tape) {
      return run_command({heaptape_command(), "summary", scratch.file(tape), "--json", "--layer", layer}).out;
    };
    const std::string expected = summary("a.tape"), told = summary("b.tape");
    for (const std::string key : {"allocations", "frees", "allocated_bytes", "peak_bytes", "peak_blocks", "live_bytes",
                                  "live_blocks", "temporary", "unmatched_frees"}) {
      EXPECT_NE(field(expected, key), "") << key << '\n' << expected;
      EXPECT_EQ(field(told, key), field(expected, key)) << layer;
    }
  }
  const Finished text = run_command({heaptape_command(), "summary", scratch.file("b.tape")});
  EXPECT_NE(text.out.find("counted anew from its events"), std::string::npos) << text.out;
}

// A machine made of files, as available_memory() reads them.
class Machine {
 public:
  explicit Machine(std::uint64_t available) {
    put("proc/meminfo", "MemTotal: 99999999 kB\nMemAvailable: " + std::to_string(available >> 10) + " kB\n");
    std::filesystem::create_directories(scratch_.file("dev"));
    std::filesystem::create_symlink("/", scratch_.file("dev/shm"));  // some real file system
  }
  void put(const std::string& path, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(scratch_.file(path)).parent_path());
    write_file(scratch_.file(path), content);
  }
  std::uint64_t available() const { return available_memory(scratch_.path()); }

 private:
  ScratchFolder scratch_;
};

constexpr std::uint64_t kMiB = 1 << 20;

TEST(AvailableMemory, IsTheMachinesWhereNoGroupLimitsIt) {
  Machine machine(100 * kMiB);
  EXPECT_EQ(machine.available(), 100 * kMiB);
  machine.put("proc/self/cgroup", "0::/\n");
  EXPECT_EQ(machine.available(), 100 * kMiB);
}

TEST(AvailableMemory, IsWhatTheTightestGroupLeavesCachedFilesApart) {
  Machine machine(100 * kMiB);
  machine.put("proc/self/cgroup", "0::/outer/inner\n");
  machine.put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  machine.put("sys/fs/cgroup/outer/inner/memory.current", "5\n");
  machine.put("sys/fs/cgroup/outer/memory.max", std::to_string(50 * kMiB));
  machine.put("sys/fs/cgroup/outer/memory.current", std::to_string(30 * kMiB));
  EXPECT_EQ(machine.available(), 20 * kMiB);
  machine.put("sys/fs/cgroup/outer/memory.stat",
              "active_file 1\ninactive_file " + std::to_string(10 * kMiB) + "\nslab 2\n");
  EXPECT_EQ(machine.available(), 30 * kMiB);
  machine.put("sys/fs/cgroup/outer/memory.current", std::to_string(70 * kMiB));
  EXPECT_EQ(machine.available(), 0u);
}

TEST(AvailableMemory, KnowsGroupsOfTheFirstVersion) {
  Machine machine(100 * kMiB);
  machine.put("proc/self/cgroup", "5:cpu,cpuacct:/other\n4:memory:/job\n");
  machine.put("sys/fs/cgroup/memory/job/memory.limit_in_bytes", std::to_string(16 * kMiB));
  machine.put("sys/fs/cgroup/memory/job/memory.usage_in_bytes", std::to_string(9 * kMiB));
  machine.put("sys/fs/cgroup/memory/job/memory.stat",
              "inactive_file 7\ntotal_inactive_file " + std::to_string(1 * kMiB) + "\n");
  EXPECT_EQ(machine.available(), 8 * kMiB);
}

TEST(AutomaticBuffer, IsASixteenthBetweenOneMebibyteAndOneGibibyte) {
  EXPECT_EQ(automatic_buffer(0), kMiB);
  EXPECT_EQ(automatic_buffer(31 * kMiB), kMiB);
  EXPECT_EQ(automatic_buffer(160 * kMiB), 10 * kMiB);
  EXPECT_EQ(automatic_buffer(175 * kMiB), 10 * kMiB);
  EXPECT_EQ(automatic_buffer(1024 * 1024 * kMiB), 1024 * kMiB);
}

TEST(AutomaticBuffer, Records) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {sample("basic_usage")}, {"--buffer", "auto"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_FALSE(TapeReader(scratch.file("a.tape")).ledger().lossy());
}

}  // namespace
}  // namespace heaptape::testing
