#include "cli/selection_options.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/instants.h"
#include "cli/options.h"
#include "cli/view.h"

namespace heaptape::cli {
namespace {

// "MIN..MAX", both inclusive, either may be missing. `to_value` throws BadValue.
template <class ToValue>
Bounds to_bounds(const std::string& word, const char* example, const ToValue& to_value) {
  const std::size_t dots = word.find("..");
  if (dots == std::string::npos) throw BadValue(fmt::format("'{}' is no range, such as {}", word, example));
  const std::string least = word.substr(0, dots), most = word.substr(dots + 2);
  if (least.empty() && most.empty()) throw BadValue("'..' names no bound, such as " + std::string(example));
  Bounds bounds;
  if (!least.empty()) bounds.least = to_value(least);
  if (!most.empty()) bounds.most = to_value(most);
  if (bounds.least > bounds.most) throw BadValue(fmt::format("'{}' is empty: {} is more than {}", word, least, most));
  return bounds;
}

std::uint64_t to_size(const std::string& word) { return to_bytes(word, 0, std::uint64_t{1} << 62); }
std::uint64_t to_lifetime(const std::string& word) { return word == "0" || word == "0s" ? 0 : to_nanoseconds(word); }

void add_filters(Arguments& arguments, Choice& choice) {
  arguments.repeated("--thread", "NAME|TID", choice.threads, "Blocks that this thread allocated; may be a glob");
  arguments.repeated(
      "--module", "PATTERN", choice.modules,
      "Blocks whose stack passes through such an executable or library: a part of its path, or with *, ? "
      "or [ a glob. This and the other filters may be given several times: one has to match");
  arguments.repeated("--function", "PATTERN", choice.functions, "Blocks whose stack passes through such a function");
  arguments.repeated("--file", "PATTERN", choice.files, "Blocks whose stack passes through such a source file");
  arguments.parsed(
      "--size", "MIN..MAX", [&choice](const std::string& word) { choice.size = to_bounds(word, "64..4KiB", to_size); },
      "Blocks of so many bytes; either may be missing");
  arguments.parsed(
      "--lifetime", "MIN..MAX",
      [&choice](const std::string& word) { choice.lifetime_ns = to_bounds(word, "1ms..2s", to_lifetime); },
      "Blocks that live so long; without MAX also those that live on at the end");
}

}  // namespace

void add_range(Arguments& arguments, Choice& choice, const std::string& end, const std::string& from_help,
               const std::string& to_help) {
  choice.names.to = end;
  arguments.parsed(
      "--from", "INSTANT", [&choice](const std::string& word) { choice.from = to_instant(word); },
      from_help + ": a time since recording started such as 1.5s, or peak, end, mark:NAME or mark:NAME#2");
  arguments.parsed(
      end, "INSTANT", [&choice](const std::string& word) { choice.to = to_instant(word); }, to_help);
}

void add_range_selection(Arguments& arguments, Choice& choice, const std::string& end) {
  add_layer(arguments, choice.layer);
  add_range(arguments, choice, end, "Only what is allocated from there on",
            "As it was there: what is live at the end is what was live then");
  add_filters(arguments, choice);
}

void add_selection(Arguments& arguments, Choice& choice, const std::string& end) {
  arguments.parsed(
      "--at", "INSTANT", [&choice](const std::string& word) { choice.at = to_instant(word); },
      "What was live then: 1.5s, peak, end, mark:NAME");
  add_range_selection(arguments, choice, end);
}

Selection selection_of(const TapeReader& tape, const Choice& choice, Symbols& symbols, const std::string& whose) {
  try {
    return Selection(tape, choice, symbols);
  } catch (const NoSuchInstant& error) {
    throw Failure(kWrongUse, whose + safe(error.what()) + "; see 'heaptape dump' for what it has");
  } catch (const NoSuchSelection& error) {
    throw Failure(kWrongUse, whose + safe(error.what()));
  }
}

}  // namespace heaptape::cli
