#include "format/symbol_table.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "format/stored_column.h"
#include "format/string_budget.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

constexpr unsigned kInlined = 1, kRuntime = 2;
constexpr int kFlagBits = 2;

auto key_of(const SymbolTable::Address& address) { return std::tuple(address.module, address.address); }

// The strings of one block, each once.
class Strings {
 public:
  explicit Strings(const SymbolTable& table) : table_(table) {}
  std::uint32_t number_of(std::uint32_t string) {
    const auto [found, is_new] = numbers_.try_emplace(string, static_cast<std::uint32_t>(numbers_.size()));
    if (is_new) used_.push_back(table_.strings[string]);
    return found->second;
  }
  auto vector(flatbuffers::FlatBufferBuilder& builder) const { return builder.CreateVectorOfStrings(used_); }

 private:
  const SymbolTable& table_;
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
  std::vector<std::string> used_;
};

}  // namespace

std::span<const SymbolTable::Place> SymbolTable::find(ModuleId module, std::uint64_t address) const {
  const Address wanted{.module = module, .address = address};
  const auto found = std::lower_bound(addresses.begin(), addresses.end(), wanted,
                                      [](const Address& a, const Address& b) { return key_of(a) < key_of(b); });
  if (found == addresses.end() || key_of(*found) != key_of(wanted)) return {};
  return std::span(places).subspan(found->first, found->count);
}

void encode_symbols(flatbuffers::FlatBufferBuilder& builder, const SymbolTable& table, std::size_t begin,
                    std::size_t end) {
  ColumnEncoder modules, addresses, counts, functions, files, lines;
  Strings strings(table);
  for (std::size_t i = begin; i < end; ++i) {
    const SymbolTable::Address& address = table.addresses[i];
    modules.put_delta(static_cast<std::uint32_t>(address.module));
    addresses.put_delta(address.address);
    counts.put(address.count);
    for (std::uint32_t k = 0; k < address.count; ++k) {
      const SymbolTable::Place& place = table.places[address.first + k];
      const unsigned flags = (place.inlined ? kInlined : 0) | (place.runtime ? kRuntime : 0);
      functions.put(std::uint64_t{strings.number_of(place.function)} << kFlagBits | flags);
      files.put(strings.number_of(place.file));
      lines.put_delta(place.line);
    }
  }
  builder.Clear();
  const auto texts = strings.vector(builder);
  const auto stored_modules = modules.vector(builder), stored_addresses = addresses.vector(builder),
             stored_counts = counts.vector(builder), stored_functions = functions.vector(builder),
             stored_files = files.vector(builder), stored_lines = lines.vector(builder);
  builder.Finish(fb::CreateSymbols(builder, texts, static_cast<std::uint32_t>(end - begin), stored_modules,
                                   stored_addresses, stored_counts, stored_functions, stored_files, stored_lines));
}

bool decode_symbols(Bytes raw, std::size_t modules, SymbolTable& table, std::string_view& reason) {
  const auto* block = verify_root<fb::Symbols>(raw);
  reason = "is no well-formed block of symbols";
  if (block == nullptr || block->strings() == nullptr) return false;
  DeltaCursor module_column(block->modules()), address_column(block->addresses()), counts(block->counts());
  DeltaCursor functions(block->functions()), files(block->files()), lines(block->lines());
  if (!counts.may_hold(block->count())) return false;

  SymbolTable read = std::move(table);
  table = {};
  const auto first_string = static_cast<std::uint32_t>(read.strings.size());
  StringBudget budget(raw.size());
  for (const auto* text : *block->strings()) read.strings.push_back(budget.copy(text));
  if (budget.is_exceeded()) return false;
  const std::uint64_t strings = block->strings()->size();
  for (std::uint32_t i = 0; i < block->count(); ++i) {
    SymbolTable::Address address;
    const std::uint64_t module = module_column.next_delta();
    address.address = address_column.next_delta();
    const std::uint64_t count = counts.next();
    if (module >= modules || !functions.may_hold(count)) return false;
    address.module = ModuleId{static_cast<std::uint32_t>(module)};
    address.first = static_cast<std::uint32_t>(read.places.size());
    address.count = static_cast<std::uint32_t>(count);
    if (!read.addresses.empty() && !(key_of(read.addresses.back()) < key_of(address))) return false;
    for (std::uint64_t k = 0; k < count; ++k) {
      if (functions.failed()) return false;
      const std::uint64_t function = functions.next(), file = files.next(), line = lines.next_delta();
      if (function >> kFlagBits >= strings || file >= strings) return false;
      read.places.push_back({static_cast<std::uint32_t>(first_string + (function >> kFlagBits)),
                             static_cast<std::uint32_t>(first_string + file), static_cast<std::uint32_t>(line),
                             (function & kInlined) != 0, (function & kRuntime) != 0});
    }
    read.addresses.push_back(address);
  }
  reason = "holds a column of the wrong length";
  if (!module_column.consumed() || !address_column.consumed() || !counts.consumed() || !functions.consumed() ||
      !files.consumed() || !lines.consumed())
    return false;
  table = std::move(read);
  reason = {};
  return true;
}

}  // namespace heaptape
