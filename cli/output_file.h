// Where a command's result goes: standard output, or a file that appears whole or not at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/draft.h"

namespace heaptape::cli {

// Before anything is read: throws Failure where `path` can't become a file. It exists and `force` is not given; or it
// is `input` itself, a folder, a device or a pipe, which --force does not replace either.
void require_no_file(const std::string& path, bool force, const std::string& input = "");

// Throws the Failure of an output that can't be written, which `error` says as errno does.
[[noreturn]] void fail_to_write(const std::string& path, int error);

// A file that appears whole or not at all. Throws Failure.
void write_output(const std::string& path, std::string_view bytes, bool force);

class OutputFile {
 public:
  // `path` empty or "-": standard output. A device or a pipe is written as it is. Throws Failure where the file exists
  // and `force` is not given, is `input` itself, or can't be written.
  OutputFile(const std::string& path, const std::string& input, bool force);
  ~OutputFile();  // without finish(): what was there stays, and nothing new is left
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Throws Failure.
  void write(std::string_view bytes);
  void finish();

  bool is_standard_output() const { return path_.empty(); }

 private:
  std::string path_;            // empty: standard output
  std::optional<Draft> draft_;  // none: written in its place
  int descriptor_ = -1;
};

}  // namespace heaptape::cli
