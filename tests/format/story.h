// What a random program did: definitions and events, kept beside the tape that they are written to.
#pragma once

#include <cstdint>
#include <random>
#include <optional>
#include <string>
#include <vector>

#include "format/reader.h"
#include "format/writer.h"

namespace heaptape {

struct Story {
  Meta meta;
  std::vector<Module> modules;
  std::vector<Frame> frames;  // with the root, as a reader shows them
  std::vector<Thread> threads;
  std::vector<std::string> texts;
  std::vector<Variable> variables;
  std::vector<RssSample> rss;
  std::vector<Event> events;
  Ending ending;
  std::optional<CallCounts> calls;
};

// The same seed gives the same story on every machine. Events of every kind, some of them absurd:
// frees of unknown blocks, births over live ones, extreme addresses and sizes.
Story make_story(std::uint64_t seed, std::size_t events);
// The same without what makes figures estimates.
Story make_exact_story(std::uint64_t seed, std::size_t events);

// The same without births over live blocks: what a correct program does, and a recorder that loses nothing.
Story make_orderly_story(std::uint64_t seed, std::size_t events);

// Writes all of it but the end. Definitions go in when an event first needs them.
void tell(const Story& story, TapeWriter& writer);
// Writes a whole tape.
void write_tape(const std::string& path, const Story& story, const WriterOptions& options = {});

std::vector<Event> all_events(const TapeReader& reader);

}  // namespace heaptape
