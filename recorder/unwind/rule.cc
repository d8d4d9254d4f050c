#include "recorder/unwind/rule.h"

#include "recorder/unwind/cfi.h"

namespace heaptape::unwind {
namespace {

constexpr std::uint32_t kProbes = 16;

bool fits(std::int64_t offset, std::uint64_t most) {
  return offset > 0 && offset % 8 == 0 && static_cast<std::uint64_t>(offset) <= most;
}

Rule pack(const Row& row) noexcept {
  using Kind = RegisterRule::Kind;
  const RegisterRule& caller = row.rule_of(kReturnAddress);
  if (caller.kind == Kind::undefined) return Rule(RuleKind::outermost);
  const RegisterRule& rbp = row.rule_of(kRbp);
  const bool simple_cfa = !row.cfa_is_expression && (row.cfa_register == kRsp || row.cfa_register == kRbp) &&
                          fits(row.cfa_offset, Rule::kMostCfaOffset);
  const bool simple_caller = caller.kind == Kind::at_offset && caller.offset == -8;
  const bool same_rbp = rbp.kind == Kind::same,
             saved_rbp = rbp.kind == Kind::at_offset && fits(-rbp.offset, Rule::kMostRbpBelow);
  if (!simple_cfa || !simple_caller || !(same_rbp || saved_rbp)) return Rule(RuleKind::row);
  return Rule::plain(row.cfa_register == kRbp, static_cast<std::uint64_t>(row.cfa_offset),
                     saved_rbp ? static_cast<std::uint64_t>(-rbp.offset) : 0);
}

}  // namespace

Rule find_rule(std::uint64_t address) noexcept {
  // A look-up address of a trampoline is its return address less one.
  if (is_signal_return(address + 1)) return Rule(RuleKind::signal);
  Row row;
  return find_row(address, row) == Lookup::found ? pack(row) : Rule(RuleKind::missing);
}

Rule SharedRules::get(std::uint64_t address, std::uint32_t epoch) noexcept {
  const std::uint64_t key = address ^ std::uint64_t{epoch} * 0xff51afd7ed558ccd;
  const std::uint64_t home = key * 0x9e3779b97f4a7c15 >> 40;
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    Entry& entry = entries_[(home + probe) % kEntries];
    std::uint64_t there = entry.key.load(std::memory_order_acquire);
    if (there == key) {
      const Rule known(entry.rule.load(std::memory_order_acquire));
      return known.kind() != RuleKind::none ? known : find_rule(address);
    }
    if (there != 0) continue;
    const Rule found = find_rule(address);
    if (entry.key.compare_exchange_strong(there, key, std::memory_order_acq_rel) || there == key)
      entry.rule.store(found.bits(), std::memory_order_release);
    return found;
  }
  return find_rule(address);
}

}  // namespace heaptape::unwind
