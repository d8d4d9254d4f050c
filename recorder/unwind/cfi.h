// Call frame information: how a frame's caller is found, from the .eh_frame of the module that its code is in
// (DWARF 5, section 6.4).
//
// Under malloc: no lock, no allocation, no system call. The module is found by _dl_find_object.
#pragma once

#include "recorder/unwind/byte_reader.h"
#include "recorder/unwind/registers.h"

namespace heaptape::unwind {

// How one register of the caller is recovered. 16 bytes: hooks run on the small stacks of signal handlers.
struct RegisterRule {
  enum class Kind : std::uint8_t { same, undefined, at_offset, is_offset, at_expression, is_expression, in_register };
  Kind kind = Kind::same;
  std::uint16_t expression_bytes = 0;
  std::int32_t offset = 0;  // from the CFA; or the register's number
  const unsigned char* expression = nullptr;
};

// The registers that a callee preserves, and the return address: what a caller's frame can be told from.
inline constexpr unsigned kPreserved[] = {kRbx, kRbp, kRsp, kR12, kR12 + 1, kR12 + 2, kR15, kReturnAddress};
inline constexpr unsigned kPreservedCount = sizeof kPreserved / sizeof *kPreserved;

// One row of the table that the module's CFI stands for.
struct Row {
  bool cfa_is_expression = false;
  std::uint16_t cfa_expression_bytes = 0;
  std::uint16_t cfa_register = kRsp;
  std::int64_t cfa_offset = 0;
  const unsigned char* cfa_expression = nullptr;
  RegisterRule preserved[kPreservedCount];

  // Null for a register that no rule is kept of.
  RegisterRule* rule(unsigned number) noexcept {
    for (unsigned i = 0; i < kPreservedCount; ++i)
      if (kPreserved[i] == number) return &preserved[i];
    return nullptr;
  }
  const RegisterRule& rule_of(unsigned preserved_number) const noexcept {
    return *const_cast<Row*>(this)->rule(preserved_number);
  }
};

enum class Lookup {
  found,
  no_module,  // no module holds the address: JIT-compiled code, or garbage
  no_row,     // the module says nothing of this address, or not in a form that is understood
};

// The row for the instruction at `address`, a look-up address.
Lookup find_row(std::uint64_t address, Row& row) noexcept;

// Whether the code at `address` is the trampoline that signal handlers return to.
bool is_signal_return(std::uint64_t address) noexcept;

}  // namespace heaptape::unwind
