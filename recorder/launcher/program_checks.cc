// Checks of one executable.
#include <fmt/format.h>
#include <linux/xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "format/allocator_libraries.h"
#include "recorder/launcher/checks.h"

namespace heaptape {
namespace {

// Names by which an allocator that is linked in statically is known.
constexpr std::array<std::string_view, 6> kInnerAllocators{"je_malloc", "mi_malloc",    "tc_malloc",
                                                           "rpmalloc",  "scudo_malloc", "sn_malloc"};

bool has_debug_file(const std::string& build_id) {
  if (build_id.size() < 3) return false;
  std::error_code error;
  return std::filesystem::exists(
      fmt::format("/usr/lib/debug/.build-id/{}/{}.debug", build_id.substr(0, 2), build_id.substr(2)), error);
}

}  // namespace

const char* name_of(Mark mark) {
  static constexpr std::array<const char*, 3> kNames{"ok", "warning", "problem"};
  return kNames[static_cast<std::size_t>(mark)];
}

std::string sentence_of(const Check& check) {
  return check.remedy.empty() ? check.finding : fmt::format("{}; {}", check.finding, check.remedy);
}

Check check_linkage(const ElfFile& file) {
  Check check{.name = "linkage", .mark = Mark::problem};
  if (!file.native) {
    check.finding = fmt::format("'{}' is a 32-bit program, or one for another machine", file.path);
    check.remedy = "only 64-bit x86-64 programs can be recorded: build it for this machine's own architecture";
  } else if (file.interpreter.empty()) {
    check.finding = fmt::format("'{}' is statically linked, so nothing can be preloaded into it", file.path);
    check.remedy = "link it dynamically to record it";
  } else if (access(file.interpreter.c_str(), X_OK) != 0) {
    check.finding = fmt::format("the dynamic linker of '{}', {}, is not there", file.path, file.interpreter);
    check.remedy = "install the C library that it was built for";
  } else if (file.interpreter.find("ld-linux") == std::string::npos) {
    check.finding =
        fmt::format("'{}' runs with the dynamic linker {}, which is not glibc's", file.path, file.interpreter);
    check.remedy = "build it against glibc to record it";
  } else {
    check.mark = Mark::ok;
    check.finding = fmt::format("'{}' is dynamically linked, 64 bits", file.path);
  }
  return check;
}

Check check_rights(const std::string& path) {
  Check check{.name = "rights", .mark = Mark::ok, .finding = "running it gains no rights"};
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return check;
  const bool by_user = (status.st_mode & S_ISUID) != 0 && status.st_uid != getuid();
  const bool by_group = (status.st_mode & S_ISGID) != 0 && status.st_gid != getgid();
  const bool by_capability = getuid() != 0 && getxattr(path.c_str(), XATTR_NAME_CAPS, nullptr, 0) > 0;
  if (!by_user && !by_group && !by_capability) return check;
  check.mark = Mark::problem;
  check.finding = fmt::format("'{}' {}, so the system refuses to preload anything into it", path,
                              by_capability ? "has file capabilities" : "is setuid or setgid");
  check.remedy = by_capability ? "record a copy of it, which has none" : "record it as the user it runs as";
  return check;
}

Check check_malloc(const ElfFile& file) {
  Check check{.name = "malloc", .mark = Mark::ok, .finding = "it calls the malloc of a shared library"};
  if (file.defines.contains("malloc")) {
    check.mark = Mark::warning;
    check.finding = fmt::format("'{}' brings its own malloc, so its allocations are not seen", file.path);
    check.remedy = "build it against the system's, or with its allocator as a shared library";
    return check;
  }
  for (const std::string_view inner : kInnerAllocators) {
    if (!file.functions.contains(std::string(inner))) continue;
    check.mark = Mark::warning;
    check.finding = fmt::format("'{}' has an allocator inside ('{}'), whose blocks are not seen", file.path, inner);
    check.remedy = "build it with that allocator as a shared library, or without it";
    return check;
  }
  for (const std::string& library : file.needed)
    if (is_allocator_library(library))
      check.finding = fmt::format("it allocates by {}, which is recorded with the operator new it brings", library);
  return check;
}

Check check_sanitizers(const ElfFile& file) {
  Check check{.name = "sanitizers", .mark = Mark::ok, .finding = "none is linked in"};
  for (const std::string& library : file.needed) {
    if (!library.starts_with("libasan") && !library.starts_with("libtsan") && !library.starts_with("liblsan") &&
        !library.starts_with("libhwasan"))
      continue;
    check.mark = Mark::problem;
    check.finding =
        fmt::format("'{}' is built with a sanitizer ({}), which ends it unless it is loaded first", file.path, library);
    check.remedy = "record a build without it";
    return check;
  }
  if (file.defines.contains("__asan_init") || file.defines.contains("__tsan_init") ||
      file.defines.contains("__msan_init")) {
    check.mark = Mark::warning;
    check.finding = fmt::format("'{}' has a sanitizer linked in, which allocates in our place", file.path);
    check.remedy = "record a build without it";
  }
  return check;
}

Check check_unwind_tables(const ElfFile& file) {
  if (file.has_unwind_tables)
    return {.name = "unwind", .mark = Mark::ok, .finding = "it has unwind tables, so stacks are exact"};
  return {.name = "unwind",
          .mark = Mark::warning,
          .finding = fmt::format("'{}' has no unwind tables (.eh_frame), so its stacks may be cut", file.path),
          .remedy = "build it without -fno-asynchronous-unwind-tables, or with -fno-omit-frame-pointer"};
}

Check check_symbols(const ElfFile& file) {
  Check check{.name = "symbols", .mark = Mark::ok, .finding = "it has symbols and debug information"};
  if (file.has_debug_info || has_debug_file(file.build_id)) return check;
  check.mark = Mark::warning;
  check.finding =
      file.has_symbols
          ? fmt::format("'{}' has no debug information, so reports name functions without files and lines", file.path)
          : fmt::format("'{}' is stripped, so reports will not name its own functions", file.path);
  check.remedy = "build it with -g, or install its -dbgsym package";
  return check;
}

}  // namespace heaptape
