// A line of heaptrack's files: a letter, and words, numbers in hex.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heaptape {

// The words behind the letter. `line` must outlive this; what is wrong is thrown as ImportError, with its number.
class HeaptrackWords {
 public:
  HeaptrackWords(std::string_view line, std::uint64_t number);

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  [[noreturn]] void fail(const std::string& what) const;

  std::uint64_t number(const char* what, std::uint64_t most = UINT64_MAX);
  // A text with its length in front, which may hold blanks.
  std::string_view sized(const char* what);

 private:
  std::string_view rest_;
  std::uint64_t line_;
};

}  // namespace heaptape
