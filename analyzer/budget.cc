#include "analyzer/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "analyzer/readable.h"
#include "analyzer/site_key.h"
#include "format/size_words.h"

namespace heaptape {
namespace {

constexpr std::string_view kUnnamed = "{anonymous}::";

std::optional<double> percent_in(std::string word) {
  if (!word.ends_with('%')) return std::nullopt;
  word.pop_back();
  while (word.ends_with(' ')) word.pop_back();
  double percent = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), percent, std::chars_format::fixed);
  const bool is_whole = error == std::errc{} && end == word.data() + word.size();
  return is_whole && percent >= 0 && percent <= 1e6 ? std::optional(percent) : std::nullopt;
}

}  // namespace

const char* name_of(Figure figure) {
  switch (figure) {
    case Figure::peak:
      return "peak";
    case Figure::live_at_end:
      return "live_at_end";
    case Figure::leaked:
      return "leaked";
    case Figure::allocations:
      return "allocations";
    case Figure::allocated:
      return "allocated";
    case Figure::temporary:
      return "temporary";
    case Figure::allocations_in:
      return "allocations_in";
    case Figure::growth_per_mark:
      return "growth_per_mark";
  }
  return "";
}

std::optional<Figure> figure_called(std::string_view word) {
  for (int i = 0; i < kFigures; ++i)
    if (word == name_of(static_cast<Figure>(i))) return static_cast<Figure>(i);
  return std::nullopt;
}

bool has_names(Figure figure) { return figure == Figure::allocations_in || figure == Figure::growth_per_mark; }

bool is_bytes(Figure figure) {
  return figure != Figure::allocations && figure != Figure::temporary && figure != Figure::allocations_in;
}

bool Allowance::is_for(Figure figure, const std::string& range) const {
  const auto has = [](const auto& list, const auto& item) {
    return list.empty() || std::find(list.begin(), list.end(), item) != list.end();
  };
  return has(figures, figure) && has(ranges, range);
}

std::string Tolerance::take(const std::string& word, std::optional<Figure> figure) {
  if (word == "learnt") {
    *this = {};
    return "";
  }
  if (const std::optional<double> part = percent_in(word)) {
    *this = {.kind = Tolerance::Kind::percent, .percent = *part};
    return "";
  }
  const std::optional<double> number = size_in(word);
  if (!number || *number > kMostBudgetBytes)
    return fmt::format("'{}' is no tolerance: learnt, 5 %, or an amount", word);
  if (!figure) return fmt::format("'{}' is an amount, which needs the figure's name, such as peak=64KiB", word);
  const bool has_unit = word.find_first_not_of("0123456789") != std::string::npos;
  if (has_unit && !is_bytes(*figure)) return fmt::format("'{}' is no count of {}", word, name_of(*figure));
  *this = {.kind = Tolerance::Kind::absolute, .absolute = static_cast<std::uint64_t>(*number)};
  return "";
}

const Tolerance& Tolerances::of(Figure figure) const {
  const auto found = special.find(figure);
  return found == special.end() ? general : found->second;
}

void Tolerances::take(const std::string& words) {
  const std::size_t equals = words.find('=');
  std::optional<Figure> figure;
  if (equals != std::string::npos) {
    figure = figure_called(words.substr(0, equals));
    if (!figure || has_names(*figure))
      throw BudgetError(
          fmt::format("'{}' is no figure of a baseline: peak, live_at_end, allocations, allocated or "
                      "temporary",
                      words.substr(0, equals)));
  }
  Tolerance tolerance;
  const std::string wrong = tolerance.take(equals == std::string::npos ? words : words.substr(equals + 1), figure);
  if (!wrong.empty()) throw BudgetError(wrong);
  if (figure)
    special[*figure] = tolerance;
  else
    general = tolerance;
}

bool is_function(const std::string& word, const std::string& demangled) {
  if (demangled == word || readable(demangled) == word) return true;
  if (is_nameless(demangled)) return false;
  std::string name = normalised_function(demangled);
  if (name == word) return true;
  // People rarely write that a namespace has no name.
  for (std::size_t at = 0; (at = name.find(kUnnamed, at)) != std::string::npos;) name.erase(at, kUnnamed.size());
  return name == word;
}

}  // namespace heaptape
