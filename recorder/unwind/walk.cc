#include "recorder/unwind/walk.h"

#include <emmintrin.h>

#include <atomic>
#include <cstring>

#include "recorder/unwind/step.h"

namespace heaptape::unwind {
namespace {

// Straight into two registers: by way of memory it would be on the critical path of every frame.
Link load(const Link& from) noexcept {
  const __m128i both = _mm_load_si128(reinterpret_cast<const __m128i*>(&from));
  return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(both)),
          static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(both, both)))};
}

void store(Link& to, std::uint64_t address, std::uint64_t rule) noexcept {
  _mm_store_si128(reinterpret_cast<__m128i*>(&to),
                  _mm_set_epi64x(static_cast<long long>(rule), static_cast<long long>(address)));
}

std::uint32_t home_of(std::uint64_t address) noexcept {
  return static_cast<std::uint32_t>(address * 0x9e3779b97f4a7c15 >> 53);
}
static_assert(kLinks == 1u << 11, "53 leaves 11 bits");

std::uint64_t word_at(std::uint64_t address) noexcept {
  std::uint64_t word;
  std::memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
  return word;
}

Step step(RuleKind kind, Registers& registers, std::uint64_t& address, StackBounds& stack,
          const StackBounds& own) noexcept {
  switch (kind) {
    case RuleKind::outermost:
      return Step::outermost;
    case RuleKind::signal: {
      const Step out = step_out_of_signal(registers, address, stack);
      stack = bounds_around(registers.value[kRsp], own);  // the handler may have run on a stack of its own
      return out;
    }
    case RuleKind::missing:
      return step_by_frame_pointer(registers, address, stack);
    default:
      return step_by_row(registers, address, stack);
  }
}

// The look-up address under which a frame is kept: a trampoline is entered by return, so its own begins at it.
std::uint64_t shown(RuleKind kind, std::uint64_t address) noexcept {
  return kind == RuleKind::signal ? address + 1 : address;
}

// A walk that keeps all registers, from this very function out through the recorder's own frames.
[[gnu::noinline]] Stack walk_with_all_registers(SharedRules& shared, std::uint32_t epoch, const StackBounds& own,
                                                const void* frame, KeptFrames kept) noexcept {
  Registers registers{.value = {}, .known = 0};
  std::uint64_t address;
  {
    std::uint64_t rbx, rbp, rsp, r12, r13, r14, r15;
    asm volatile(
        "movq %%rbx, %0\n\tmovq %%rbp, %1\n\tmovq %%rsp, %2\n\tmovq %%r12, %3\n\tmovq %%r13, %4\n\tmovq %%r14, %5\n\t"
        "movq %%r15, %6\n\tleaq (%%rip), %7"
        : "=m"(rbx), "=m"(rbp), "=m"(rsp), "=m"(r12), "=m"(r13), "=m"(r14), "=m"(r15), "=&r"(address));
    registers.set(kRbx, rbx);
    registers.set(kRbp, rbp);
    registers.set(kRsp, rsp);
    for (const auto& [number, value] :
         {std::pair{kR12, r12}, std::pair{kR12 + 1, r13}, std::pair{kR12 + 2, r14}, std::pair{kR15, r15}})
      registers.set(number, value);
  }
  StackBounds stack = bounds_around(registers.value[kRsp], own);
  const std::uint64_t outside = reinterpret_cast<std::uint64_t>(frame) + 16;
  while (kept.has_room()) {
    const bool inside = registers.value[kRsp] < outside && kept.empty();
    const RuleKind kind = shared.get(address, epoch).kind();
    if (!inside) kept.put(shown(kind, address));
    const Step done = step(kind, registers, address, stack, own);
    if (done != Step::stepped) return kept.finish(done == Step::outermost);
  }
  return kept.finish(false);
}

