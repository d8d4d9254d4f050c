// What an ELF file says of itself, as far as it matters to recording. The file is not trusted: libelf checks its
// bounds.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heaptape {

struct ElfFile {
  std::string path;
  bool native = false;      // 64-bit x86-64; nothing below is known of others
  std::string interpreter;  // the dynamic linker; empty: statically linked
  std::vector<std::string> needed;
  std::set<std::string> defines;    // functions among its dynamic symbols
  std::set<std::string> imports;    // undefined dynamic symbols that must be found (weak ones may be absent)
  std::string build_id;             // hex
  bool has_symbols = false;         // .symtab
  bool has_debug_info = false;      // .debug_info
  bool has_unwind_tables = false;   // PT_GNU_EH_FRAME
  std::set<std::string> functions;  // of .symtab, if that was asked for: what was linked in and not exported
};

// A symbol table may be large: `dynamic` leaves it alone.
enum class Reading { dynamic, all };

// Empty if it can't be read or is no ELF file.
std::optional<ElfFile> read_elf_file(const std::string& path, Reading reading);

}  // namespace heaptape
