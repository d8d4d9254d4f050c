// heaptape-reports: every subcommand of heaptape but record, which runs it in its own place. One subcommand a file.
#include <cstring>
#include <string>

#include "cli/arguments.h"
#include "cli/guarded.h"

namespace heaptape::cli {
namespace {

int run(int argc, char** argv) {
  Arguments heaptape("Record every heap event of a program to a tape; replay and draw it later.", "heaptape");
  heaptape.version("heaptape " HEAPTAPE_VERSION);
  heaptape.subcommand("record", "Run a command and record its heap to a tape");  // for the help alone
  heaptape.subcommand("doctor", "Say beforehand what would prevent or spoil recording a command");
  add_summary(heaptape);
  add_top(heaptape);
  add_peaks(heaptape);
  add_timeline(heaptape);
  add_leaks(heaptape);
  add_check(heaptape);
  heaptape.subcommand("diff", "What changed between two tapes, or two sets of runs");
  add_lifetimes(heaptape);
  add_variables(heaptape);
  add_waste(heaptape);
  add_render(heaptape);
  add_report(heaptape);
  add_info(heaptape);
  add_verify(heaptape);
  add_dump(heaptape);
  add_export(heaptape);
  add_import(heaptape);
  add_cut(heaptape);
  add_split(heaptape);
  add_pack(heaptape);
  add_wait(heaptape);
  add_recover(heaptape);
  add_ctl(heaptape);
  const std::string first = argc > 1 ? argv[1] : "";
  if (first.empty())
    throw Failure(kWrongUse, "a subcommand is needed, such as 'heaptape record'; see 'heaptape --help'");
  if (!heaptape.has_subcommand(first) && first != "-h" && first != "--help" && first != "--version")
    throw Failure(kWrongUse, "'" + first + "' is no subcommand; see 'heaptape --help'");
  heaptape.parse(argc, argv);
  return kFine;
}

}  // namespace
}  // namespace heaptape::cli

int main(int argc, char** argv) {
  using namespace heaptape;
  return cli::guarded([&] {
    if (argc > 1 && std::strcmp(argv[1], "doctor") == 0) return cli::doctor(argc - 1, argv + 1);
    if (argc > 1 && std::strcmp(argv[1], "diff") == 0) return cli::diff(argc - 1, argv + 1);
    return cli::run(argc, argv);
  });
}
