#include "analyzer/run_figures.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "analyzer/caveats.h"
#include "analyzer/site_key.h"

namespace heaptape {
namespace {

bool cost_anything(const Costs& costs) {
  return costs.count != 0 || costs.leaked_blocks != 0 || costs.peak_blocks != 0 || costs.allocated != 0;
}

const char* const kExecutable = "*";

}  // namespace

RunFigures::RunFigures(const TapeReader& tape, const Membership& membership, Symbols& symbols, std::uint64_t until)
    : tape_(&tape), symbols_(&symbols), sites_(tape, symbols) {
  take(measure_until(tape, membership, sites_, until));
}

RunFigures::RunFigures(const TapeReader& tape, const Selection& selection, Symbols& symbols, std::vector<Pass*> beside)
    : tape_(&tape), symbols_(&symbols), sites_(tape, symbols) {
  take(measure(tape, selection, sites_, std::move(beside)));
}

void RunFigures::take(Measured measured) {
  totals_ = measured.totals;
  margins_ = measured.margins;
  stacks_ = std::move(measured.stacks);
  unread_ = std::move(measured.unread);
  residues_ = std::move(measured.residue);
  for (const Costs& costs : residues_) residue_ += costs.leaked;
}

Costs RunFigures::costs() const {
  Costs sum;
  for (const Costs& costs : stacks_) sum += costs;
  return sum;
}

std::vector<Caveat> RunFigures::caveats() const { return caveats_of(*tape_, unread_, *symbols_); }

std::string RunFigures::module_key(const std::string& path) const {
  const std::vector<Module>& modules = tape_->modules();
  const bool is_executable = std::any_of(modules.begin(), modules.end(), [&](const Module& module) {
    return module.is_executable && module.path == path;
  });
  return is_executable ? kExecutable : normalised_module(path);
}

void RunFigures::note_builds(Builds& builds) const {
  for (const Module& module : tape_->modules()) {
    const auto [known, is_new] = builds.try_emplace(module_key(module.path), module.build_id);
    if (!is_new && known->second != module.build_id) known->second.clear();
  }
}

std::vector<RunSite> RunFigures::sites(const Builds& builds) {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, std::size_t> known;
  std::map<std::string, std::string> keys;  // of modules, by path
  std::vector<RunSite> sites;
  for (std::size_t i = 0; i < stacks_.size(); ++i) {
    if (!cost_anything(stacks_[i])) continue;
    const auto stack = static_cast<StackId>(i);
    Location place = sites_[sites_.of(stack)].place;
    const auto [key, is_new_module] = keys.try_emplace(place.module);
    if (is_new_module && !place.module.empty()) key->second = module_key(place.module);
    const std::string& module = key->second;
    if (is_nameless(place.function)) {
      const auto build = builds.find(module);
      const bool same_build = build != builds.end() && !build->second.empty();
      if (!same_build) place.function = module.empty() ? "(no module)" : "(no symbol)";
    }
    const std::string file = base_name(place.file);
    const auto [found, is_new] = known.try_emplace(Key{place.function, module, file}, sites.size());
    if (is_new) sites.push_back({place, module, file, {}, {}});
    RunSite& site = sites[found->second];
    if (site.place.line != place.line) site.place.line = 0;
    site.costs += stacks_[i];
    site.stacks.push_back(stack);
  }
  return sites;
}

std::vector<std::uint64_t> RunFigures::paths(const RunSite& site) {
  std::vector<std::uint64_t> paths;
  paths.reserve(site.stacks.size());
  for (const StackId stack : site.stacks) {
    std::uint64_t hash = 0;
    for (const Location& frame : sites_.frames(stack)) {
      if (frame.runtime) continue;  // containers grow by other steps in another library
      const std::uint64_t name = std::hash<std::string>{}(normalised_function(frame.function));
      hash = (hash ^ name) * 0x9e37'79b9'7f4a'7c15u;
      hash ^= hash >> 29;
    }
    paths.push_back(hash);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace heaptape