// The rule of an address that is not where the walk looked first. A signal handler that walks may replace entries at
// any moment, so what is answered is not read again.
[[gnu::noinline]] std::uint64_t look_up(Memory& memory, SharedRules& shared, std::uint32_t epoch, std::uint64_t address,
                                        std::uint32_t& index) noexcept {
  index = home_of(address);
  const Link link = load(memory.links[index]);
  if (link.address == address) return link.rule;
  const std::uint64_t rule = shared.get(address, epoch).bits();
  store(memory.links[index], address, rule);
  return rule;
}

}  // namespace

Stack walk(Memory& memory, SharedRules& shared, std::uint32_t epoch, const void* frame, std::uint64_t* frames,
           std::uint32_t depth, Trace& trace) noexcept {
  if (!memory.has_bounds) {
    memory.bounds = own_stack();
    memory.has_bounds = true;
  }
  if (memory.epoch != epoch) {
    std::memset(memory.links, 0, sizeof memory.links);
    memory.epoch = epoch;
  }
  const auto at = reinterpret_cast<std::uint64_t>(frame);
  std::uint64_t rbp = word_at(at), address = word_at(at + 8) - 1, rsp = at + 16;
  std::uint64_t rbp_slot = at;  // where rbp was read, until some frame was found by it
  trace.count = 0;
  trace.add(at + 8);
  StackBounds stack = bounds_around(rsp, memory.bounds);
  trace.complete = stack.foreign_limit == 0;
  std::uint32_t index = home_of(address), previous = index;
  KeptFrames kept(frames, depth);
  bool is_whole = false;
  while (kept.has_room()) {
    const Link& link = memory.links[index];
    std::uint64_t bits = 0;
    bool known = link.address == address;
    if (known) [[likely]] {
      bits = link.rule;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      known = link.address == address;  // or a handler has put another one there in between
    }
    if (!known) [[unlikely]] {
      bits = look_up(memory, shared, epoch, address, index);
      memory.successors[previous] = static_cast<std::uint16_t>(index);
    }
    previous = index;
    index = memory.successors[index];
    const Rule rule(bits);
    kept.put(shown(rule.kind(), address));
    if (rule.kind() == RuleKind::plain) [[likely]] {
      std::uint64_t cfa = rsp + rule.cfa_offset();
      if (rule.from_rbp()) {
        cfa = rbp + rule.cfa_offset();
        if (rbp_slot != 0) trace.add(rbp_slot);
        rbp_slot = 0;
      }
      // rsp < cfa <= high, in one comparison; only a foreign stack may reach further than it is known to.
      if (cfa - rsp - 1 >= stack.high - rsp && (cfa <= rsp || !stack.holds(cfa - 8))) [[unlikely]]
        break;
      if (const std::uint64_t below = rule.rbp_below(); below != 0) {
        if (below > cfa - rsp) [[unlikely]]
          break;  // a frame saves registers in itself
        rbp_slot = cfa - below;
        rbp = word_at(rbp_slot);
      }
      trace.add(cfa - 8);
      const std::uint64_t caller = word_at(cfa - 8);
      is_whole = caller == 0;
      if (is_whole) break;
      rsp = cfa;
      address = caller - 1;
    } else if (rule.kind() == RuleKind::outermost) {
      is_whole = true;
      break;
    } else {
      trace.complete = false;
      Registers registers{.value = {}, .known = 0};
      registers.set(kRsp, rsp);
      registers.set(kRbp, rbp);
      const Step done = step(rule.kind(), registers, address, stack, memory.bounds);
      if (done == Step::unknown_register)
        return walk_with_all_registers(shared, epoch, memory.bounds, frame, KeptFrames(frames, depth));
      is_whole = done == Step::outermost;
      if (done != Step::stepped) break;
      if (!registers.knows(kRbp)) registers.set(kRbp, 0);
      rsp = registers.value[kRsp];
      rbp = registers.value[kRbp];
    }
  }
  if (!is_whole) trace.complete = false;
  return kept.finish(is_whole);
}

}  // namespace heaptape::unwind
