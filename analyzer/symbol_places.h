// Places in the code as a symbol table bears them: on a packed tape, and in the cache of names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/reports.h"
#include "format/symbol_table.h"

namespace heaptape {

// Of one address, innermost first; `module` is left empty. `places` are of the table.
std::vector<Location> locations_of(const SymbolTable& table, std::span<const SymbolTable::Place> places);

// Addresses come in order of module and address, each once.
class SymbolTableMaker {
 public:
  void add(ModuleId module, std::uint64_t address, const std::vector<Location>& locations);
  // Call once, when all are there.
  SymbolTable take() { return std::move(table_); }

 private:
  std::uint32_t number_of(const std::string& text);

  SymbolTable table_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace heaptape
