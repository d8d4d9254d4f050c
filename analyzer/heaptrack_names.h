// The texts of a file of heaptrack's, and what they name: the places in the code, as a symbol table.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "analyzer/heaptrack_words.h"
#include "format/symbol_table.h"
#include "format/writer.h"

namespace heaptape {

// Bounded. What is wrong is thrown as ImportError by the words of its line.
class HeaptrackNames {
 public:
  void add_text(std::string_view text, const HeaptrackWords& words);
  bool has_texts() const { return table_.strings.size() > 1; }
  // The next word, as the number of a text; 0: none.
  std::uint64_t take_text(HeaptrackWords& words, const char* what) const;
  const std::string& text(std::uint64_t number) const { return table_.strings[number]; }

  struct Named {
    bool is_start = false;    // it is where a program starts, which counts for no layer
    bool is_named = false;    // at all
    bool is_renamed = false;  // it had another meaning before, which is kept
  };
  // The rest of a line: functions with their files and lines, innermost first.
  Named take_places(HeaptrackWords& words, ModuleId module, std::uint64_t address);
  // Call once.
  void add_to(TapeWriter& writer);

 private:
  SymbolTable table_{.strings = {""}, .places = {}, .addresses = {}};  // heaptrack counts from 1, too: 0 is none
  std::set<std::pair<ModuleId, std::uint64_t>> named_;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace heaptape
