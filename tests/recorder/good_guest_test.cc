// What the library leaves alone: the process it is in looks and allocates as it does without it.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "tests/support/recording.h"
#include "tests/support/sanitized.h"

namespace heaptape::testing {
namespace {

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex expression(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

TEST(GoodGuest, NeedsTheCLibraryAloneAndHasNoThreadLocalStorage) {
  for (const char* library : {HEAPTAPE_LIBRARY, HEAPTAPE_EXTENDED_LIBRARY}) {
    const std::string text = run_command({"readelf", "-dlW", library}).out;
    std::set<std::string> needed = all_matches(text, "NEEDED.*\\[(.*)\\]");
    EXPECT_TRUE(needed.contains("libc.so.6"));
    needed.erase("libc.so.6");
    needed.erase("ld-linux-x86-64.so.2");  // glibc's dynamic linker, which is in every process
    EXPECT_EQ(needed, std::set<std::string>());
    EXPECT_EQ(text.find(" TLS "), std::string::npos) << text;
  }
}

TEST(GoodGuest, ExportsTheHooksAndItsInterfaceAlone) {
  const std::string text = run_command({"nm", "-D", "--defined-only", HEAPTAPE_LIBRARY}).out;
  std::set<std::string> exported = all_matches(text, " [A-Za-z] (\\S+)");
  for (const char* hook :
       {"malloc", "calloc", "realloc", "free", "aligned_alloc", "memalign", "posix_memalign", "valloc", "pvalloc",
        "malloc_usable_size", "cfree", "free_sized", "free_aligned_sized", "dlclose"})
    EXPECT_EQ(exported.erase(hook), 1u) << hook;
  int operators = 0;
  std::erase_if(exported, [&](const std::string& name) {
    const bool is_operator = std::regex_match(name, std::regex("_Z(n[wa]|d[la]Pv).*"));
    operators += is_operator ? 1 : 0;
    return is_operator || name.starts_with("heaptape_");
  });
  EXPECT_EQ(operators, 20);
  EXPECT_EQ(exported, std::set<std::string>());
}

TEST(GoodGuest, AddsNoThreadDescriptorHandlerVariableOrNameToTheProgram) {
  const ScratchFolder scratch;
  const Finished bare = run_command({test_program("looks_at_itself")});
  const Finished recorded = record(scratch.file("a.tape"), {test_program("looks_at_itself")});
  ASSERT_EQ(bare.status, 0);
  EXPECT_NE(bare.out.find("/proc/self/task: 1 entries"), std::string::npos) << bare.out;
  EXPECT_NE(bare.out.find("_Znwm: absent"), std::string::npos) << bare.out;
  EXPECT_EQ(recorded.out, bare.out);
}

TEST(GoodGuest, KeepsErrnoOverAMillionCalls) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("keeps_errno")});
  EXPECT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_GE(tape.totals().program.allocations, 750'000u);
}

class Sequence : public ::testing::TestWithParam<Program> {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "the command itself would be run with the log's library";
    if (!has_command(GetParam().command[0])) GTEST_SKIP() << "not installed";
  }
  // With a second library preloaded, which writes each request that reaches it to a file.
  CommandOptions logged_to(const std::string& file) const {
    return {.input = GetParam().input,
            .folder = "",
            .environment = {"LD_PRELOAD=" HEAPTAPE_SIZE_LOG, "SIZE_LOG=" + scratch_.file(file)}};
  }
  std::string log(const std::string& file) const { return read_file(scratch_.file(file) + "." + GetParam().name); }

  const ScratchFolder scratch_;
};

TEST_P(Sequence, OfRequestsIsTheSameWithAndWithoutTheRecorderAndIsWhatTheTapeHolds) {
  ASSERT_EQ(run_command(GetParam().command, logged_to("bare")).status, 0);
  const Finished run = record(scratch_.file("a.tape"), GetParam().command, {}, logged_to("recorded"));
  ASSERT_EQ(run.status, 0) << run.err;
  ASSERT_FALSE(log("bare").empty());
  EXPECT_TRUE(log("recorded") == log("bare")) << log("recorded").size() << " bytes of log, bare " << log("bare").size();

  std::vector<std::uint64_t> requested, told;
  std::istringstream lines(log("recorded"));
  std::string name;
  for (std::uint64_t bytes; lines >> name >> bytes;)
    if (name != "free" && (name != "realloc" || bytes != 0)) requested.push_back(bytes);
  for (const Event& event : events_of(TapeReader(scratch_.file("a.tape"))))
    if (event.kind == EventKind::birth) told.push_back(event.size);
  EXPECT_TRUE(told == requested) << told.size() << " told, " << requested.size() << " requested";
}

INSTANTIATE_TEST_SUITE_P(Of, Sequence,
                         ::testing::Values(Program{"basic_usage", {sample("basic_usage")}, ""},
                                           Program{"phases", {sample("phases")}, ""},
                                           Program{"leaking", {sample("leaking")}, ""},
                                           Program{"sqlite3", {"sqlite3", ":memory:"}, HEAPTAPE_SMALL_SQL}),
                         [](const auto& program) { return program.param.name; });

}  // namespace
}  // namespace heaptape::testing
