#include "analyzer/symbols.h"

#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "analyzer/names.h"

namespace heaptape {
namespace known {

volatile int sink = 0;

// The address inside the inlined call, as a return address less one would be.
__attribute__((always_inline)) inline std::uint64_t inlined_place() {
  std::uint64_t here = 0;
  asm volatile("leaq (%%rip), %0" : "=r"(here));
  sink = sink + 1;
  return here - 1;
}

__attribute__((noinline)) std::uint64_t outer_function(int argument) {
  sink = argument;
  return inlined_place();
}

}  // namespace known

namespace {

Module this_executable() {
  Module module{.path = std::filesystem::canonical("/proc/self/exe").string(), .is_executable = true};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* bias) {
        *static_cast<std::uint64_t*>(bias) = info->dlpi_addr;
        return 1;  // the executable comes first
      },
      &module.bias);
  return module;
}

TEST(Symbols, FunctionOfThisProgramHasNameFileAndLine) {
  const std::vector<Module> modules{this_executable()};
  Symbols symbols(modules);
  const auto address = reinterpret_cast<std::uint64_t>(&known::outer_function);
  const std::vector<Location>& found = symbols.resolve(ModuleId{0}, address);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back().function, "heaptape::known::outer_function(int)");
  EXPECT_TRUE(found.back().file.ends_with("symbols_test.cc")) << found.back().file;
  EXPECT_GT(found.back().line, 0u);
  EXPECT_EQ(found.back().module, modules[0].path);
}

TEST(Symbols, InlinedCallGivesBothFramesInnermostFirst) {
  const std::vector<Module> modules{this_executable()};
  Symbols symbols(modules);
  const std::vector<Location> found = symbols.resolve(ModuleId{0}, known::outer_function(7));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].function, "heaptape::known::inlined_place()");
  EXPECT_TRUE(found[0].inlined);
  EXPECT_EQ(found[1].function, "heaptape::known::outer_function(int)");
  EXPECT_FALSE(found[1].inlined);
  EXPECT_GT(found[1].line, found[0].line);  // the call stands below the definition
}

TEST(Symbols, SecondLoadOfAFileResolvesByItsOwnBias) {
  std::vector<Module> modules{this_executable(), this_executable()};
  modules[1].bias += 0x10'0000;
  Symbols symbols(modules);
  const auto address = reinterpret_cast<std::uint64_t>(&known::outer_function);
  EXPECT_EQ(symbols.resolve(ModuleId{1}, address + 0x10'0000).back().function,
            symbols.resolve(ModuleId{0}, address).back().function);
}

TEST(Symbols, LeaveTheEnvironmentAsItIs) {
  ASSERT_EQ(setenv("DEBUGINFOD_URLS", "file:///nowhere", 1), 0);
  const std::vector<Module> modules{this_executable()};
  Symbols symbols(modules, {.cache = false});
  EXPECT_FALSE(symbols.resolve(ModuleId{0}, modules[0].bias + 1).empty());
  EXPECT_STREQ(getenv("DEBUGINFOD_URLS"), "file:///nowhere");
  unsetenv("DEBUGINFOD_URLS");
}

TEST(Symbols, OtherBuildIsRefusedAndNamed) {
  std::vector<Module> modules{this_executable()};
  modules[0].build_id = "00112233";
  Symbols symbols(modules);
  const auto address = reinterpret_cast<std::uint64_t>(&known::outer_function);
  const Location found = symbols.resolve(ModuleId{0}, address).at(0);
  EXPECT_TRUE(found.function.starts_with("0x")) << found.function;
  EXPECT_EQ(symbols.mismatched(), std::vector<std::string>{modules[0].path});
}

TEST(Symbols, MissingFileGivesTheAddressInIt) {
  const std::vector<Module> modules{{.path = "/nowhere/libfoo.so", .bias = 0x7000}};
  Symbols symbols(modules);
  EXPECT_EQ(symbols.resolve(ModuleId{0}, 0x7abc).at(0).function, "0xabc in libfoo.so");
  EXPECT_TRUE(symbols.mismatched().empty());
}

TEST(Symbols, AddressWithoutModuleIsShownAsItIs) {
  const std::vector<Module> modules;
  Symbols symbols(modules);
  EXPECT_EQ(symbols.resolve(kNoModule, 0x7fff'0000).at(0).function, "0x7fff0000");
}

TEST(Symbols, FileThatIsNoExecutableGivesAddresses) {
  const std::string path = testing::TempDir() + "no_elf.so";
  std::ofstream(path) << "not an executable";
  const std::vector<Module> modules{{.path = path}};
  Symbols symbols(modules);
  EXPECT_EQ(symbols.resolve(ModuleId{0}, 0x10).at(0).function, "0x10 in no_elf.so");
}

// Copies of this program, in a folder of their own: with names and without, and what was taken from it.
class SymbolFiles : public ::testing::Test {
 protected:
  SymbolFiles() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "debug");
    std::filesystem::create_directories(folder_ / "bin");
    setenv("HEAPTAPE_CACHE", (folder_ / "cache").c_str(), 1);
    run("objcopy --only-keep-debug " + module_.path + " " + (folder_ / "debug/program.debug").string());
    run("objcopy --strip-all " + module_.path + " " + stripped_);
    module_.path = stripped_;
    module_.build_id = output("readelf -n " + stripped_ + " | sed -n 's/.*Build ID: //p'");
  }
  ~SymbolFiles() override {
    unsetenv("HEAPTAPE_CACHE");
    std::filesystem::remove_all(folder_);
  }
  static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }
  static std::string output(const std::string& command) {
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    for (int c; (c = std::fgetc(pipe)) != EOF;)
      if (c != '\n') text += static_cast<char>(c);
    pclose(pipe);
    return text;
  }
  Location found(const SymbolSources& sources) const {
    const std::vector<Module> modules{module_};
    Symbols symbols(modules, sources);
    return symbols.resolve(ModuleId{0}, reinterpret_cast<std::uint64_t>(&known::outer_function)).back();
  }
  std::vector<std::filesystem::path> cached() const {
    std::error_code absent;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "cache", absent))
      files.push_back(entry.path());
    return files;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("symbol_files." + std::to_string(getpid()));
  const std::string stripped_ = folder_ / "bin/program";
  Module module_ = this_executable();
};

