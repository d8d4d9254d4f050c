#include "recorder/unwind/step.h"

#include <cstring>

#include "recorder/unwind/cfi.h"
#include "recorder/unwind/expression.h"

namespace heaptape::unwind {
namespace {

bool read_word(StackBounds& stack, std::uint64_t address, std::uint64_t& word) noexcept {
  if (!stack.holds(address)) return false;
  std::memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
  return true;
}

Step find_cfa(const Row& row, const Registers& registers, StackBounds& stack, std::uint64_t& cfa) noexcept {
  if (row.cfa_is_expression) {
    const Evaluation done =
        evaluate({row.cfa_expression, row.cfa_expression + row.cfa_expression_bytes}, registers, stack, nullptr, cfa);
    if (done == Evaluation::unknown_register) return Step::unknown_register;
    if (done == Evaluation::failed) return Step::broken;
  } else {
    if (!registers.knows(row.cfa_register)) return Step::unknown_register;
    cfa = registers.value[row.cfa_register] + static_cast<std::uint64_t>(row.cfa_offset);
  }
  return Step::stepped;
}

// The caller's value of one register. An unknown one stays unknown, which is no error unless it is needed.
Step recover(const RegisterRule& rule, unsigned number, std::uint64_t cfa, const Registers& frame, StackBounds& stack,
             Registers& caller) noexcept {
  using Kind = RegisterRule::Kind;
  std::uint64_t word = 0;
  switch (rule.kind) {
    case Kind::same:
      return Step::stepped;
    case Kind::undefined:
      caller.forget(number);
      return Step::stepped;
    case Kind::at_offset:
      if (!read_word(stack, cfa + static_cast<std::uint64_t>(std::int64_t{rule.offset}), word)) return Step::broken;
      break;
    case Kind::is_offset:
      word = cfa + static_cast<std::uint64_t>(std::int64_t{rule.offset});
      break;
    case Kind::in_register: {
      const auto other = static_cast<unsigned>(rule.offset);
      if (!frame.knows(other)) {
        caller.forget(number);
        return Step::stepped;
      }
      word = frame.value[other];
      break;
    }
    case Kind::at_expression:
    case Kind::is_expression: {
      const Evaluation done =
          evaluate({rule.expression, rule.expression + rule.expression_bytes}, frame, stack, &cfa, word);
      if (done == Evaluation::unknown_register) return Step::unknown_register;
      if (done == Evaluation::failed) return Step::broken;
      if (rule.kind == Kind::at_expression && !read_word(stack, word, word)) return Step::broken;
      break;
    }
  }
  caller.set(number, word);
  return Step::stepped;
}

}  // namespace

Step step_by_row(Registers& registers, std::uint64_t& address, StackBounds& stack) noexcept {
  Row row;
  if (find_row(address, row) != Lookup::found) return Step::broken;
  if (row.rule_of(kReturnAddress).kind == RegisterRule::Kind::undefined) return Step::outermost;
  std::uint64_t cfa = 0;
  const Step found = find_cfa(row, registers, stack, cfa);
  if (found != Step::stepped) return found;
  if (cfa <= registers.value[kRsp] || !stack.holds(cfa - 8)) return Step::broken;
  Registers caller{.value = {}, .known = 0};
  for (const unsigned number : kPreserved)
    if (registers.knows(number)) caller.set(number, registers.value[number]);
  caller.set(kRsp, cfa);
  caller.forget(kReturnAddress);
  for (unsigned i = 0; i < kPreservedCount; ++i) {
    const Step recovered = recover(row.preserved[i], kPreserved[i], cfa, registers, stack, caller);
    if (recovered != Step::stepped) return recovered;
  }
  if (!caller.knows(kReturnAddress)) return Step::broken;
  registers = caller;
  address = caller.value[kReturnAddress] - 1;
  return caller.value[kReturnAddress] == 0 ? Step::outermost : Step::stepped;
}

Step step_out_of_signal(Registers& registers, std::uint64_t& address, StackBounds& stack) noexcept {
  // At the trampoline rsp points to the kernel's ucontext: flags, link and stack take 40 bytes, then the general
  // registers in the order of REG_R8 … REG_RIP (sys/ucontext.h).
  constexpr std::uint64_t kGeneral = 40;
  static constexpr std::uint8_t kOrder[kRegisters] = {
      8, 9, 10, 11, 12, 13, 14, 15, 5, 4, kRbp, kRbx, 1, 0, 2, kRsp, kReturnAddress};
  const std::uint64_t context = registers.value[kRsp] + kGeneral;
  if (!stack.holds(context, sizeof registers.value)) return Step::broken;
  for (unsigned i = 0; i < kRegisters; ++i) {
    std::uint64_t word;
    std::memcpy(&word, reinterpret_cast<const void*>(context + i * 8), sizeof word);
    registers.set(kOrder[i], word);
  }
  address = registers.value[kReturnAddress];
  return Step::stepped;
}

Step step_by_frame_pointer(Registers& registers, std::uint64_t& address, StackBounds& stack) noexcept {
  constexpr std::uint64_t kNoCodeBelow = 4096;
  const std::uint64_t frame = registers.value[kRbp];
  // The psABI (3.4.1) has the outermost frame marked by a frame pointer of zero: the loader's own start, for one.
  if (registers.knows(kRbp) && frame == 0) return Step::outermost;
  if (!registers.knows(kRbp) || frame % 8 != 0 || frame < registers.value[kRsp] || !stack.holds(frame, 16))
    return Step::broken;
  std::uint64_t saved = 0, caller = 0;
  read_word(stack, frame, saved);
  read_word(stack, frame + 8, caller);
  if (caller < kNoCodeBelow) return Step::broken;
  registers = {.value = {}, .known = 0};
  registers.set(kRbp, saved);
  registers.set(kRsp, frame + 16);
  registers.set(kReturnAddress, caller);
  address = caller - 1;
  return Step::stepped;
}

}  // namespace heaptape::unwind
