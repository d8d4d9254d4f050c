#include "recorder/guest/own_symbols.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

#include "recorder/guest/image.h"

namespace heaptape::guest {
namespace {

struct SymbolTable {
  ElfW(Sym) * symbols;
  const char* names;
  std::uint32_t count;
};

// The dynamic linker has made these addresses absolute, where it could write to them.
template <class Type>
Type* absolute(const link_map& map, ElfW(Addr) address) noexcept {
  return reinterpret_cast<Type*>(address < map.l_addr ? address + map.l_addr : address);
}

SymbolTable own_symbols() noexcept {
  SymbolTable table{};
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(&own_symbols), &found) != 0) return table;
  const link_map& map = *found.dlfo_link_map;
  for (const ElfW(Dyn)* entry = map.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_SYMTAB) table.symbols = absolute<ElfW(Sym)>(map, entry->d_un.d_ptr);
    if (entry->d_tag == DT_STRTAB) table.names = absolute<const char>(map, entry->d_un.d_ptr);
    // The old hash table is there (--hash-style=both) since it alone says how many symbols there are.
    if (entry->d_tag == DT_HASH) table.count = absolute<const std::uint32_t>(map, entry->d_un.d_ptr)[1];
  }
  return table;
}

}  // namespace

void withdraw(const char* const* names, const bool* marked, int count) noexcept {
  const KeepErrno keep;
  const SymbolTable table = own_symbols();
  if (table.symbols == nullptr || table.names == nullptr) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(table.symbols) & ~std::uintptr_t{4095};
  const std::size_t bytes = reinterpret_cast<std::uintptr_t>(table.symbols + table.count) - begin;
  if (mprotect(reinterpret_cast<void*>(begin), bytes, PROT_READ | PROT_WRITE) != 0) return;
  for (std::uint32_t i = 1; i < table.count; ++i) {
    ElfW(Sym)& symbol = table.symbols[i];
    if (symbol.st_shndx == SHN_UNDEF) continue;
    for (int n = 0; n < count; ++n)
      if (marked[n] && strcmp(table.names + symbol.st_name, names[n]) == 0)
        symbol.st_info = ELF64_ST_INFO(STB_LOCAL, ELF64_ST_TYPE(symbol.st_info));  // look-ups pass over local ones
  }
  mprotect(reinterpret_cast<void*>(begin), bytes, PROT_READ);  // no code shares its pages (-z separate-code)
}

}  // namespace heaptape::guest
