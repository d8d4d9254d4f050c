#include "analyzer/symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <unordered_map>
#include <utility>

#include "analyzer/binary.h"
#include "analyzer/names.h"

namespace heaptape {
namespace {

using Place = std::pair<std::uint32_t, std::uint64_t>;  // binary (or none), address in it
struct HashPlace {
  std::size_t operator()(const Place& place) const noexcept {
    return std::hash<std::uint64_t>{}(place.second ^ (std::uint64_t{place.first} << 48));
  }
};
constexpr std::uint32_t kNoBinary = 0xffff'ffff;

}  // namespace

struct Symbols::State {
  State(const std::vector<Module>& all, const SymbolTable* borne)
      : modules(&all), packed(borne), binary_of(all.size(), kNoBinary) {
    // The standard search for debug files would ask these servers when nothing is found on disk.
    unsetenv("DEBUGINFOD_URLS");
  }

  // A file that was loaded at several places is opened once.
  std::uint32_t binary_for(std::uint32_t module);
  std::vector<Location> look_up(std::uint32_t module, std::uint64_t address);

  std::vector<Location> look_up_packed(std::uint32_t module, std::uint64_t address) const;

  const std::vector<Module>* modules;
  const SymbolTable* packed;             // null: the files of this machine are asked
  std::vector<std::uint32_t> binary_of;  // by module
  std::vector<std::pair<const Module*, Binary>> binaries;
  std::unordered_map<Place, std::vector<Location>, HashPlace> known;
  std::vector<std::string> mismatched;
};

// A packed tape's modules are told apart by number alone.
std::uint32_t Symbols::State::binary_for(std::uint32_t module) {
  if (packed != nullptr) return module;
  if (binary_of[module] != kNoBinary) return binary_of[module];
  const Module& wanted = (*modules)[module];
  auto found = std::find_if(binaries.begin(), binaries.end(), [&](const auto& entry) {
    return entry.first->path == wanted.path && entry.first->build_id == wanted.build_id;
  });
  if (found == binaries.end()) {
    binaries.emplace_back(&wanted, Binary(wanted.path, wanted.build_id));
    found = std::prev(binaries.end());
    if (found->second.state() == Binary::State::mismatch) mismatched.push_back(wanted.path);
  }
  return binary_of[module] = static_cast<std::uint32_t>(found - binaries.begin());
}

std::vector<Location> Symbols::State::look_up_packed(std::uint32_t module, std::uint64_t address) const {
  std::vector<Location> locations;
  for (const SymbolTable::Place& place : packed->find(ModuleId{module}, address))
    locations.push_back({.function = packed->strings[place.function],
                         .file = packed->strings[place.file],
                         .line = place.line,
                         .inlined = place.inlined,
                         .runtime = place.runtime});
  return locations;
}

std::vector<Location> Symbols::State::look_up(std::uint32_t module, std::uint64_t address) {
  const std::string& path = (*modules)[module].path;
  const std::string name = base_name(path);
  std::vector<Location> locations =
      packed != nullptr ? look_up_packed(module, address) : binaries[binary_for(module)].second.resolve(address);
  if (locations.empty()) locations.push_back({.function = fmt::format("{:#x} in {}", address, name)});
  const bool runtime = is_runtime_library(name);
  for (Location& location : locations) {
    location.module = path;
    location.runtime = location.runtime || runtime;
  }
  return locations;
}

Symbols::Symbols(const TapeReader& tape)
    : state_(std::make_unique<State>(tape.modules(), tape.symbols().addresses.empty() ? nullptr : &tape.symbols())) {}
Symbols::Symbols(const std::vector<Module>& modules) : state_(std::make_unique<State>(modules, nullptr)) {}
Symbols::~Symbols() = default;
Symbols::Symbols(Symbols&&) noexcept = default;
Symbols& Symbols::operator=(Symbols&&) noexcept = default;

const std::vector<Location>& Symbols::resolve(ModuleId module, std::uint64_t address) {
  const auto index = static_cast<std::uint32_t>(module);
  const bool loaded = index < state_->modules->size();
  const std::uint64_t in_file = loaded ? address - (*state_->modules)[index].bias : address;
  const Place place{loaded ? state_->binary_for(index) : kNoBinary, in_file};
  const auto [found, is_new] = state_->known.try_emplace(place);
  if (is_new) {
    found->second =
        loaded ? state_->look_up(index, in_file) : std::vector<Location>{{.function = fmt::format("{:#x}", address)}};
  }
  return found->second;
}

SymbolTable Symbols::table_of(const TapeReader& tape,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const std::vector<Frame>& frames = tape.frames();
  std::map<std::pair<ModuleId, std::uint64_t>, std::uint64_t> addresses;  // in the file, and in the process
  for (const Frame& frame : frames) {
    if (static_cast<std::size_t>(frame.module) >= tape.modules().size()) continue;
    const std::uint64_t bias = tape.modules()[static_cast<std::size_t>(frame.module)].bias;
    addresses.try_emplace({frame.module, frame.address - bias}, frame.address);
  }
  SymbolTable table;
  std::unordered_map<std::string, std::uint32_t> numbers;
  const auto number_of = [&](const std::string& text) {
    const auto [found, is_new] = numbers.try_emplace(text, static_cast<std::uint32_t>(table.strings.size()));
    if (is_new) table.strings.push_back(text);
    return found->second;
  };
  std::uint64_t done = 0;
  for (const auto& [place, address] : addresses) {
    progress(++done, addresses.size());
    const std::vector<Location>& locations = resolve(place.first, address);
    if (locations.size() == 1 && locations[0].function.starts_with("0x")) continue;
    table.addresses.push_back({place.first, place.second, static_cast<std::uint32_t>(table.places.size()),
                               static_cast<std::uint32_t>(locations.size())});
    for (const Location& location : locations)
      table.places.push_back(
          {number_of(location.function), number_of(location.file), location.line, location.inlined, location.runtime});
  }
  return table;
}

const std::vector<std::string>& Symbols::mismatched() const { return state_->mismatched; }

}  // namespace heaptape
