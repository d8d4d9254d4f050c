#include "cli/command_line.h"

#include <cstring>

#include "cli/commands.h"

namespace heaptape::cli {
namespace {

// Whether the option takes a value in the next word.
bool takes_value(const CLI::App& app, const char* word) {
  const CLI::Option* option = app.get_option_no_throw(word);
  return option != nullptr && option->get_items_expected_min() > 0;
}

}  // namespace

int find_command(const CLI::App& app, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0) return i + 1;
    if (argv[i][0] != '-') return i;
    if (takes_value(app, argv[i])) ++i;
  }
  return argc;
}

bool parse_options(CLI::App& app, int command, int argc, char** argv) {
  const bool separator = command > 1 && command <= argc && std::strcmp(argv[command - 1], "--") == 0;
  try {
    app.parse(separator ? command - 1 : command, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0)
      throw Failure(kWrongUse, std::string(error.what()) + "; see '" + app.get_name() + " --help'");
    app.exit(error);
    return false;
  }
  return true;
}

}  // namespace heaptape::cli
