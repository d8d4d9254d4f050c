// The options and arguments of a command, and the cutting of argv. CLI11 stays behind this header: its templates cost
// each file that sees them seconds to compile.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/values.h"

namespace CLI {
class App;
}  // namespace CLI

namespace heaptape::cli {

// What a command takes. Values are written where the caller says, which must live until the command runs. `names`: as
// "-o,--output", or a word without dashes for an argument. `shape`: how a value is written in the help, as "FILE".
class Arguments {
 public:
  // `name`: as people call the command, "heaptape record".
  Arguments(const std::string& description, const std::string& name);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // A command of this one's; lives as long as this.
  Arguments& subcommand(const std::string& name, const std::string& description);
  bool has_subcommand(const std::string& name) const;
  // What the command does once all is parsed.
  void on_run(std::function<void()> run);
  void version(const std::string& text);

  enum class Need : std::uint8_t { optional, required };
  // `take` is given the word, and throws BadValue.
  using Take = std::function<void(const std::string& word)>;
  void flag(const std::string& names, bool& value, const std::string& help);
  void text(const std::string& names, const std::string& shape, std::string& value, const std::string& help,
            Need need = Need::optional);
  void texts(const std::string& names, const std::string& shape, std::vector<std::string>& values,
             const std::string& help, Need need = Need::optional);
  // One value each time that the option is given.
  void repeated(const std::string& name, const std::string& shape, std::vector<std::string>& values,
                const std::string& help);
  // `take` is given each word.
  void repeated(const std::string& name, const std::string& shape, Take take, const std::string& help);
  void parsed(const std::string& names, const std::string& shape, Take take, const std::string& help,
              Need need = Need::optional);
  template <std::integral Number>
  void number(const std::string& names, Number& value, Number least, Number most, const std::string& help) {
    parsed(
        names, "N",
        [&value, least, most](const std::string& word) {
          value =
              static_cast<Number>(to_number(word, static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most)));
        },
        help);
  }
  // As to_bytes() and to_nanoseconds() take them.
  void size(const std::string& names, std::uint64_t& bytes, std::uint64_t least, std::uint64_t most,
            const std::string& help) {
    parsed(
        names, "SIZE", [&bytes, least, most](const std::string& word) { bytes = to_bytes(word, least, most); }, help);
  }
  void duration(const std::string& names, std::uint64_t& nanoseconds, const std::string& help) {
    parsed(
        names, "DURATION", [&nanoseconds](const std::string& word) { nanoseconds = to_nanoseconds(word); }, help);
  }
  void real(const std::string& names, const std::string& shape, double& value, double least, double most,
            const std::string& help) {
    parsed(
        names, shape, [&value, least, most](const std::string& word) { value = to_real(word, least, most); }, help);
  }
  // An option that other commands have: where it is given here, that is answered with the sentence. The help has it
  // not.
  void refused(const std::string& name, const std::string& sentence);
  bool was_given(const std::string& name) const;

  // Index of the first word, behind `--` or the first that is no option, of a command line that is to be run; argc if
  // there is none. argv[0] is the subcommand.
  int find_command(int argc, char** argv) const;
  // Parses the options in front of that. Throws as parse() does.
  void parse_front(int command, int argc, char** argv);
  // Throws Failure, its sentence names the help to look at; or Exit{kFine}, when that has been printed.
  void parse(int argc, const char* const* argv);

 private:
  explicit Arguments(CLI::App& app);

  std::unique_ptr<CLI::App> owned_;  // of the outermost one
  CLI::App& app_;
  std::vector<std::unique_ptr<Arguments>> subcommands_;
};

}  // namespace heaptape::cli
