// Records real programs with the built command and reads their tapes.
#pragma once

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

// `heaptape record -o TAPE OPTIONS -- COMMAND`.
Finished record(const std::string& tape, const std::vector<std::string>& command,
                const std::vector<std::string>& options = {}, const CommandOptions& run = {});

// All events of a tape, in order.
std::vector<Event> events_of(const TapeReader& tape);
// Frames of a stack, innermost first.
std::vector<Frame> frames_of(const TapeReader& tape, StackId stack);

}  // namespace heaptape::testing
