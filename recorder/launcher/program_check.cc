#include "recorder/launcher/program_check.h"

#include <elf.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace heaptape {
namespace {

// Where execvp would find it; empty if nowhere.
std::string find_in_path(const std::string& command) {
  if (command.find('/') != std::string::npos) return command;
  const char* path = getenv("PATH");
  std::istringstream folders(path == nullptr ? "/bin:/usr/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + command;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

// The interpreter of a script: it is what is run. Empty if the file is not a script.
std::string interpreter_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char mark[2] = {};
  if (!file.read(mark, 2) || mark[0] != '#' || mark[1] != '!') return "";
  std::string interpreter;
  file >> interpreter;
  return interpreter;
}

enum class Linkage { dynamic, fixed, foreign, unknown };

Linkage linkage_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header;
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return Linkage::unknown;
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return Linkage::unknown;
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return Linkage::foreign;
  if (header.e_phentsize != sizeof(Elf64_Phdr)) return Linkage::unknown;
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment)) return Linkage::unknown;
    if (segment.p_type == PT_INTERP) return Linkage::dynamic;
  }
  return Linkage::fixed;
}

// Whether running it gains rights: the dynamic linker then ignores LD_PRELOAD.
bool gains_rights(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return false;
  const bool by_user = (status.st_mode & S_ISUID) != 0 && status.st_uid != getuid();
  const bool by_group = (status.st_mode & S_ISGID) != 0 && status.st_gid != getgid();
  return by_user || by_group;
}

}  // namespace

std::string why_not_recordable(const std::string& command) {
  std::string path = find_in_path(command);
  if (path.empty()) return "";
  const std::string interpreter = interpreter_of(path);
  if (!interpreter.empty()) path = interpreter;
  switch (linkage_of(path)) {
    case Linkage::fixed:
      return fmt::format(
          "'{}' is statically linked, so nothing can be preloaded into it; link it dynamically to record it", path);
    case Linkage::foreign:
      return fmt::format(
          "'{}' is a 32-bit program; only 64-bit programs can be recorded: build it for this machine's own "
          "architecture",
          path);
    case Linkage::dynamic:
    case Linkage::unknown:
      break;
  }
  if (gains_rights(path))
    return fmt::format(
        "'{}' is setuid or setgid, so the system refuses to preload anything into it; record it as the user it runs as",
        path);
  return "";
}

}  // namespace heaptape
