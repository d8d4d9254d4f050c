#include "analyzer/symbols.h"

#include <gtest/gtest.h>
#include <link.h>

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
