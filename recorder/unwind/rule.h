// A rule: how to get from a frame to its caller, packed into 48 bits, and where rules are kept.
//
// Nearly all code needs one of a few shapes: CFA = rsp or rbp plus a constant, the return address just below it,
// rbp saved or not. Everything else is worked out anew from the module's CFI each time.
#pragma once

#include <atomic>
#include <cstdint>

namespace heaptape::unwind {

enum class RuleKind : std::uint8_t {
  none = 0,   // not known yet
  plain,      // the common shape
  outermost,  // the return address is undefined: _start, clone
  signal,     // the trampoline that a signal handler returns to
  row,        // the module's CFI, evaluated in full
  missing,    // no CFI for this code
};

// kind:3 | CFA from rbp:1 | CFA offset / 8:22 | rbp's place below the CFA / 8:20 (0: rbp is unchanged)
class Rule {
 public:
  constexpr Rule() noexcept = default;
  explicit constexpr Rule(std::uint64_t bits) noexcept : bits_(bits) {}
  explicit constexpr Rule(RuleKind kind) noexcept : bits_(static_cast<std::uint64_t>(kind)) {}
  static constexpr Rule plain(bool from_rbp, std::uint64_t cfa_offset, std::uint64_t rbp_below) noexcept {
    return Rule(static_cast<std::uint64_t>(RuleKind::plain) | std::uint64_t{from_rbp} << 3 | cfa_offset / 8 << 4 |
                rbp_below / 8 << 26);
  }
  static constexpr std::uint64_t kMostCfaOffset = ((std::uint64_t{1} << 22) - 1) * 8;
  static constexpr std::uint64_t kMostRbpBelow = ((std::uint64_t{1} << 20) - 1) * 8;
  static constexpr unsigned kBits = 48;

  constexpr std::uint64_t bits() const noexcept { return bits_; }
  constexpr RuleKind kind() const noexcept { return static_cast<RuleKind>(bits_ & 7); }
  constexpr bool from_rbp() const noexcept { return (bits_ >> 3 & 1) != 0; }
  constexpr std::uint64_t cfa_offset() const noexcept { return (bits_ >> 4 & 0x3f'ffff) * 8; }
  constexpr std::uint64_t rbp_below() const noexcept { return (bits_ >> 26 & 0xf'ffff) * 8; }

 private:
  std::uint64_t bits_ = 0;
};

// What the module around a look-up address says. Under malloc; about a microsecond.
Rule find_rule(std::uint64_t address) noexcept;

// Rules that any thread of the process has found: insert-only, lock-free, 2 MiB of address space.
class SharedRules {
 public:
  static constexpr std::uint32_t kEntries = 1u << 17;

  // The rule of an address in this epoch, found and inserted if need be. A full neighbourhood is not an error.
  Rule get(std::uint64_t address, std::uint32_t epoch) noexcept;

 private:
  struct Entry {
    std::atomic<std::uint64_t> key;   // of address and epoch; 0: free
    std::atomic<std::uint64_t> rule;  // 0: its maker has not come to the end
  };
  Entry entries_[kEntries];
};

}  // namespace heaptape::unwind
