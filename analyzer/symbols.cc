#include "analyzer/symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "analyzer/binary.h"
#include "analyzer/names.h"
#include "analyzer/symbol_cache.h"
#include "analyzer/symbol_places.h"

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
  // A file of the tape, opened when the cache does not know.
  struct Known {
    Known(const Module& wanted, const SymbolSources& sources)
        : module(&wanted), cache(wanted.path, wanted.build_id, sources) {}
    const Module* module;
    SymbolCache cache;
    std::optional<Binary> binary;
  };

  State(const std::vector<Module>& all, const SymbolTable* borne, const SymbolSources& where)
      : modules(&all), packed(borne), sources(where), binary_of(all.size(), kNoBinary) {}

  // A file that was loaded at several places is opened once.
  std::uint32_t binary_for(std::uint32_t module);
  std::vector<Location> look_up(std::uint32_t module, std::uint64_t address);
  std::vector<Location> look_up_in_file(Known& file, std::uint64_t address);

  const std::vector<Module>* modules;
  const SymbolTable* packed;  // null: the files of this machine are asked
  const SymbolSources sources;
  std::vector<std::uint32_t> binary_of;  // by module
  std::deque<Known> binaries;
  std::unordered_map<Place, std::vector<Location>, HashPlace> known;
  std::vector<std::string> mismatched;
};

// A packed tape's modules are told apart by number alone.
std::uint32_t Symbols::State::binary_for(std::uint32_t module) {
  if (packed != nullptr) return module;
  if (binary_of[module] != kNoBinary) return binary_of[module];
  const Module& wanted = (*modules)[module];
  auto found = std::find_if(binaries.begin(), binaries.end(), [&](const auto& entry) {
    return entry.module->path == wanted.path && entry.module->build_id == wanted.build_id;
  });
  if (found == binaries.end()) {
    binaries.emplace_back(wanted, sources);
    found = std::prev(binaries.end());
  }
  return binary_of[module] = static_cast<std::uint32_t>(found - binaries.begin());
}

std::vector<Location> Symbols::State::look_up_in_file(Known& file, std::uint64_t address) {
  if (const auto* kept = file.cache.find(address)) return *kept;
  if (!file.binary) {
    file.binary.emplace(file.module->path, file.module->build_id, sources);
    if (file.binary->state() == Binary::State::mismatch) mismatched.push_back(file.module->path);
  }
  std::vector<Location> locations = file.binary->resolve(address);
  if (file.binary->state() == Binary::State::usable) file.cache.put(address, locations);
  return locations;
}

std::vector<Location> Symbols::State::look_up(std::uint32_t module, std::uint64_t address) {
  const std::string& path = (*modules)[module].path;
  const std::string name = base_name(path);
  std::vector<Location> locations = packed != nullptr ? locations_of(*packed, packed->find(ModuleId{module}, address))
                                                      : look_up_in_file(binaries[binary_for(module)], address);
  if (locations.empty()) locations.push_back({.function = fmt::format("{:#x} in {}", address, name)});
  const bool runtime = is_runtime_library(name);
  for (Location& location : locations) {
    location.module = path;
    location.runtime = location.runtime || runtime;
  }
  return locations;
}

Symbols::Symbols(const TapeReader& tape, const SymbolSources& sources)
    : state_(std::make_unique<State>(tape.modules(), tape.symbols().addresses.empty() ? nullptr : &tape.symbols(),
                                     sources)) {}
Symbols::Symbols(const std::vector<Module>& modules, const SymbolSources& sources)
    : state_(std::make_unique<State>(modules, nullptr, sources)) {}
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

// Each thread opens what it needs for itself: libdw's handles are not shared. In order of addresses, so that a thread
// stays in one compilation unit for a while.
void Symbols::resolve_ahead(std::span<const FilePlace> asked) {
  constexpr std::size_t kWorthThreads = 2000, kMostThreads = 8, kPiece = 256;
  if (state_->packed != nullptr || state_->sources.debuginfod) return;
  std::vector<Place> places;
  for (const auto& [module, address] : asked) {
    const Place place{state_->binary_for(static_cast<std::uint32_t>(module)), address};
    if (state_->binaries[place.first].cache.find(place.second) == nullptr) places.push_back(place);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  const std::size_t threads = std::min<std::size_t>(std::thread::hardware_concurrency(), kMostThreads);
  if (places.size() < kWorthThreads || threads < 2) return;
  std::vector<std::optional<std::vector<Location>>> found(places.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    std::map<std::uint32_t, Binary> own;
    for (std::size_t begin; (begin = next.fetch_add(kPiece)) < places.size();)
      for (std::size_t i = begin; i < std::min(begin + kPiece, places.size()); ++i) {
        const Module& module = *state_->binaries[places[i].first].module;
        const auto binary = own.try_emplace(places[i].first, module.path, module.build_id, state_->sources).first;
        if (binary->second.state() == Binary::State::usable) found[i] = binary->second.resolve(places[i].second);
      }
  };
  std::vector<std::thread> helpers;
  try {
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
  } catch (const std::system_error&) {
    // Fewer will do.
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  for (std::size_t i = 0; i < places.size(); ++i)
    if (found[i]) state_->binaries[places[i].first].cache.put(places[i].second, *found[i]);
}

SymbolTable Symbols::table_of(const TapeReader& tape,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const std::vector<FilePlace> asked = file_places(tape, [](std::size_t) { return true; });
  resolve_ahead(asked);
  SymbolTableMaker table;
  std::uint64_t done = 0;
  for (const auto& [module, address] : asked) {
    progress(++done, asked.size());
    const std::uint64_t bias = tape.modules()[static_cast<std::size_t>(module)].bias;
    const std::vector<Location>& locations = resolve(module, address + bias);
    if (locations.size() == 1 && locations[0].function.starts_with("0x")) continue;
    table.add(module, address, locations);
  }
  return table.take();
}

const SymbolSources& Symbols::sources() const { return state_->sources; }

const std::vector<std::string>& Symbols::mismatched() const { return state_->mismatched; }

}  // namespace heaptape
