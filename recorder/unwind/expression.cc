#include "recorder/unwind/expression.h"

#include <dwarf.h>

namespace heaptape::unwind {
namespace {

class Machine {
 public:
  explicit Machine(StackBounds& stack) : stack_(stack) {}

  void push(std::uint64_t word) noexcept {
    if (depth_ == kDeepest) {
      failed_ = true;
      return;
    }
    words_[depth_++] = word;
  }
  std::uint64_t pop() noexcept {
    if (depth_ == 0) {
      failed_ = true;
      return 0;
    }
    return words_[--depth_];
  }
  std::uint64_t peek(std::uint64_t from_top) noexcept {
    if (from_top >= depth_) {
      failed_ = true;
      return 0;
    }
    return words_[depth_ - 1 - from_top];
  }
  void dereference() noexcept {
    const std::uint64_t address = pop();
    if (!stack_.holds(address)) {
      failed_ = true;
      return;
    }
    std::uint64_t word;
    std::memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
    push(word);
  }
  bool failed() const noexcept { return failed_; }

 private:
  static constexpr unsigned kDeepest = 16;
  StackBounds& stack_;
  std::uint64_t words_[kDeepest];
  unsigned depth_ = 0;
  bool failed_ = false;
};

// Operators on the two topmost words. False: not one of them.
bool binary(std::uint8_t operation, Machine& machine) noexcept {
  const auto apply = [&](auto function) {
    const std::uint64_t right = machine.pop(), left = machine.pop();
    machine.push(static_cast<std::uint64_t>(function(left, right)));
    return true;
  };
  const auto is_less = [](std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
  };
  switch (operation) {
    case DW_OP_and:
      return apply([](auto a, auto b) { return a & b; });
    case DW_OP_or:
      return apply([](auto a, auto b) { return a | b; });
    case DW_OP_xor:
      return apply([](auto a, auto b) { return a ^ b; });
    case DW_OP_plus:
      return apply([](auto a, auto b) { return a + b; });
    case DW_OP_minus:
      return apply([](auto a, auto b) { return a - b; });
    case DW_OP_mul:
      return apply([](auto a, auto b) { return a * b; });
    case DW_OP_shl:
      return apply([](auto a, auto b) { return b < 64 ? a << b : 0; });
    case DW_OP_shr:
      return apply([](auto a, auto b) { return b < 64 ? a >> b : 0; });
    case DW_OP_eq:
      return apply([](auto a, auto b) { return a == b; });
    case DW_OP_ne:
      return apply([](auto a, auto b) { return a != b; });
    case DW_OP_lt:
      return apply(is_less);
    case DW_OP_gt:
      return apply([&](auto a, auto b) { return is_less(b, a); });
    case DW_OP_ge:
      return apply([&](auto a, auto b) { return !is_less(a, b); });
    case DW_OP_le:
      return apply([&](auto a, auto b) { return !is_less(b, a); });
    default:
      return false;
  }
}

// Constants and operators on the topmost word. False: not one of them.
bool unary(std::uint8_t operation, ByteReader& code, Machine& machine) noexcept {
  if (operation >= DW_OP_lit0 && operation <= DW_OP_lit31) {
    machine.push(operation - DW_OP_lit0);
    return true;
  }
  switch (operation) {
    case DW_OP_addr:
    case DW_OP_const8u:
    case DW_OP_const8s:
      machine.push(code.fixed<std::uint64_t>());
      return true;
    case DW_OP_const1u:
      machine.push(code.fixed<std::uint8_t>());
      return true;
    case DW_OP_const1s:
      machine.push(static_cast<std::uint64_t>(std::int64_t{code.fixed<std::int8_t>()}));
      return true;
    case DW_OP_const2u:
      machine.push(code.fixed<std::uint16_t>());
      return true;
    case DW_OP_const2s:
      machine.push(static_cast<std::uint64_t>(std::int64_t{code.fixed<std::int16_t>()}));
      return true;
    case DW_OP_const4u:
      machine.push(code.fixed<std::uint32_t>());
      return true;
    case DW_OP_const4s:
      machine.push(static_cast<std::uint64_t>(std::int64_t{code.fixed<std::int32_t>()}));
      return true;
    case DW_OP_constu:
      machine.push(code.uleb());
      return true;
    case DW_OP_consts:
      machine.push(static_cast<std::uint64_t>(code.sleb()));
      return true;
    case DW_OP_plus_uconst:
      machine.push(machine.pop() + code.uleb());
      return true;
    case DW_OP_neg:
      machine.push(0 - machine.pop());
      return true;
    case DW_OP_not:
      machine.push(~machine.pop());
      return true;
    case DW_OP_deref:
      machine.dereference();
      return true;
    case DW_OP_dup:
      machine.push(machine.peek(0));
      return true;
    case DW_OP_over:
      machine.push(machine.peek(1));
      return true;
    case DW_OP_pick:
      machine.push(machine.peek(code.fixed<std::uint8_t>()));
      return true;
    case DW_OP_drop:
      machine.pop();
      return true;
    case DW_OP_nop:
      return true;
    default:
      return false;
  }
}

}  // namespace

Evaluation evaluate(ByteReader expression, const Registers& registers, StackBounds& stack, const std::uint64_t* pushed,
                    std::uint64_t& result) noexcept {
  Machine machine(stack);
  if (pushed != nullptr) machine.push(*pushed);
  while (!expression.done() && !machine.failed()) {
    const auto operation = expression.fixed<std::uint8_t>();
    const bool indexed = operation >= DW_OP_breg0 && operation <= DW_OP_breg31;
    if (indexed || operation == DW_OP_bregx) {
      const auto number = indexed ? unsigned{operation} - DW_OP_breg0 : static_cast<unsigned>(expression.uleb());
      const auto offset = static_cast<std::uint64_t>(expression.sleb());
      if (!registers.knows(number)) return Evaluation::unknown_register;
      machine.push(registers.value[number] + offset);
    } else if (!binary(operation, machine) && !unary(operation, expression, machine)) {
      return Evaluation::failed;
    }
  }
  result = machine.pop();
  return machine.failed() || expression.failed() ? Evaluation::failed : Evaluation::done;
}

}  // namespace heaptape::unwind
