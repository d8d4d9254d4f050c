// Words of the command line that stand for numbers.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace heaptape::cli {

// A word that is no value of its option: one clause that says why.
class BadValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// All throw BadValue.
std::uint64_t to_number(const std::string& word, std::uint64_t least, std::uint64_t most);
double to_real(const std::string& word, double least, double most);
// "64MiB", "1.5g", "4096": units of 1,024, in any case, the B and the i may be missing.
std::uint64_t to_bytes(const std::string& word, std::uint64_t least, std::uint64_t most);
// "1.5s": more than 0, at most a century.
std::uint64_t to_nanoseconds(const std::string& word);

}  // namespace heaptape::cli
