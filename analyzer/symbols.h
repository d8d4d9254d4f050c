// Names for addresses, from the tape itself if it is packed, else from the executables, libraries and separate debug
// files on this machine.
//
// Works offline, unless it is told to ask servers. A file that is not the recorded one (its build-id differs) gives no
// names and is listed as a mismatch. Each distinct address is resolved once, and kept for the next time
// (symbol_cache.h). Not for several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/symbol_sources.h"
#include "format/base_name.h"
#include "format/file_places.h"
#include "format/reader.h"
#include "format/tape.h"

namespace heaptape {

class Symbols {
 public:
  // `modules` is a tape's, and must outlive this.
  explicit Symbols(const std::vector<Module>& modules, const SymbolSources& sources = {});
  // Of a tape, which must outlive this. One that bears symbols is asked alone: so it gives the same names everywhere.
  explicit Symbols(const TapeReader& tape, const SymbolSources& sources = {});
  ~Symbols();
  Symbols(Symbols&&) noexcept;
  Symbols& operator=(Symbols&&) noexcept;

  // The look-up address of a frame, in the recorded process. Innermost first, never empty: without
  // a symbol "0x12ab in libfoo.so" (as in the file), without a module "0x7f…" (absolute). The
  // answer lives as long as this.
  const std::vector<Location>& resolve(ModuleId module, std::uint64_t address);
  // The same places as a packed tape bears them; those without a symbol are left out. `progress`: frames done, of all.
  SymbolTable table_of(const TapeReader& tape, const std::function<void(std::uint64_t, std::uint64_t)>& progress);

  const SymbolSources& sources() const;
  // Paths of modules that were asked for and whose file on this machine is another build.
  const std::vector<std::string>& mismatched() const;

 private:
  // Those that are not known yet: at once, on all processors. For whoever needs them all: a report needs a tenth of
  // them.
  void resolve_ahead(std::span<const FilePlace> asked);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace heaptape
