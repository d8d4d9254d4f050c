// heaptape-reports: every subcommand of heaptape but record, which runs it in its own place. One subcommand a file.
#include <cstring>
#include <string>

#include "cli/guarded.h"

namespace {

int run(int argc, char** argv) {
  using namespace heaptape;
  CLI::App app{"Record every heap event of a program to a tape; replay and draw it later.", "heaptape"};
  app.set_version_flag("--version", "heaptape " HEAPTAPE_VERSION);
  app.require_subcommand(1);
  app.add_subcommand("record", "Run a command and record its heap to a tape");  // for the help alone
  app.add_subcommand("doctor", "Say beforehand what would prevent or spoil recording a command");
  cli::add_summary(app);
  cli::add_top(app);
  cli::add_peaks(app);
  cli::add_leaks(app);
  cli::add_render(app);
  cli::add_wait(app);
  cli::add_recover(app);
  cli::add_ctl(app);
  const auto named = [&](CLI::App* command) { return command->check_name(argc > 1 ? argv[1] : ""); };
  const bool known = argc > 1 && !app.get_subcommands(named).empty();
  const std::string first = argc > 1 ? argv[1] : "";
  if (first.empty())
    throw cli::Failure(cli::kWrongUse, "a subcommand is needed, such as 'heaptape record'; see 'heaptape --help'");
  if (!known && first != "-h" && first != "--help" && first != "--version")
    throw cli::Failure(cli::kWrongUse, "'" + first + "' is no subcommand; see 'heaptape --help'");
  try {
    app.parse(argc, argv);
    return cli::kFine;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw cli::Failure(cli::kWrongUse, std::string(error.what()) + "; see 'heaptape " + first + " --help'");
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace heaptape;
  return cli::guarded([&] {
    if (argc > 1 && std::strcmp(argv[1], "doctor") == 0) return cli::doctor(argc - 1, argv + 1);
    return run(argc, argv);
  });
}
