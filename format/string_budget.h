// Copies strings out of a verified FlatBuffer. For the .cc files of this folder only.
#pragma once

#include <string>

#include "tape_generated.h"

namespace heaptape {

// A FlatBuffer may name one string many times, so that copies outgrow the block without end. The
// writer never does that: together the strings are no longer than the block.
class StringBudget {
 public:
  explicit StringBudget(std::size_t bytes) : left_(bytes) {}

  std::string copy(const flatbuffers::String* text) {
    if (text == nullptr) return {};
    if (text->size() > left_) {
      is_exceeded_ = true;
      return {};
    }
    left_ -= text->size();
    return text->str();
  }
  bool is_exceeded() const { return is_exceeded_; }

 private:
  std::size_t left_;
  bool is_exceeded_ = false;
};

}  // namespace heaptape
