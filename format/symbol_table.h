// Names of places in the code that a packed tape bears, so that it shows the same report on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/block.h"
#include "format/event.h"

namespace flatbuffers {
class FlatBufferBuilder;
}

namespace heaptape {

struct SymbolTable {
  struct Place {
    std::uint32_t function = 0, file = 0;  // in `strings`
    std::uint32_t line = 0;                // 0: unknown
    bool inlined = false;
    bool runtime = false;  // of an allocator, the C++ runtime or std::
    friend bool operator==(const Place&, const Place&) = default;
  };
  // `count` places from `first` on, innermost first.
  struct Address {
    ModuleId module{};
    std::uint64_t address = 0;  // look-up address in the module's file
    std::uint32_t first = 0, count = 0;
    friend bool operator==(const Address&, const Address&) = default;
  };
  std::vector<std::string> strings;
  std::vector<Place> places;
  std::vector<Address> addresses;  // in order of module and address, each once

  // Empty: the table does not know it.
  std::span<const Place> find(ModuleId module, std::uint64_t address) const;
  friend bool operator==(const SymbolTable&, const SymbolTable&) = default;
};

// What a block of symbols takes at most.
inline constexpr std::size_t kMostAddressesPerBlock = 1u << 16;

// Addresses [begin, end) of the table, with the strings that they name.
void encode_symbols(flatbuffers::FlatBufferBuilder& builder, const SymbolTable& table, std::size_t begin,
                    std::size_t end);
// Appends what a block holds; blocks come in order. `modules`: how many the tape defines. False: `reason` says what is
// wrong.
[[nodiscard]] bool decode_symbols(Bytes raw, std::size_t modules, SymbolTable& table, std::string_view& reason);

}  // namespace heaptape
