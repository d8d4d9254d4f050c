// heaptape doctor [options] [--] [COMMAND…]
#include "recorder/launcher/doctor.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analyzer/json_parts.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace heaptape::cli {
namespace {

std::string text_of(const Diagnosis& diagnosis, bool has_command, const Terminal& terminal) {
  std::string text;
  int warnings = 0, problems = 0;
  for (const Check& check : diagnosis.checks) {
    warnings += check.mark == Mark::warning ? 1 : 0;
    problems += check.mark == Mark::problem ? 1 : 0;
    const Style style = check.mark == Mark::ok        ? Style::dim
                        : check.mark == Mark::warning ? Style::warning
                                                      : Style::bold;
    text += fmt::format("{}  {:<13}  {}\n", terminal.paint(style, fmt::format("{:<7}", name_of(check.mark))),
                        check.name, sentence_of(check));
  }
  const auto counted = [](int count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  };
  text += fmt::format(
      "\n{} {}", has_command ? "the command" : "a command",
      problems != 0 ? fmt::format("can't be recorded: {}", counted(problems, "problem")) : "can be recorded");
  if (warnings != 0) text += fmt::format("{} {}", problems != 0 ? " and" : ", with", counted(warnings, "warning"));
  return text + "\n";
}

std::string json_of(const Diagnosis& diagnosis, const std::vector<std::string>& command) {
  Json json{{"schema", "heaptape.doctor"}, {"version", 1},
            {"command", command},          {"recordable", diagnosis.status == 0},
            {"status", diagnosis.status},  {"checks", Json::array()}};
  for (const Check& check : diagnosis.checks)
    json["checks"].push_back(Json{
        {"name", check.name}, {"mark", name_of(check.mark)}, {"finding", check.finding}, {"remedy", check.remedy}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int doctor(int argc, char** argv) {
  RecordOptions options;
  bool json = false;
  CLI::App app{
      "Say beforehand what would prevent or spoil recording a command, and the remedy. The command is not run. "
      "Without one, the machine alone is examined.",
      "heaptape doctor"};
  std::vector<std::string> unparsed;  // only for the help: what follows is cut off before
  app.add_option("COMMAND", unparsed, "What is to be recorded; after -- or as the first word that is no option")
      ->type_name("...");
  app.add_option("-o,--output", options.output, "The tape or folder that `record` would be given")->type_name("FILE");
  app.add_flag("--force", options.force, "An existing tape may be replaced");
  app.add_option("--buffer", options.buffer_bytes, "The size that `record` would be given (default: 64MiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  add_json(app, json);
  const int command = find_command(app, argc, argv);
  if (!parse_options(app, command, argc, argv)) return kFine;
  if (command < argc) options.command.assign(argv + command, argv + argc);
  const Diagnosis diagnosis = diagnose(options);
  put(json ? json_of(diagnosis, options.command) : text_of(diagnosis, !options.command.empty(), standard_output()));
  return diagnosis.status;
}

}  // namespace heaptape::cli
