#include "recorder/drain/stack_interner.h"

#include <algorithm>
#include <string_view>

namespace heaptape {
namespace {

// _start's only call returns within its first bytes on every architecture that libc runs on.
constexpr std::uint64_t kStartBytes = 64;

bool is_system_path(std::string_view path) {
  if (path.find('/') == std::string_view::npos) return true;  // the vdso has no path
  for (const std::string_view folder : {"/lib/", "/lib32/", "/lib64/", "/usr/lib/", "/usr/lib32/", "/usr/lib64/"})
    if (path.substr(0, folder.size()) == folder) return true;
  return false;
}

}  // namespace

std::size_t StackInterner::Hash::operator()(const Edge& edge) const {
  std::uint64_t hash = edge.address * 0x9e3779b97f4a7c15 + static_cast<std::uint32_t>(edge.parent);
  hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93 + static_cast<std::uint32_t>(edge.module);
  return hash ^ hash >> 29;
}

void StackInterner::add_module(Module module, std::uint32_t epoch) {
  module.is_executable = module.path == executable_;
  module.is_system = !module.is_executable && is_system_path(module.path);
  const auto same = [&](const Module& other) {
    return other.begin == module.begin && other.end == module.end && other.bias == module.bias &&
           other.path == module.path && other.build_id == module.build_id;
  };
  const auto known = std::find_if(modules_.begin(), modules_.end(), same);
  const auto id = static_cast<ModuleId>(known - modules_.begin());
  if (known == modules_.end()) {
    writer_.define(module);
    modules_.push_back(module);
  }
  loaded_.push_back({module.begin, module.end, epoch, id, !module.is_system});
}

// The module that was noted at this epoch or, failing that, at the nearest one before or after.
const StackInterner::Loaded* StackInterner::find_module(std::uint64_t address, std::uint32_t epoch) const {
  const Loaded* best = nullptr;
  const auto distance = [&](const Loaded& one) {
    return one.epoch <= epoch ? std::uint64_t{epoch - one.epoch} : (std::uint64_t{1} << 32) + one.epoch;
  };
  for (const Loaded& one : loaded_)
    if (address >= one.begin && address < one.end && (best == nullptr || distance(one) <= distance(*best))) best = &one;
  return best;
}

StackId StackInterner::intern(std::span<const std::uint64_t> addresses, std::uint32_t epoch, bool truncated) {
  Node node{kEmptyStack, false};
  for (auto it = addresses.rbegin(); it != addresses.rend(); ++it) {
    const Loaded* module = find_module(*it, epoch);
    const bool counts = module != nullptr && module->counts && *it - entry_ >= kStartBytes;
    // A walk ends in code that some module holds, or it was cut short: by JIT-compiled code, say.
    const bool cut = it == addresses.rbegin() && (truncated || module == nullptr);
    if (cut) ++truncated_;
    const Edge edge{node.id, *it, module == nullptr ? kNoModule : module->id, cut};
    const auto [entry, fresh] = nodes_.try_emplace(edge);
    if (fresh) {
      const bool in_program = node.in_program || counts;
      entry->second = {writer_.define(Frame{.parent = edge.parent,
                                            .address = edge.address,
                                            .module = edge.module,
                                            .in_program = in_program,
                                            .truncated = edge.truncated}),
                       in_program};
    }
    node = entry->second;
  }
  return node.id;
}

}  // namespace heaptape
