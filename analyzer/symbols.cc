#include "analyzer/symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
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
  explicit State(const std::vector<Module>& all) : modules(&all), binary_of(all.size(), kNoBinary) {}

  // A file that was loaded at several places is opened once.
  std::uint32_t binary_for(std::uint32_t module);
  std::vector<Location> look_up(std::uint32_t module, std::uint64_t address);

  const std::vector<Module>* modules;
  std::vector<std::uint32_t> binary_of;  // by module
  std::vector<std::pair<const Module*, Binary>> binaries;
  std::unordered_map<Place, std::vector<Location>, HashPlace> known;
  std::vector<std::string> mismatched;
};

std::uint32_t Symbols::State::binary_for(std::uint32_t module) {
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

std::vector<Location> Symbols::State::look_up(std::uint32_t module, std::uint64_t address) {
  const std::string& path = (*modules)[module].path;
  const std::string name = base_name(path);
  std::vector<Location> locations = binaries[binary_for(module)].second.resolve(address);
  if (locations.empty()) locations.push_back({.function = fmt::format("{:#x} in {}", address, name)});
  const bool runtime = is_runtime_library(name);
  for (Location& location : locations) {
    location.module = path;
    location.runtime = location.runtime || runtime;
  }
  return locations;
}

Symbols::Symbols(const std::vector<Module>& modules) : state_(std::make_unique<State>(modules)) {
  // The standard search for debug files would ask these servers when nothing is found on disk.
  unsetenv("DEBUGINFOD_URLS");
}
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

const std::vector<std::string>& Symbols::mismatched() const { return state_->mismatched; }

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace heaptape
