#include "recorder/unwind/stack_bounds.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" void* __libc_stack_end;  // ld.so's: the main thread's stack as the kernel handed it over

namespace heaptape::unwind {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kDeepestMain = std::uint64_t{1} << 32;  // where the limit is "unlimited"
// Frames of a foreign stack are followed this far: rules say exactly where the next one is, but not
// where the stack ends.
constexpr std::uint64_t kForeignWindow = 1024 * 1024;

// The kernel copies the new mask in before it looks at the rest, so a bad address and a bad request are told apart
// (and nothing is changed). No filter of system calls forbids this one.
bool is_readable(std::uint64_t address) noexcept {
  const int kept = errno;
  constexpr long kNoSuchRequest = -1;
  const bool readable = syscall(SYS_rt_sigprocmask, kNoSuchRequest, address, nullptr, 8) != 0 && errno != EFAULT;
  errno = kept;
  return readable;
}

// glibc puts a thread's control block at the upper end of its stack, and notes in it where the whole
// block begins and how large it is: two words that no other pair in it looks like.
bool find_in_control_block(StackBounds& bounds) noexcept {
  const auto block = reinterpret_cast<std::uint64_t>(pthread_self());
  for (std::uint64_t offset = 0x200; offset < 0x800; offset += 8) {
    std::uint64_t words[2];
    memcpy(words, reinterpret_cast<const void*>(block + offset), sizeof words);
    const std::uint64_t begin = words[0], bytes = words[1];
    if (begin == 0 || begin % 16 != 0 || begin >= block || bytes < 4 * kPage || bytes > std::uint64_t{1} << 46)
      continue;
    const std::uint64_t end = begin + bytes;
    if (end <= block || end - block > 64 * 1024) continue;
    bounds = {begin, block, 0};
    return true;
  }
  return false;
}

}  // namespace

StackBounds own_stack() noexcept {
  StackBounds bounds;
  if (find_in_control_block(bounds)) return bounds;
  // Every frame lies below it. A little more is mapped for certain: argc, the ends of argv and environ, an auxv entry.
  const auto high = reinterpret_cast<std::uint64_t>(__libc_stack_end) + 32;
  rlimit limit;
  const bool limited = getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < kDeepestMain;
  const std::uint64_t deepest = limited ? limit.rlim_cur : kDeepestMain;
  return {high > deepest ? high - deepest : 0, high, 0};
}

bool StackBounds::extend(std::uint64_t address, std::uint64_t bytes) noexcept {
  if (address >= foreign_limit || foreign_limit - address < bytes) return false;
  for (; high < address + bytes; high += kPage)
    if (!is_readable(high)) return false;
  return true;
}

StackBounds foreign_stack(std::uint64_t stack_pointer) noexcept {
  const std::uint64_t page_end = (stack_pointer | (kPage - 1)) + 1;
  return {stack_pointer, page_end, page_end + kForeignWindow};
}

}  // namespace heaptape::unwind
