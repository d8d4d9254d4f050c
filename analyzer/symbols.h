// Names for addresses, from the executables, libraries and separate debug files on this machine.
//
// Works offline, asks no server. A file that is not the recorded one (its build-id differs) gives no
// names and is listed as a mismatch. Each distinct address is resolved once. Not for several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "format/tape.h"

namespace heaptape {

class Symbols {
 public:
  // `modules` is a tape's, and must outlive this.
  explicit Symbols(const std::vector<Module>& modules);
  ~Symbols();
  Symbols(Symbols&&) noexcept;
  Symbols& operator=(Symbols&&) noexcept;

  // The look-up address of a frame, in the recorded process. Innermost first, never empty: without
  // a symbol "0x12ab in libfoo.so" (as in the file), without a module "0x7f…" (absolute). The
  // answer lives as long as this.
  const std::vector<Location>& resolve(ModuleId module, std::uint64_t address);

  // Paths of modules that were asked for and whose file on this machine is another build.
  const std::vector<std::string>& mismatched() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The last part of a path.
std::string base_name(const std::string& path);

}  // namespace heaptape