constexpr char kOuter[] = "heaptape::known::outer_function(int)";

TEST_F(SymbolFiles, AreFoundByNameOrBuildIdInTheFoldersThatWereGiven) {
  ASSERT_FALSE(module_.build_id.empty());
  EXPECT_TRUE(found({}).function.starts_with("0x"));
  EXPECT_EQ(found({.debug_paths = {folder_ / "debug"}}).function, kOuter);
  EXPECT_GT(found({.debug_paths = {folder_ / "debug"}}).line, 0u);
  const std::filesystem::path by_id = folder_ / "ids/.build-id" / module_.build_id.substr(0, 2);
  std::filesystem::create_directories(by_id);
  std::filesystem::rename(folder_ / "debug/program.debug", by_id / (module_.build_id.substr(2) + ".debug"));
  EXPECT_TRUE(found({.debug_paths = {folder_ / "debug"}}).function.starts_with("0x"));
  EXPECT_EQ(found({.debug_paths = {folder_ / "ids"}}).function, kOuter);
}

// As Debian packs debug information: what programs have in common lies in a file beside their own (dwz).
TEST_F(SymbolFiles, AreReadWithWhatSeveralOfThemShare) {
  if (std::system("command -v dwz c++ >/dev/null") != 0) GTEST_SKIP() << "dwz or a compiler is not installed";
  const std::string in_folder = "cd " + folder_.string() + " && ";
  run(in_folder + R"(cat >common.h <<'END'
struct Common { int first, second; struct { long one, two; } rest; };
static inline __attribute__((always_inline)) long shared_by_both(Common& all, long more) {
  asm volatile(".globl in_shared\nin_shared:");
  return all.rest.one += more * all.first;
}
END
for name in one two; do
  printf '#include "common.h"\nlong %s(Common& all) { return shared_by_both(all, 3); }\n' $name >$name.cc
  printf 'int main(int n, char**) { Common all{n, n, {n, n}}; return %s(all) > 9; }\n' $name >>$name.cc
  c++ -g -O1 -fno-inline-functions -fno-inline-small-functions -fno-inline-functions-called-once $name.cc -o $name
done
dwz -m shared.debug -M ../shared.debug one two
mkdir -p apart/below && mv shared.debug apart
objcopy --only-keep-debug one apart/below/one.debug && strip one)");
  const auto address =
      std::stoull(output(in_folder + "nm apart/below/one.debug | sed -n 's/ . in_shared//p'"), nullptr, 16);
  const std::vector<Module> modules{
      {.path = folder_ / "one", .build_id = output(in_folder + "readelf -n one | sed -n 's/.*Build ID: //p'")}};
  for (const std::vector<std::string>& places :
       {std::vector<std::string>{folder_ / "apart/below"},
        std::vector<std::string>{folder_ / "apart/below", folder_ / "apart"}}) {
    Symbols symbols(modules, {.debug_paths = places});
    const std::vector<Location> calls = symbols.resolve(ModuleId{0}, address);
    ASSERT_EQ(calls.size(), 2u);
    EXPECT_EQ(calls[0].function, "shared_by_both");
    EXPECT_EQ(calls[1].function, "one(Common&)");
  }
}

TEST_F(SymbolFiles, OfAnotherBuildGiveNoNames) {
  run("objcopy --only-keep-debug /bin/true " + (folder_ / "debug/program.debug").string());
  EXPECT_TRUE(found({.debug_paths = {folder_ / "debug"}}).function.starts_with("0x"));
}

