#include "recorder/drain/stack_interner.h"

#include <algorithm>
#include <cstdint>

#include "format/system_path.h"
#include "recorder/mapping.h"

namespace heaptape {
namespace {

// _start's only call returns within its first bytes on every architecture that libc runs on.
constexpr std::uint64_t kStartBytes = 64;

std::size_t index(StackId id) { return static_cast<std::size_t>(id); }

std::uint64_t hash_of(std::uint64_t outer, std::uint64_t address) {
  const std::uint64_t mixed = (outer ^ address) * 0x9e3779b97f4a7c15;
  return (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93;
}

std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

StackInterner::StackInterner(TapeWriter& writer, std::string executable, std::uint64_t entry)
    : writer_(writer),
      executable_(std::move(executable)),
      entry_(entry),
      nodes_(1),
      hashes_(1),
      table_(4096, Entry{0, kEmptyStack}) {}

ModuleId StackInterner::add_module(Module module, std::uint32_t epoch) {
  module.is_executable = module.path == executable_;
  module.is_system = !module.is_executable && is_system_path(module.path);
  const auto known = std::find_if(modules_.begin(), modules_.end(), [&](const Loaded& other) {
    return other.module.begin == module.begin && other.module.end == module.end && other.module.bias == module.bias &&
           other.module.path == module.path && other.module.build_id == module.build_id;
  });
  last_.clear();  // an address may have another module from here on
  last_module_ = SIZE_MAX;
  if (known != modules_.end()) {
    known->last_epoch = std::max(known->last_epoch, epoch);
    return static_cast<ModuleId>(known - modules_.begin());
  }
  const ModuleId id = writer_.define(module);
  modules_.push_back({std::move(module), epoch, epoch});
  return id;
}

void StackInterner::resume(const Definitions& known,
                           const std::map<ModuleId, std::pair<std::uint32_t, std::uint32_t>>& epochs) {
  for (const Module& module : known.modules.items()) {
    const auto seen = epochs.find(static_cast<ModuleId>(modules_.size()));
    const auto [first, last] = seen == epochs.end() ? std::pair{0u, 0u} : seen->second;
    modules_.push_back({module, first, last});
  }
  nodes_ = known.frames.items();
  hashes_.resize(nodes_.size());
  for (std::size_t id = 1; id < nodes_.size(); ++id)
    hashes_[id] = hash_of(hashes_[index(nodes_[id].parent)], nodes_[id].address);
  while (nodes_.size() > table_.size() / 4) table_.resize(table_.size() * 2);
  grow_table();
}

ModuleId StackInterner::find_module(std::uint64_t address, std::uint32_t epoch) {
  const auto distance = [&](const Loaded& one) -> std::uint64_t {
    if (epoch < one.first_epoch) return (std::uint64_t{1} << 32) + one.first_epoch - epoch;
    return epoch <= one.last_epoch ? 0 : epoch - one.last_epoch;
  };
  const auto holds = [&](const Loaded& one) { return address >= one.module.begin && address < one.module.end; };
  if (last_module_ < modules_.size() && holds(modules_[last_module_]) && distance(modules_[last_module_]) == 0)
    return static_cast<ModuleId>(last_module_);
  auto best = modules_.end();
  for (auto one = modules_.begin(); one != modules_.end(); ++one)
    if (holds(*one) && (best == modules_.end() || distance(*one) <= distance(*best))) best = one;
  if (best == modules_.end()) return kNoModule;
  last_module_ = static_cast<std::size_t>(best - modules_.begin());
  return static_cast<ModuleId>(last_module_);
}

void StackInterner::grow_table() {
  table_.assign(table_.size() * 2, Entry{0, kEmptyStack});
  for (std::size_t id = 1; id < nodes_.size(); ++id) {
    Entry* entry = first_entry(hashes_[id]);
    while (entry->node != kEmptyStack) entry = next_entry(entry);
    *entry = {tag_of(hashes_[id]), static_cast<StackId>(id)};
  }
}

StackId StackInterner::child_of(StackId parent, const Step& step, std::uint32_t epoch, bool truncated) {
  const ModuleId module = find_module(step.address, epoch);
  Entry* entry = first_entry(step.hash);
  for (; entry->node != kEmptyStack; entry = next_entry(entry)) {
    if (entry->tag != tag_of(step.hash)) continue;
    const Frame& node = nodes_[index(entry->node)];
    if (node.parent == parent && node.address == step.address && node.module == module && node.truncated == truncated &&
        node.gap == step.gap)
      return entry->node;
  }
  const bool counts = module != kNoModule && !modules_[static_cast<std::size_t>(module)].module.is_system &&
                      step.address - entry_ >= kStartBytes;
  const Frame node{.parent = parent,
                   .address = step.address,
                   .module = module,
                   .in_program = counts || nodes_[index(parent)].in_program,
                   .truncated = truncated,
                   .gap = step.gap};
  const StackId id = writer_.define(node);
  nodes_.push_back(node);
  hashes_.push_back(step.hash);
  *entry = {tag_of(step.hash), id};
  if (nodes_.size() > table_.size() / 2) grow_table();
  return id;
}

StackId StackInterner::intern(std::span<const std::uint64_t> addresses, std::uint32_t epoch, std::uint64_t cut) {
  if (addresses.empty() || nodes_.size() + addresses.size() > kMostNodes) return kEmptyStack;
  // A walk ends in code that some module holds, or it was cut short: by JIT-compiled code, say.
  const bool truncated = is_truncated(cut) || find_module(addresses.back(), epoch) == kNoModule;
  const std::size_t depth = addresses.size();
  const std::size_t gap = gap_of(cut) < depth ? depth - gap_of(cut) : depth;
  if (truncated || gap != depth) ++truncated_;
  if (epoch != last_epoch_ || truncated != last_truncated_) last_.clear();
  last_epoch_ = epoch;
  last_truncated_ = truncated;
  std::size_t same = 0;
  while (same < last_.size() && same < depth && last_[same].address == addresses[depth - 1 - same] &&
         last_[same].gap == (same == gap))
    ++same;
  last_.resize(depth);
  // All places are known before the first is visited: they are fetched side by side.
  for (std::size_t i = same; i < depth; ++i) {
    const std::uint64_t address = addresses[depth - 1 - i];
    last_[i] = {address, hash_of(i == 0 ? 0 : last_[i - 1].hash, address), kEmptyStack, i == gap};
    __builtin_prefetch(first_entry(last_[i].hash), 1);
  }
  for (std::size_t i = same; i < depth; ++i)
    last_[i].node = child_of(i == 0 ? kEmptyStack : last_[i - 1].node, last_[i], epoch, i == 0 && truncated);
  return last_.back().node;
}

}  // namespace heaptape
