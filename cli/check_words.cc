#include "cli/check_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/json.h"
#include "render/selection_words.h"
#include "render/units.h"

namespace heaptape::cli {

std::string figure_text(const CheckReport::Item& item) {
  std::string text = name_of(item.limit.figure);
  std::replace(text.begin(), text.end(), '_', ' ');
  if (item.limit.figure == Figure::allocations_in)
    text += " " + item.limit.name;
  else if (!item.limit.name.empty())
    text += fmt::format(" '{}'", item.limit.name);
  if (!item.range.empty()) text += fmt::format(", range '{}'", item.range);
  if (item.limit.layer != Layer::program) text += fmt::format(", layer {}", name_of(item.limit.layer));
  return item.baseline ? text + " (baseline)" : text;
}

std::string range_text(const CheckReport::Range& range) {
  return fmt::format("range '{}': {}", range.name, fmt::join(words_of(range.selection), ", "));
}

std::string figure_amount(Figure figure, std::uint64_t value) {
  return is_bytes(figure) ? human_bytes(value) : grouped(value);
}

std::string value_text(const CheckReport::Item& item) {
  const std::string value = figure_amount(item.limit.figure, item.value);
  if (item.allowed == 0) return value;
  return fmt::format("{} ({} of it allowed)", value, figure_amount(item.limit.figure, item.allowed));
}

std::string limit_text(const CheckReport::Item& item) {
  const std::string limit = figure_amount(item.limit.figure, item.limit.most);
  if (!item.baseline) return limit;
  if (item.baseline->median == item.limit.most) return limit;
  return fmt::format("{} (baseline {})", limit, figure_amount(item.limit.figure, item.baseline->median));
}

std::string share_text(Figure figure, const CheckReport::Share& share) {
  if (!share.before) return figure_amount(figure, share.now);
  const bool grew = share.now >= *share.before;
  return (grew ? "+" : "-") + figure_amount(figure, grew ? share.now - *share.before : *share.before - share.now);
}

std::string site_text(const CheckReport::Share& share) {
  return share.detail.empty() ? share.label : fmt::format("{} ({})", share.label, share.detail);
}

std::string outcome_text(const CheckReport& report) {
  std::size_t all = 0, exceeded = 0, unknown = 0;
  for (const CheckReport::Tape& tape : report.tapes) {
    for (const CheckReport::Item& item : tape.items) {
      ++all;
      exceeded += item.verdict == CheckReport::Verdict::exceeded ? 1 : 0;
      unknown += item.verdict == CheckReport::Verdict::unknown ? 1 : 0;
    }
  }
  if (exceeded > 0) return fmt::format("exceeded: {} of {}", exceeded, counted(all, "figure"));
  if (unknown > 0) return fmt::format("unknown: {} of {} can't be told", unknown, counted(all, "figure"));
  return fmt::format("ok: {}", counted(all, "figure"));
}

std::vector<std::string> allowance_notes(const CheckReport& report) {
  std::vector<std::string> notes;
  for (const CheckReport::Allowed& allowed : report.allowances) {
    const auto& until = allowed.allowance.until;
    const std::string what =
        fmt::format("the allowance for {} ({})", allowed.allowance.function, allowed.allowance.reason);
    if (allowed.expired)
      notes.push_back(fmt::format("{} expired on {:04}-{:02}-{:02}: what it allowed counts again", what,
                                  static_cast<int>(until.year()), static_cast<unsigned>(until.month()),
                                  static_cast<unsigned>(until.day())));
    else if (!allowed.used)
      notes.push_back(fmt::format("{} meets nothing on any tape", what));
  }
  return notes;
}

}  // namespace heaptape::cli