TEST_F(SymbolFiles, LieBelowTheSysrootAloneWhereOneIsGiven) {
  module_.path = "/bin/program";
  EXPECT_TRUE(found({.sysroot = "/none"}).function.starts_with("0x"));
  std::filesystem::copy_file("/proc/self/exe", stripped_, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(found({.sysroot = folder_}).function, kOuter);
}

TEST_F(SymbolFiles, AreNotAskedAgainForWhatTheCacheKnows) {
  const SymbolSources sources{.debug_paths = {folder_ / "debug"}};
  const Location first = found(sources);
  ASSERT_EQ(cached().size(), 1u);
  // The same name, size and time: the cache can't tell, and nobody looks inside.
  const auto debug = folder_ / "debug/program.debug";
  const auto written = std::filesystem::last_write_time(debug);
  const auto bytes = std::filesystem::file_size(debug);
  std::ofstream(debug, std::ios::trunc) << "no debug file";
  std::filesystem::resize_file(debug, bytes);
  std::filesystem::last_write_time(debug, written);
  const Location second = found(sources);
  EXPECT_EQ(second.function, kOuter);
  EXPECT_EQ(second.file, first.file);
  EXPECT_EQ(second.line, first.line);
  EXPECT_EQ(second.module, first.module);
  EXPECT_TRUE(found({.debug_paths = sources.debug_paths, .cache = false}).function.starts_with("0x"));
  // Another time: it is asked again.
  std::filesystem::last_write_time(debug, written + std::chrono::seconds(1));
  EXPECT_TRUE(found(sources).function.starts_with("0x"));
}

TEST_F(SymbolFiles, ADamagedCacheIsMadeAnew) {
  const SymbolSources sources{.debug_paths = {folder_ / "debug"}};
  found(sources);
  ASSERT_EQ(cached().size(), 1u);
  const auto bytes = std::filesystem::file_size(cached()[0]);
  for (std::uint64_t cut = 0; cut < bytes; cut += 7) {
    std::filesystem::resize_file(cached()[0], cut);
    ASSERT_EQ(found(sources).function, kOuter) << cut;
    ASSERT_EQ(std::filesystem::file_size(cached()[0]), bytes);
  }
}

TEST(Names, OfRustAreDemangledAndTheirRuntimeIsToldApart) {
  // As rustc 1.63 mangles them: the older way, and v0.
  EXPECT_EQ(demangle("_ZN4core3ptr28drop_in_place$LT$$RF$str$GT$17h0123456789abcdefE"),
            "core::ptr::drop_in_place<&str>");
  EXPECT_EQ(demangle("_ZN6server5serve17h0123456789abcdefE"), "server::serve");
  EXPECT_EQ(demangle("_RNvNtCs1234_7mycrate3foo3bar"), "mycrate::foo::bar");
  for (const char* name : {"_ZN5alloc5alloc15exchange_malloc17h0123456789abcdefE", "__rust_alloc", "__rdl_realloc",
                           "_ZN3std2rt10lang_start17h0123456789abcdefE"})
    EXPECT_TRUE(is_runtime_function(name)) << name;
  EXPECT_FALSE(is_runtime_function("_ZN6server5serve17h0123456789abcdefE"));
  EXPECT_FALSE(is_runtime_function("_ZN5alloc4mineEv")) << "a namespace of C++ may be called alloc";
}

TEST(Names, AllocatorsRuntimeAndStdAreRuntime) {
  for (const char* name : {"malloc", "__libc_malloc", "realloc", "strdup", "malloc@GLIBC_2.2.5", "_Znwm",
                           "_ZnamSt11align_val_t", "_ZNSt6vectorIiSaIiEE9push_backERKi", "_ZNKSt6vectorIiSaIiEE4sizeEv",
                           "_ZN9__gnu_cxx13new_allocatorIiE8allocateEmPKv", "_ZSt9make_pairIiiEv", "_ZNSaIcEC1Ev",
                           "__cxa_allocate_exception"}) {
    EXPECT_TRUE(is_runtime_function(name)) << name;
  }
}

TEST(Names, FunctionThatOnlyReturnsAStdTypeIsNotRuntime) {
  // std::vector<int> make<int>(int)
  EXPECT_EQ(demangle("_Z4makeIiESt6vectorIT_SaIS1_EES1_"), "std::vector<int, std::allocator<int> > make<int>(int)");
  EXPECT_FALSE(is_runtime_function("_Z4makeIiESt6vectorIT_SaIS1_EES1_"));
  for (const char* name : {"main", "mallocator", "_ZN4mine6StringC1Ev", "fopen"}) {
    EXPECT_FALSE(is_runtime_function(name)) << name;
  }
}

}  // namespace
}  // namespace heaptape
