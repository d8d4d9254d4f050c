// heaptape drain PID DESCRIPTOR PROGRAM: started by the recorder in a program that nobody records from outside. Where
// to write, and the options of `record`, come from the environment.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "cli/commands.h"
#include "cli/record_options.h"
#include "recorder/drain/drain.h"

namespace heaptape::cli {
namespace {

std::string value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

RecordOptions options_for(const std::string& program) {
  std::vector<std::string> words{"record"};
  std::istringstream options(value_of(kOptionsVariable));
  for (std::string word; options >> word;) words.push_back(word);
  const std::string output = value_of(kOutputVariable);
  if (!output.empty()) words.insert(words.end(), {"-o", output});
  words.insert(words.end(), {"--", program});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  RecordOptions made = record_options(static_cast<int>(argv.size()), argv.data());
  if (made.command != std::vector<std::string>{program})
    throw Failure(kWrongUse, std::string(kOptionsVariable) + " is for options of 'heaptape record' alone");
  return made;
}

}  // namespace

int drain(int argc, char** argv) {
  if (argc != 4) throw Failure(kWrongUse, "'drain' is for programs, not for people; see 'heaptape record --help'");
  const auto program = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
  const int answer = std::atoi(argv[2]);
  if (program == 0 || fcntl(answer, F_SETFD, FD_CLOEXEC) != 0) throw Failure(kWrongUse, "nobody waits for this drain");
  try {
    serve_program(options_for(argv[3]), program, answer);
  } catch (const Failure& failure) {
    const std::string sentence = std::string("!") + failure.what();
    return write(answer, sentence.data(), sentence.size()) < 0 ? kRecordFailed : failure.status;
  }
}

}  // namespace heaptape::cli
