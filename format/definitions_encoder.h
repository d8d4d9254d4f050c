// Collects definitions until the next block of events needs them. Strings are cut at
// kMaxTextBytes; `is_large()` says when to seal, which keeps the block under its limit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "format/definitions.h"
#include "format/tape.h"

namespace flatbuffers {
class FlatBufferBuilder;
}

namespace heaptape {

inline constexpr std::size_t kMaxTextBytes = 64 << 10;

class DefinitionsEncoder {
 public:
  ModuleId add(const Module& module);
  StackId add(const Frame& frame);
  TextId add(std::string_view text);
  VariableId add(const Variable& variable);
  ThreadId add(const Thread& thread);
  void rename(ThreadId thread, std::string_view name);

  // Known so far, earlier blocks included; frames with the root.
  std::uint32_t frames() const { return first_frame_ + static_cast<std::uint32_t>(frames_.size()); }
  std::uint32_t modules() const { return first_module_ + static_cast<std::uint32_t>(modules_.size()); }
  std::uint32_t texts() const { return first_text_ + static_cast<std::uint32_t>(texts_.size()); }
  std::uint32_t variables() const { return first_variable_ + static_cast<std::uint32_t>(variables_.size()); }
  std::uint32_t threads() const { return first_thread_ + static_cast<std::uint32_t>(threads_.size()); }

  // New ids come after those that a tape has already.
  void go_on_after(const Definitions& known);

  bool empty() const { return bytes_ == 0; }
  bool is_large() const { return bytes_ >= kLarge; }

  // Builds the block as the root of `builder` and starts the next one.
  void finish(flatbuffers::FlatBufferBuilder& builder);

 private:
  static constexpr std::size_t kLarge = 1 << 20;

  struct Rename {
    ThreadId thread;
    std::string name;
  };

  std::size_t bytes_ = 0;  // upper bound of what is held, as it will be in the block
  std::uint32_t first_module_ = 0, first_thread_ = 0, first_text_ = 0, first_variable_ = 0, first_frame_ = 1;
  std::vector<Module> modules_;
  std::vector<Thread> threads_;
  std::vector<Rename> renames_;
  std::vector<std::string> texts_;
  std::vector<Variable> variables_;
  std::vector<Frame> frames_;
};

}  // namespace heaptape
