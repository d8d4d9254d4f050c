// heaptape doctor [options] [--] [COMMAND…]
#include "recorder/launcher/doctor.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analyzer/json_parts.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/record_options.h"
#include "cli/terminal.h"

namespace heaptape::cli {
namespace doctor_command {
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
}  // namespace doctor_command

int doctor(int argc, char** argv) {
  using namespace doctor_command;
  RecordOptions options;
  bool json = false;
  Arguments arguments(
      "Say beforehand what would prevent or spoil recording a command, and the remedy. The command is not run. "
      "Without one, the machine alone is examined.",
      "heaptape doctor");
  std::vector<std::string> unparsed;  // only for the help: what follows is cut off before
  arguments.texts("COMMAND", "", unparsed, "What is to be recorded; after -- or as the first word that is no option");
  arguments.text("-o,--output", "FILE", options.output, "The tape or folder that `record` would be given");
  arguments.flag("--force", options.force, "An existing tape may be replaced");
  add_buffer(arguments, options);
  add_json(arguments, json);
  const int command = arguments.find_command(argc, argv);
  arguments.parse_front(command, argc, argv);
  if (command < argc) options.command.assign(argv + command, argv + argc);
  const Diagnosis diagnosis = diagnose(options);
  put(json ? json_of(diagnosis, options.command) : text_of(diagnosis, !options.command.empty(), standard_output()));
  return diagnosis.status;
}

}  // namespace heaptape::cli
