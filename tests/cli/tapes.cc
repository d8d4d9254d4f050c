#include "tests/cli/tapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace heaptape::testing {
namespace {

// "before/cache" is a sample in a folder.
std::string file_name(std::string sample_name) {
  std::replace(sample_name.begin(), sample_name.end(), '/', '-');
  return sample_name + ".tape";
}

}  // namespace

const std::string& tape_of(const std::string& sample_name) {
  static const ScratchFolder folder;
  static std::map<std::string, std::string> recorded;
  const auto [found, is_new] = recorded.try_emplace(sample_name, folder.file(file_name(sample_name)));
  if (is_new) {
    const Finished run = record(found->second, {sample(sample_name)});
    EXPECT_EQ(run.status, 0) << run.err;
  }
  return found->second;
}

Finished heaptape(const std::vector<std::string>& words, const CommandOptions& options) {
  std::vector<std::string> argv{heaptape_command()};
  argv.insert(argv.end(), words.begin(), words.end());
  return run_command(argv, options);
}

std::string answer(const std::vector<std::string>& words) {
  const Finished run = heaptape(words);
  EXPECT_EQ(run.status, 0) << words[0];
  EXPECT_EQ(run.err, "") << words[0];
  return run.out;
}

nlohmann::json json_answer(std::vector<std::string> words) {
  words.emplace_back("--json");
  return nlohmann::json::parse(answer(words));
}

void expect_refused(const Finished& run, int status, const std::string& part) {
  EXPECT_EQ(run.status, status) << run.err;
  EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
  EXPECT_TRUE(contains(run.err, part)) << run.err;
  EXPECT_EQ(run.out, "");
}

void expect_refused(const std::vector<std::string>& words, int status, const std::string& part) {
  expect_refused(heaptape(words), status, part);
}

void expect_refused(const std::vector<std::string>& words, const std::string& part) { expect_refused(words, 2, part); }

bool is_one_sentence(const std::string& error_text) {
  return error_text.rfind("heaptape: ", 0) == 0 && std::count(error_text.begin(), error_text.end(), '\n') == 1 &&
         error_text.ends_with('\n');
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string line_with(const std::string& text, const std::string& part) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (contains(line, part)) return line;
  return "";
}

}  // namespace heaptape::testing
