// Whole names of functions that have none in the symbol table: gcc gives those in unnamed namespaces, and what the
// standard library makes of types in them, no linkage name where they are inlined.
#pragma once

#include <elfutils/libdw.h>

#include <string>
#include <unordered_map>

namespace heaptape {

class ScopedNames {
 public:
  // "(anonymous namespace)::Cache::render": with its namespaces and classes, without parameters. Of a function's or an
  // inlined call's entry; empty where it has no name at all. Each unit is read once.
  const std::string& of(Dwarf_Die call);

 private:
  using Names = std::unordered_map<const void*, std::string>;  // by the entry's place

  std::unordered_map<const void*, Names> units_;
};

// Whether such a name belongs to the C++ runtime.
bool is_runtime_scope(const std::string& name);

}  // namespace heaptape
