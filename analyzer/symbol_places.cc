#include "analyzer/symbol_places.h"

namespace heaptape {

std::vector<Location> locations_of(const SymbolTable& table, std::span<const SymbolTable::Place> places) {
  std::vector<Location> locations;
  for (const SymbolTable::Place& place : places)
    locations.push_back({.function = table.strings[place.function],
                         .file = table.strings[place.file],
                         .line = place.line,
                         .inlined = place.inlined,
                         .runtime = place.runtime});
  return locations;
}

void SymbolTableMaker::add(ModuleId module, std::uint64_t address, const std::vector<Location>& locations) {
  table_.addresses.push_back({module, address, static_cast<std::uint32_t>(table_.places.size()),
                              static_cast<std::uint32_t>(locations.size())});
  for (const Location& location : locations)
    table_.places.push_back(
        {number_of(location.function), number_of(location.file), location.line, location.inlined, location.runtime});
}

std::uint32_t SymbolTableMaker::number_of(const std::string& text) {
  const auto [found, is_new] = numbers_.try_emplace(text, static_cast<std::uint32_t>(table_.strings.size()));
  if (is_new) table_.strings.push_back(text);
  return found->second;
}

}  // namespace heaptape
