#include "analyzer/heaptrack_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "analyzer/line_source.h"

namespace heaptape {

HeaptrackWords::HeaptrackWords(std::string_view line, std::uint64_t number)
    : rest_(line.substr(std::min<std::size_t>(line.size(), 2))), line_(number) {}

void HeaptrackWords::fail(const std::string& what) const { throw ImportError(fmt::format("line {}: {}", line_, what)); }

std::uint64_t HeaptrackWords::number(const char* what, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, 16);
  const auto used = static_cast<std::size_t>(end - rest_.data());
  if (error != std::errc() || (used < rest_.size() && rest_[used] != ' '))
    fail(fmt::format("{} is missing or no number in hex", what));
  if (value > most) fail(fmt::format("{} {:#x} is more than there can be ({:#x})", what, value, most));
  rest_.remove_prefix(std::min(used + 1, rest_.size()));
  return value;
}

std::string_view HeaptrackWords::sized(const char* what) {
  const std::uint64_t size = number(what);
  if (size > rest_.size()) fail(fmt::format("{} is shorter than it says", what));
  const std::string_view text = rest_.substr(0, size);
  rest_.remove_prefix(std::min<std::size_t>(size + 1, rest_.size()));
  return text;
}

}  // namespace heaptape
