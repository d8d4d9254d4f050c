// Records real programs with the built command and reads their tapes.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "format/reader.h"
#include "tests/support/run_command.h"

namespace heaptape::testing {

// The built command and preload library, a sample, and a program of tests/recorder/programs.
std::string heaptape_command();
std::string heaptape_library();
std::string sample(const std::string& name);
std::string test_program(const std::string& name);
// A file of the reference workloads; empty where they are absent.
std::string bench_file(const std::string& name);

// A program that a test is about, and what it reads; in a test's name, its name.
struct Program {
  std::string name;
  std::vector<std::string> command;
  std::string input;
  friend void PrintTo(const Program& program, std::ostream* out) { *out << program.name; }
};

// `heaptape record -o TAPE OPTIONS -- COMMAND`.
Finished record(const std::string& tape, const std::vector<std::string>& command,
                const std::vector<std::string>& options = {}, const CommandOptions& run = {});

// Expects that each call of the hooks is an event of the whole tape, or in its ledger.
void expect_conserved(const std::string& tape);
// All events of a tape, in order.
std::vector<Event> events_of(const TapeReader& tape);
// How many births of exactly this size there are.
std::uint64_t births_of(const TapeReader& tape, std::uint64_t size);
// Frames of a stack, innermost first.
std::vector<Frame> frames_of(const TapeReader& tape, StackId stack);

}  // namespace heaptape::testing
