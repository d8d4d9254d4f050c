#include "recorder/guest/operator_entries.h"

// clang-format off
#define HEAPTAPE_OPERATORS(each)                  \
  each(0, "_Znwm")                                \
  each(1, "_Znam")                                \
  each(2, "_ZnwmRKSt9nothrow_t")                  \
  each(3, "_ZnamRKSt9nothrow_t")                  \
  each(4, "_ZnwmSt11align_val_t")                 \
  each(5, "_ZnamSt11align_val_t")                 \
  each(6, "_ZnwmSt11align_val_tRKSt9nothrow_t")   \
  each(7, "_ZnamSt11align_val_tRKSt9nothrow_t")   \
  each(8, "_ZdlPv")                               \
  each(9, "_ZdaPv")                               \
  each(10, "_ZdlPvRKSt9nothrow_t")                \
  each(11, "_ZdaPvRKSt9nothrow_t")                \
  each(12, "_ZdlPvm")                             \
  each(13, "_ZdaPvm")                             \
  each(14, "_ZdlPvSt11align_val_t")               \
  each(15, "_ZdaPvSt11align_val_t")               \
  each(16, "_ZdlPvSt11align_val_tRKSt9nothrow_t") \
  each(17, "_ZdaPvSt11align_val_tRKSt9nothrow_t") \
  each(18, "_ZdlPvmSt11align_val_t")              \
  each(19, "_ZdaPvmSt11align_val_t")
// clang-format on

namespace heaptape::guest {

#define HEAPTAPE_NAME(index, name) name,
const char* const kOperatorNames[kOperators] = {HEAPTAPE_OPERATORS(HEAPTAPE_NAME)};

}  // namespace heaptape::guest

// A jump, not a call: the operator behind it sees its caller's frame as if we were not there. r11 is free for a
// function's use before its first instruction, as in a PLT.
#define HEAPTAPE_ENTRY(index, name)                                                                        \
  ".globl " name "\n.type " name ", @function\n.balign 16\n" name                                          \
  ":\n\t.cfi_startproc\n\t"                                                                                \
  "endbr64\n\tjmpq *heaptape_operator_targets+8*" #index "(%rip)\n\t.cfi_endproc\n.size " name ", .-" name \
  "\n"                                                                                                     \
  "heaptape_first_" #index ":\n\t.cfi_startproc\n\tmovl $" #index ", %r11d\n\tjmp heaptape_first\n\t.cfi_endproc\n"
#define HEAPTAPE_TARGET(index, name) "\t.quad heaptape_first_" #index "\n"

asm(".text\n" HEAPTAPE_OPERATORS(HEAPTAPE_ENTRY)
    // The arguments, two of which could be a size and an alignment, outlive the look-up.
    "heaptape_first:\n\t.cfi_startproc\n\t"
    "pushq %rdi\n\t.cfi_adjust_cfa_offset 8\n\tpushq %rsi\n\t.cfi_adjust_cfa_offset 8\n\t"
    "pushq %rdx\n\t.cfi_adjust_cfa_offset 8\n\t"
    "movl %r11d, %edi\n\tcall heaptape_first_operator\n\t"
    "popq %rdx\n\t.cfi_adjust_cfa_offset -8\n\tpopq %rsi\n\t.cfi_adjust_cfa_offset -8\n\t"
    "popq %rdi\n\t.cfi_adjust_cfa_offset -8\n\t"
    "jmpq *%rax\n\t.cfi_endproc\n"
    ".section .data.rel.local, \"aw\"\n.balign 64\n.globl heaptape_operator_targets\n"
    ".hidden heaptape_operator_targets\n.type heaptape_operator_targets, @object\n"
    "heaptape_operator_targets:\n" HEAPTAPE_OPERATORS(
        HEAPTAPE_TARGET) ".size heaptape_operator_targets, .-heaptape_operator_targets\n.text\n");
