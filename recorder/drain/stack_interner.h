// Gives each distinct stack of a process one node in its tape's tree of frames, and says which layer
// it belongs to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "format/writer.h"

namespace heaptape {

class StackInterner {
 public:
  // `entry`: address of the executable's _start, whose frame does not make a stack the program's.
  StackInterner(TapeWriter& writer, std::string executable, std::uint64_t entry)
      : writer_(writer), executable_(std::move(executable)), entry_(entry) {}

  // A module noted at `epoch`. Told again, it stays one.
  void add_module(Module module, std::uint32_t epoch);
  // `addresses`: look-up addresses, innermost first.
  StackId intern(std::span<const std::uint64_t> addresses, std::uint32_t epoch, bool truncated);
  // Stacks interned that do not reach their outermost frame.
  std::uint64_t truncated() const { return truncated_; }

 private:
  struct Loaded {
    std::uint64_t begin, end;
    std::uint32_t epoch;
    ModuleId id;
    bool counts;  // frames in it make a stack the program's
  };
  struct Edge {
    StackId parent;
    std::uint64_t address;
    ModuleId module;
    bool truncated;
    bool operator==(const Edge&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Edge& edge) const;
  };
  struct Node {
    StackId id;
    bool in_program;
  };
  const Loaded* find_module(std::uint64_t address, std::uint32_t epoch) const;

  TapeWriter& writer_;
  std::string executable_;
  std::uint64_t entry_;
  std::vector<Module> modules_;  // as defined, by ModuleId
  std::vector<Loaded> loaded_;
  std::unordered_map<Edge, Node, Hash> nodes_;
  std::uint64_t truncated_ = 0;
};

}  // namespace heaptape
