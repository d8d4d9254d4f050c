#include "analyzer/heaptrack_names.h"

#include <algorithm>

#include "analyzer/names.h"

namespace heaptape {
namespace {

// What a file may define at most: far more than any run has, and little enough to be held.
constexpr std::size_t kMostTexts = 1u << 22, kMostTextBytes = 1u << 28, kMostPlaces = 1u << 24;

bool is_start(std::string_view function) { return function == "_start" || function.starts_with("__libc_start_"); }

// Of a demangled name, which is all that a file has.
bool is_runtime(std::string_view function) {
  for (const std::string_view front : {"std::", "__gnu_cxx::", "operator new", "operator delete", "void std::"})
    if (function.starts_with(front)) return true;
  return is_runtime_function(function);
}

}  // namespace

void HeaptrackNames::add_text(std::string_view text, const HeaptrackWords& words) {
  text_bytes_ += text.size();
  if (table_.strings.size() == kMostTexts || text_bytes_ > kMostTextBytes) words.fail("there are too many texts");
  table_.strings.emplace_back(text);
}

std::uint64_t HeaptrackNames::take_text(HeaptrackWords& words, const char* what) const {
  return words.number(what, table_.strings.size() - 1);
}

HeaptrackNames::Named HeaptrackNames::take_places(HeaptrackWords& words, ModuleId module, std::uint64_t address) {
  Named named;
  SymbolTable::Address entry{module, address, static_cast<std::uint32_t>(table_.places.size()), 0};
  while (!words.empty()) {
    SymbolTable::Place place{.function = static_cast<std::uint32_t>(take_text(words, "the text of a function"))};
    if (!words.empty()) {
      place.file = static_cast<std::uint32_t>(take_text(words, "the text of a file"));
      place.line = static_cast<std::uint32_t>(words.number("a line", 1u << 30));
    }
    if (place.function == 0) continue;
    const std::string& function = table_.strings[place.function];
    place.runtime = is_runtime(function);
    named.is_start |= is_start(function);
    named.is_named = true;
    if (table_.places.size() == kMostPlaces) words.fail("there are too many places in the code");
    table_.places.push_back(place);
    ++entry.count;
  }
  // All but the outermost of them were inlined.
  for (std::uint32_t i = 0; i + 1 < entry.count; ++i) table_.places[entry.first + i].inlined = true;
  if (entry.count == 0 || module == kNoModule) return named;
  if (named_.emplace(module, address).second) {
    table_.addresses.push_back(entry);
  } else {
    named.is_renamed = true;
    table_.places.resize(entry.first);
  }
  return named;
}

void HeaptrackNames::add_to(TapeWriter& writer) {
  if (table_.addresses.empty()) return;
  std::sort(table_.addresses.begin(), table_.addresses.end(), [](const auto& a, const auto& b) {
    return std::pair(a.module, a.address) < std::pair(b.module, b.address);
  });
  writer.add_symbols(table_);
}

}  // namespace heaptape
