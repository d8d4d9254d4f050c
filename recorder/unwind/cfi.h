// Call frame information: how a frame's caller is found, from the .eh_frame of the module that its code is in
// (DWARF 5, section 6.4).
//
// Under malloc: no lock, no allocation, no system call. The module is found by _dl_find_object.
#pragma once

#include "recorder/unwind/byte_reader.h"
#include "recorder/unwind/registers.h"

namespace heaptape::unwind {

// How one register of the caller is recovered.
struct RegisterRule {
  enum class Kind : std::uint8_t { same, undefined, at_offset, is_offset, at_expression, is_expression, in_register };
  Kind kind = Kind::same;
  std::int64_t offset = 0;               // from the CFA; or the register's number
  const unsigned char* begin = nullptr;  // of the expression
  const unsigned char* end = nullptr;
};

// One row of the table that the module's CFI stands for.
struct Row {
  bool cfa_is_expression = false;
  unsigned cfa_register = kRsp;
  std::int64_t cfa_offset = 0;
  const unsigned char* cfa_begin = nullptr;
  const unsigned char* cfa_end = nullptr;
  RegisterRule rule[kRegisters];
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
