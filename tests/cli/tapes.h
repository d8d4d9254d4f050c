// Tapes of the samples, recorded once for a run of the tests, and the command asked about them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/recording.h"

namespace heaptape::testing {

// The path of a sample's tape; fails the test if it can't be recorded. Not to be changed.
const std::string& tape_of(const std::string& sample_name);

// `heaptape WORDS`.
Finished heaptape(const std::vector<std::string>& words, const CommandOptions& options = {});
// Its standard output; fails the test where the status is not 0 or anything is on standard error.
std::string answer(const std::vector<std::string>& words);
nlohmann::json json_answer(std::vector<std::string> words);

// Checks that the command prints nothing but one sentence of refusal, with `part` in it; without a status: as wrong
// use, 2.
void expect_refused(const Finished& run, int status, const std::string& part);
void expect_refused(const std::vector<std::string>& words, int status, const std::string& part);
void expect_refused(const std::vector<std::string>& words, const std::string& part);

bool is_one_sentence(const std::string& error_text);
bool contains(const std::string& text, const std::string& part);
// The first line that contains `part`; empty if none does.
std::string line_with(const std::string& text, const std::string& part);

}  // namespace heaptape::testing
