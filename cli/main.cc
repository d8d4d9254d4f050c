// heaptape: the program that people run. Recording and `summary` are done here, with few libraries, so that both start
// within milliseconds. All else is the work of heaptape-reports, which links those that read symbols and draw.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <filesystem>

#include "cli/arguments.h"
#include "cli/guarded.h"

namespace {

namespace fs = std::filesystem;
using namespace heaptape;

// heaptape-reports, beside this program as built or as installed.
fs::path find_reports() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"heaptape-reports", "../" HEAPTAPE_LIBEXECDIR "/heaptape/heaptape-reports"}) {
    const fs::path candidate = (folder / place).lexically_normal();
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw cli::Failure(cli::kRecordFailed, "heaptape-reports is missing beside this program; install heaptape again");
}

[[noreturn]] void become_reports(char** argv) {
  const fs::path reports = find_reports();
  execv(reports.c_str(), argv);
  throw cli::Failure(cli::kRecordFailed, "can't run '" + reports.string() + "': " + strerror(errno));
}

int run_summary(int argc, char** argv) {
  cli::Arguments heaptape("", "heaptape");
  cli::add_summary(heaptape);
  heaptape.parse(argc, argv);
  return cli::kFine;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::guarded([&] {
    if (argc > 1 && strcmp(argv[1], "record") == 0) return cli::record(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "drain") == 0) return cli::drain(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "summary") == 0) return run_summary(argc, argv);
    become_reports(argv);
  });
}
