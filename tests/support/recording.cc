#include "tests/support/recording.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "format/verify.h"

namespace heaptape::testing {

std::string heaptape_command() { return HEAPTAPE_COMMAND; }
std::string heaptape_library() { return HEAPTAPE_LIBRARY; }
std::string sample(const std::string& name) { return HEAPTAPE_SAMPLES "/" + name; }
std::string test_program(const std::string& name) { return HEAPTAPE_TEST_PROGRAMS "/" + name; }

std::string bench_file(const std::string& name) {
  const std::string path = HEAPTAPE_BENCH "/" + name;
  return access(path.c_str(), R_OK) == 0 ? path : "";
}

Finished record(const std::string& tape, const std::vector<std::string>& command,
                const std::vector<std::string>& options, const CommandOptions& run) {
  std::vector<std::string> argv{heaptape_command(), "record", "-o", tape};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.push_back("--");
  argv.insert(argv.end(), command.begin(), command.end());
  return run_command(argv, run);
}

void expect_conserved(const std::string& tape) {
  const Verification result = verify_tape(tape);
  EXPECT_EQ(result.condition, Condition::whole) << tape;
  EXPECT_TRUE(result.conservation.has_value()) << tape;
  for (const Damage& fault : result.faults) ADD_FAILURE() << tape << ": " << fault.reason;
}

std::vector<Event> events_of(const TapeReader& tape) {
  std::vector<Event> events;
  tape.for_each([&](std::span<const Event> some) { events.insert(events.end(), some.begin(), some.end()); });
  return events;
}

std::uint64_t births_of(const TapeReader& tape, std::uint64_t size) {
  const std::vector<Event> events = events_of(tape);
  return static_cast<std::uint64_t>(std::count_if(events.begin(), events.end(), [&](const Event& event) {
    return event.kind == EventKind::birth && event.size == size;
  }));
}

std::vector<Frame> frames_of(const TapeReader& tape, StackId stack) {
  std::vector<Frame> frames;
  for (; stack != kEmptyStack; stack = frames.back().parent)
    frames.push_back(tape.frames()[static_cast<std::size_t>(stack)]);
  return frames;
}

}  // namespace heaptape::testing
