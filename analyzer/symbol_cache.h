// Names that were looked up once, kept for the next time: a file for each build of a binary, in the user's cache folder
// ($HEAPTAPE_CACHE, else $XDG_CACHE_HOME/heaptape, else ~/.cache/heaptape).
//
// A file holds for as long as the binary and its debug file are what they were. It is read as untrusted input; one that
// is damaged is made anew. Whatever can't be read or written is done without. Not for several threads.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/symbol_sources.h"

namespace heaptape {

class SymbolCache {
 public:
  // Of a binary that is recorded as `path`. Without a build-id nothing is kept.
  SymbolCache(const std::string& path, const std::string& build_id, const SymbolSources& sources);
  ~SymbolCache();  // writes what is new
  SymbolCache(const SymbolCache&) = delete;
  SymbolCache& operator=(const SymbolCache&) = delete;

  // What is known of an address in the file, innermost first, `module` empty; null: nothing yet. Valid until the next
  // put().
  const std::vector<Location>* find(std::uint64_t address) const;
  void put(std::uint64_t address, const std::vector<Location>& locations);

 private:
  void load();
  void save() const;

  std::string file_;  // empty: nothing is kept
  std::unordered_map<std::uint64_t, std::vector<Location>> known_;
  bool is_changed_ = false;
};

}  // namespace heaptape
