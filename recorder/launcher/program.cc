#include "recorder/launcher/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace heaptape {
namespace {

constexpr int kMostInterpreters = 5;  // Linux gives up there too

// Where execvp would find it; empty if nowhere.
std::string find_in_path(const std::string& command) {
  if (command.find('/') != std::string::npos) return access(command.c_str(), F_OK) == 0 ? command : "";
  const char* path = getenv("PATH");
  std::istringstream folders(path == nullptr ? "/bin:/usr/bin" : path);
  std::string unfit;  // there, but not to be run
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + command;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    if (unfit.empty() && access(candidate.c_str(), F_OK) == 0) unfit = candidate;
  }
  return unfit;
}

// A script's first line without its `#!`: an interpreter and at most one argument. Empty if it is none.
std::optional<std::string> shebang_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char mark[2] = {};
  if (!file.read(mark, 2) || mark[0] != '#' || mark[1] != '!') return std::nullopt;
  std::string line;
  std::getline(file, line);
  return line;
}

// What `env` goes on to run: the first word that is neither option nor assignment.
std::string run_by_env(std::istringstream& words) {
  for (std::string word; words >> word;)
    if (word[0] != '-' && word.find('=') == std::string::npos) return word;
  return "";
}

std::string why_not_runnable(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return strerror(errno);
  if (!S_ISREG(status.st_mode)) return "it is no file";
  if (access(path.c_str(), X_OK) != 0) return strerror(errno);
  return "";
}

}  // namespace

Program find_program(const std::string& command, Reading reading) {
  Program program{.path = find_in_path(command)};
  if (program.path.empty()) return program;
  std::string path = program.path;
  for (int depth = 0; depth < kMostInterpreters; ++depth) {
    program.why_not = why_not_runnable(path);
    if (!program.why_not.empty()) {
      if (path != program.path) program.why_not = "its interpreter '" + path + "': " + program.why_not;
      return program;
    }
    const std::optional<std::string> line = shebang_of(path);
    if (!line) break;
    program.scripts.push_back(path);
    std::istringstream words(*line);
    std::string interpreter;
    words >> interpreter;
    path = interpreter;
    if (std::filesystem::path(interpreter).filename() != "env") continue;
    if (auto env = read_elf_file(interpreter, reading)) program.executables.push_back(std::move(*env));
    const std::string next = run_by_env(words);
    path = find_in_path(next);
    if (path.empty()) {
      program.why_not = "its interpreter '" + next + "' was not found";
      return program;
    }
  }
  if (auto file = read_elf_file(path, reading))
    program.executables.push_back(std::move(*file));
  else
    program.why_not = "it is neither a program nor a script with a '#!' line";
  return program;
}

}  // namespace heaptape
