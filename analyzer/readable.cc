#include "analyzer/readable.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace heaptape {
namespace {

constexpr std::array<std::string_view, 3> kNoise = {"__cxx11::", "[abi:cxx11]", "(anonymous namespace)::"};

// Each is the default where the standard library takes it, as the last arguments of its templates.
constexpr std::array<std::string_view, 6> kDefaults = {", std::allocator<", ", std::char_traits<",
                                                       ", std::less<",      ", std::default_delete<",
                                                       ", std::hash<",      ", std::equal_to<"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kAliases = {{
    {"std::basic_string<char>", "std::string"},
    {"std::basic_string_view<char>", "std::string_view"},
    {"std::basic_ostream<char>", "std::ostream"},
}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Bytes of the operator's name, if `rest` begins with one whose brackets are no brackets; else 0.
std::size_t operator_bytes(std::string_view rest, char before) {
  constexpr std::string_view kOperator = "operator";
  if (!rest.starts_with(kOperator) || is_word(before)) return 0;
  const std::string_view symbol = rest.substr(kOperator.size());
  if (symbol.starts_with("()")) return kOperator.size() + 2;
  const std::size_t end = std::min(symbol.find_first_not_of("<>=-*"), symbol.size());
  return end == 0 ? 0 : kOperator.size() + end;
}

// Bytes of a default argument at the start of `rest`, its comma included; 0 if there is none.
std::size_t default_bytes(std::string_view rest) {
  const auto known =
      std::find_if(kDefaults.begin(), kDefaults.end(), [&](std::string_view begin) { return rest.starts_with(begin); });
  if (known == kDefaults.end()) return 0;
  int depth = 1;
  std::size_t at = known->size();
  for (; at < rest.size() && depth > 0; ++at) {
    if (rest[at] == '<') ++depth;
    if (rest[at] == '>') --depth;
  }
  const std::string_view after = rest.substr(at);
  const bool is_whole = depth == 0 && (after.starts_with(",") || after.starts_with(">") || after.starts_with(" >"));
  return is_whole ? at : 0;
}

std::size_t noise_bytes(std::string_view rest) {
  for (const std::string_view noise : kNoise) {
    if (rest.starts_with(noise)) return noise.size();
  }
  return 0;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

// Follows the brackets: an argument is a template's only directly inside of '<'.
class Shortener {
 public:
  std::string shorten(std::string_view name) {
    while (!name.empty()) name.remove_prefix(step(name));
    return std::move(out_);
  }

 private:
  // Bytes of `rest` that are dealt with.
  std::size_t step(std::string_view rest) {
    if (const std::size_t bytes = operator_bytes(rest, out_.empty() ? ' ' : out_.back())) {
      out_ += rest.substr(0, bytes);
      return bytes;
    }
    if (const std::size_t bytes = noise_bytes(rest)) return bytes;
    if (!open_.empty() && open_.back() == '<') {
      if (const std::size_t bytes = default_bytes(rest)) return bytes;
    }
    take(rest[0]);
    return 1;
  }

  void take(char c) {
    if (c == '<' || c == '(') open_.push_back(c);
    const bool closes = c == ')' || (c == '>' && (out_.empty() || out_.back() != '-'));
    if (c == '>' && closes && !open_.empty() && out_.ends_with(' ')) out_.pop_back();
    if (closes && !open_.empty()) open_.pop_back();
    out_ += c;
  }

  std::string out_;
  std::vector<char> open_;
};

}  // namespace

std::string readable(std::string_view demangled) {
  std::string name = Shortener().shorten(demangled);
  for (const auto& [what, by] : kAliases) replace_all(name, what, by);
  return name;
}

}  // namespace heaptape
