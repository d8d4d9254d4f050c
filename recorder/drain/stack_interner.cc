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

std::size_t index(StackId id) { return static_cast<std::size_t>(id); }

std::size_t hash(StackId parent, std::uint64_t address) {
  std::uint64_t mixed = (address ^ std::uint64_t{static_cast<std::uint32_t>(parent)} << 40) * 0x9e3779b97f4a7c15;
  mixed = (mixed ^ mixed >> 32 ^ static_cast<std::uint32_t>(parent)) * 0xd6e8feb86659fd93;
  return mixed ^ mixed >> 32;
}

}  // namespace

StackInterner::StackInterner(TapeWriter& writer, std::string executable, std::uint64_t entry)
    : writer_(writer), executable_(std::move(executable)), entry_(entry), nodes_(1), table_(4096, kEmptyStack) {}

void StackInterner::add_module(Module module, std::uint32_t epoch) {
  module.is_executable = module.path == executable_;
  module.is_system = !module.is_executable && is_system_path(module.path);
  const auto known = std::find_if(modules_.begin(), modules_.end(), [&](const Loaded& other) {
    return other.module.begin == module.begin && other.module.end == module.end && other.module.bias == module.bias &&
           other.module.path == module.path && other.module.build_id == module.build_id;
  });
  last_.clear();  // an address may have another module from here on
  if (known != modules_.end()) {
    known->last_epoch = std::max(known->last_epoch, epoch);
    return;
  }
  writer_.define(module);
  modules_.push_back({std::move(module), epoch, epoch});
}

ModuleId StackInterner::find_module(std::uint64_t address, std::uint32_t epoch) const {
  const auto distance = [&](const Loaded& one) -> std::uint64_t {
    if (epoch < one.first_epoch) return (std::uint64_t{1} << 32) + one.first_epoch - epoch;
    return epoch <= one.last_epoch ? 0 : epoch - one.last_epoch;
  };
  auto best = modules_.end();
  for (auto one = modules_.begin(); one != modules_.end(); ++one)
    if (address >= one->module.begin && address < one->module.end &&
        (best == modules_.end() || distance(*one) <= distance(*best)))
      best = one;
  return best == modules_.end() ? kNoModule : static_cast<ModuleId>(best - modules_.begin());
}

void StackInterner::grow_table() {
  table_.assign(table_.size() * 2, kEmptyStack);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t id = 1; id < nodes_.size(); ++id) {
    std::size_t slot = hash(nodes_[id].parent, nodes_[id].address) & mask;
    while (table_[slot] != kEmptyStack) slot = (slot + 1) & mask;
    table_[slot] = static_cast<StackId>(id);
  }
}

StackId StackInterner::child_of(StackId parent, std::uint64_t address, std::uint32_t epoch, bool cut) {
  const ModuleId module = find_module(address, epoch);
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = hash(parent, address) & mask;
  for (; table_[slot] != kEmptyStack; slot = (slot + 1) & mask) {
    const Frame& node = nodes_[index(table_[slot])];
    if (node.parent == parent && node.address == address && node.module == module && node.truncated == cut)
      return table_[slot];
  }
  const bool counts = module != kNoModule && !modules_[static_cast<std::size_t>(module)].module.is_system &&
                      address - entry_ >= kStartBytes;
  const Frame node{.parent = parent,
                   .address = address,
                   .module = module,
                   .in_program = counts || nodes_[index(parent)].in_program,
                   .truncated = cut};
  const StackId id = writer_.define(node);
  nodes_.push_back(node);
  table_[slot] = id;
  if (nodes_.size() > table_.size() / 2) grow_table();
  return id;
}

StackId StackInterner::intern(std::span<const std::uint64_t> addresses, std::uint32_t epoch, bool truncated) {
  if (addresses.empty()) return kEmptyStack;
  // A walk ends in code that some module holds, or it was cut short: by JIT-compiled code, say.
  const bool cut = truncated || find_module(addresses.back(), epoch) == kNoModule;
  if (cut) ++truncated_;
  if (epoch != last_epoch_ || cut != last_truncated_) last_.clear();
  last_epoch_ = epoch;
  last_truncated_ = cut;
  std::size_t same = 0;
  while (same < last_.size() && same < addresses.size() &&
         last_[same].address == addresses[addresses.size() - 1 - same])
    ++same;
  last_.resize(same);
  StackId node = same == 0 ? kEmptyStack : last_.back().node;
  for (std::size_t depth = same; depth < addresses.size(); ++depth) {
    const std::uint64_t address = addresses[addresses.size() - 1 - depth];
    node = child_of(node, address, epoch, depth == 0 && cut);
    last_.push_back({address, node});
  }
  return node;
}

}  // namespace heaptape
