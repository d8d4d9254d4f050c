// Lines of a text that may be compressed, as untrusted files are read: a piece at a time, a line of bounded length.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace heaptape {

// A file to import is not what it should be. what() is a clause for people: "line 12: …".
class ImportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class LineSource {
 public:
  static constexpr std::size_t kLongestLine = 1 << 20;
  // Fills the span and answers how many bytes there were; 0: the end.
  using Read = std::function<std::size_t(std::span<char>)>;

  // zstd and gzip are known by their first bytes; all else is taken as it is.
  explicit LineSource(Read read);
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  // The next line without its end, valid until the next call; false behind the last. A last line without an end is left
  // out. Throws ImportError where a line is too long, or what is compressed is damaged.
  bool next(std::string_view& line);
  std::uint64_t number() const { return number_; }  // of the line that next() gave, from 1
  // Behind the last line: whether the text stops in the middle of a line, or of what is compressed.
  bool is_cut() const { return is_cut_; }

  class Unpacker;

 private:
  bool fill();

  Read read_;
  std::unique_ptr<Unpacker> unpacker_;  // from the first piece on
  std::string text_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
  bool is_over_ = false, is_cut_ = false;
};

}  // namespace heaptape
