// One executable or library on this machine, and the debug information found for it.
//
// Addresses are those of the file's own segments (the process's less the bias). Not for several threads.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/scoped_names.h"
#include "analyzer/symbol_sources.h"

namespace heaptape {

class Binary {
 public:
  enum class State { usable, missing, mismatch };

  // `build_id` is the recorded one in hex; empty: any file will do.
  Binary(const std::string& path, const std::string& build_id, const SymbolSources& sources = {});
  Binary(Binary&&) = default;
  Binary& operator=(Binary&&) = default;

  State state() const { return state_; }
  // Innermost first; empty if nothing is known of the address. `module` is left empty.
  std::vector<Location> resolve(std::uint64_t address);

 private:
  struct Function {
    Dwarf_Addr begin = 0, end = 0;
    Dwarf_Die die{};
  };
  // The functions of one compilation unit by address; read once per unit, as a unit may be huge.
  const std::vector<Function>& functions_of(Dwarf_Die unit);
  // The chain of subprogram and inlined calls around the address, outermost first.
  std::vector<Dwarf_Die> calls_around(Dwarf_Die unit, Dwarf_Addr address);
  Location symbol_at(std::uint64_t address) const;
  void set_line(Location& location, std::uint64_t address) const;

  bool open(const std::string& place, const std::string& build_id);

  struct Wanted {
    std::string path, build_id;
    SymbolSources sources;
  };
  struct EndDwfl {
    void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
  };
  std::unique_ptr<Wanted> wanted_;  // what libdwfl asks for a debug file with
  std::unique_ptr<Dwfl, EndDwfl> dwfl_;
  Dwfl_Module* module_ = nullptr;
  State state_ = State::missing;
  std::unordered_map<Dwarf_Off, std::vector<Function>> functions_;
  ScopedNames scoped_names_;
};

}  // namespace heaptape
