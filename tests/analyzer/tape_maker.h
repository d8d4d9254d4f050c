// Makes small tapes for a test: verbs for what a program does, names for what the analyzer shows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "format/reader.h"
#include "format/writer.h"
#include "tests/format/tape_folder.h"

namespace heaptape {

class TapeMaker {
 public:
  explicit TapeMaker(const WriterOptions& options = {.events_per_block = 64});

  ModuleId module(const Module& module) { return writer_.define(module); }
  StackId frame(const Frame& frame) { return writer_.define(frame); }
  // A frame of the made-up executable, by default right under the root.
  StackId in_program(std::uint64_t address, StackId parent = kEmptyStack);
  // One of a made-up system library.
  StackId in_system(std::uint64_t address, StackId parent = kEmptyStack);
  ThreadId thread(const std::string& name);

  void at(std::uint64_t time_ns) { now_ = time_ns; }
  void birth(std::uint64_t address, std::uint64_t size, StackId stack, ThreadId thread = {});
  void release(std::uint64_t address, ThreadId thread = {}, Function function = Function::free);
  void restored(std::uint64_t address, ThreadId thread = {});
  void mark(const std::string& name);
  // Begins a scope and reads it: each owned block by any address in it, with its use count.
  std::uint32_t track(const std::string& name, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& owned);
  void read(std::uint32_t scope, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& owned);
  void end_scope(std::uint32_t scope);
  void event(Event event);

  // Ends the tape 1 ms after the last event and opens it.
  TapeReader finish(EndKind end = EndKind::exited, const Ledger& ledger = {});
  // Opens what is there, without an end.
  TapeReader cut();
  std::string path() const { return folder_.path("made.tape"); }

 private:
  TapeFolder folder_;
  TapeWriter writer_;
  ModuleId program_, system_;
  std::uint64_t now_ = 0;
  std::uint32_t scopes_ = 0;
  std::map<std::string, std::uint32_t> lines_;  // of the variables, by name
};

}  // namespace heaptape
