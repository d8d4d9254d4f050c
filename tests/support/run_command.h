// Runs a command as a shell would and keeps what it said: the tests' hands on real programs.
#pragma once

#include <string>
#include <vector>

namespace heaptape::testing {

struct Finished {
  int status = 0;  // exit status; 128 + signal if it died by one
  std::string out, err;
};

struct CommandOptions {
  std::string input;                     // a file for stdin; empty: /dev/null
  std::string folder;                    // to run in; empty: this one
  std::vector<std::string> environment;  // NAME=VALUE, added
};

// stdout and stderr go to files, so that programs buffer them as they do on disk.
Finished run_command(const std::vector<std::string>& argv, const CommandOptions& options = {});

// Whether a command is to be found: by path, or in PATH.
bool has_command(const std::string& name);

// A folder that goes away with the test.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  // Names of the files in it, sorted.
  std::vector<std::string> names() const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);

}  // namespace heaptape::testing
