#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstring>

#include "cli/commands.h"

namespace heaptape::cli {

namespace {

void finish(CLI::Option& option, const std::string& shape, Arguments::Need need) {
  option.type_name(shape);
  if (need == Arguments::Need::required) option.required();
}

}  // namespace

Arguments::Arguments(const std::string& description, const std::string& name)
    : owned_(std::make_unique<CLI::App>(description, name)), app_(*owned_) {}
Arguments::Arguments(CLI::App& app) : app_(app) {}
Arguments::~Arguments() = default;

Arguments& Arguments::subcommand(const std::string& name, const std::string& description) {
  app_.require_subcommand(1);
  subcommands_.emplace_back(new Arguments(*app_.add_subcommand(name, description)));
  return *subcommands_.back();
}

bool Arguments::has_subcommand(const std::string& name) const {
  return !app_.get_subcommands([&](const CLI::App* command) { return command->check_name(name); }).empty();
}

void Arguments::on_run(std::function<void()> run) { app_.callback(std::move(run)); }
void Arguments::version(const std::string& text) { app_.set_version_flag("--version", text); }

void Arguments::flag(const std::string& names, bool& value, const std::string& help) {
  app_.add_flag(names, value, help);
}

void Arguments::text(const std::string& names, const std::string& shape, std::string& value, const std::string& help,
                     Need need) {
  finish(*app_.add_option(names, value, help), shape, need);
}

void Arguments::texts(const std::string& names, const std::string& shape, std::vector<std::string>& values,
                      const std::string& help, Need need) {
  finish(*app_.add_option(names, values, help), shape, need);
}

void Arguments::repeated(const std::string& name, const std::string& shape, std::vector<std::string>& values,
                         const std::string& help) {
  CLI::Option& option = *app_.add_option(name, values, help);
  option.allow_extra_args(false);
  finish(option, shape, Need::optional);
}

void Arguments::repeated(const std::string& name, const std::string& shape, Take take, const std::string& help) {
  const auto each = [name, take = std::move(take)](const std::vector<std::string>& words) {
    try {
      for (const std::string& word : words) take(word);
    } catch (const BadValue& bad) {
      throw CLI::ValidationError(name, bad.what());
    }
  };
  CLI::Option& option = *app_.add_option_function<std::vector<std::string>>(name, each, help);
  option.allow_extra_args(false);
  finish(option, shape, Need::optional);
}

void Arguments::parsed(const std::string& names, const std::string& shape, Take take, const std::string& help,
                       Need need) {
  const auto checked = [name = names.substr(names.find("--") == std::string::npos ? 0 : names.find("--")),
                        take = std::move(take)](const std::string& word) {
    try {
      take(word);
    } catch (const BadValue& bad) {
      throw CLI::ValidationError(name, bad.what());
    }
  };
  finish(*app_.add_option_function<std::string>(names, checked, help), shape, need);
}

void Arguments::refused(const std::string& name, const std::string& sentence) {
  const auto refuse = [sentence](const std::vector<std::string>&) { throw Failure(kWrongUse, sentence); };
  app_.add_option_function<std::vector<std::string>>(name, refuse)->expected(0, 1)->group("");
}

bool Arguments::was_given(const std::string& name) const { return app_.count(name) != 0; }

int Arguments::find_command(int argc, char** argv) const {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0) return i + 1;
    if (argv[i][0] != '-') return i;
    const CLI::Option* option = app_.get_option_no_throw(argv[i]);
    if (option != nullptr && option->get_items_expected_min() > 0) ++i;  // its value is the next word
  }
  return argc;
}

void Arguments::parse_front(int command, int argc, char** argv) {
  const bool separator = command > 1 && command <= argc && std::strcmp(argv[command - 1], "--") == 0;
  parse(separator ? command - 1 : command, argv);
}

void Arguments::parse(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app_.exit(error);
      throw Exit{kFine};
    }
    std::string sentence = error.what();
    if (const std::size_t at = sentence.find(": At Most 1 required"); at != std::string::npos)  // CLI11's words
      sentence = sentence.substr(0, at) + " is given more than once";
    const bool in_subcommand = argc > 1 && has_subcommand(argv[1]);
    throw Failure(kWrongUse, fmt::format("{}; see '{}{}{} --help'", sentence, app_.get_name(), in_subcommand ? " " : "",
                                         in_subcommand ? argv[1] : ""));
  }
}

}  // namespace heaptape::cli
