#include "tests/recorder/unwind/cases.h"

#include <alloca.h>
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

// HEAPTAPE_HOW: the namespace, named after how this file was compiled.
namespace HEAPTAPE_HOW {
namespace {

using heaptape::testing::Leaf;

volatile int sink;
Leaf current;

// Keeps what follows a call from being folded away, so that calls stay calls.
void after() { sink = sink + 1; }

[[gnu::noinline]] void recurse(int depth, Leaf leaf) {
  if (depth == 0) {
    leaf();
  } else {
    recurse(depth - 1, leaf);
  }
  after();
}

[[gnu::noinline]] void tail_target(Leaf leaf) {
  leaf();
  after();
}
[[gnu::noinline]] void tail_caller(Leaf leaf) { tail_target(leaf); }

[[gnu::noinline]] void with_alloca(Leaf leaf) {
  for (std::size_t bytes = 1; bytes < 5000; bytes *= 7) {
    auto* room = static_cast<char*>(alloca(bytes + static_cast<std::size_t>(sink % 2)));
    memset(room, 1, bytes);
    sink = room[bytes / 2];
    leaf();
  }
}

[[gnu::noinline]] void realigned(Leaf leaf) {
  alignas(128) volatile char room[256];
  room[7] = 1;
  leaf();
  sink = room[7];
}
[[gnu::noinline]] void realigned_with_alloca(Leaf leaf) {
  alignas(64) volatile char room[128];
  auto* more = static_cast<volatile char*>(alloca(static_cast<std::size_t>(100 + sink % 2)));
  room[7] = more[3] = 1;
  leaf();
  sink = room[7] + more[3];
}

int compare(const void* a, const void* b) {
  current();
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}
[[gnu::noinline]] void callback_from_libc(Leaf leaf) {
  current = leaf;
  int numbers[] = {3, 1, 2, 5, 4};
  qsort(numbers, 5, sizeof *numbers, compare);
  after();
}

[[gnu::noinline]] void callbacks_that_search(Leaf leaf) {
  current = leaf;
  const int numbers[] = {1, 2, 3, 4, 5, 6, 7};
  const int wanted = 6;
  sink = bsearch(&wanted, numbers, 7, sizeof *numbers, compare) != nullptr;
  void* root = nullptr;
  for (const int& number : numbers) tsearch(&number, &root, compare);
  tdestroy(root, [](void*) { after(); });
  after();
}
[[gnu::noinline]] void in_a_once(Leaf leaf) {
  current = leaf;
  pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, [] {
    current();
    after();
  });
}
[[gnu::noinline]] void in_a_threads_destructor(Leaf leaf) {
  current = leaf;
  static pthread_key_t key;
  pthread_key_create(&key, [](void*) { current(); });
  pthread_t thread;
  const auto body = [](void*) -> void* {
    pthread_setspecific(key, "x");
    return nullptr;
  };
  pthread_create(&thread, nullptr, body, nullptr);
  pthread_join(thread, nullptr);
  pthread_key_delete(key);
}

// A tree of calls made by chance: each level takes one of five kinds of frame.
[[gnu::noinline]] void by_chance(unsigned seed, int depth, Leaf leaf);
[[gnu::noinline]] long with_arguments(long a, long b, long c, long d, long e, long f, long g, unsigned seed, int depth,
                                      Leaf leaf) {
  by_chance(seed, depth, leaf);
  after();
  return a ^ b ^ c ^ d ^ e ^ f ^ g;
}
[[gnu::noinline]] void by_chance(unsigned seed, int depth, Leaf leaf) {
  if (depth == 0) return leaf();
  const unsigned next = seed * 1664525u + 1013904223u;
  switch (seed >> 29) {
    case 0: {
      alignas(64) volatile char room[200];
      room[seed % 200] = 1;
      by_chance(next, depth - 1, leaf);
      sink = room[seed % 200];
      break;
    }
    case 1: {
      auto* room = static_cast<volatile char*>(alloca(16 + seed % 900));
      room[3] = 1;
      by_chance(next, depth - 1, leaf);
      sink = room[3];
      break;
    }
    case 2:
      sink = static_cast<int>(with_arguments(1, seed, 3, 4, 5, 6, sink, next, depth - 1, leaf));
      break;
    case 3:
      try {
        by_chance(next, depth - 1, leaf);
        if (sink % 2 == 7) throw std::runtime_error("never");
      } catch (const std::exception&) {
      }
      break;
    case 4: {
      const std::string held(seed % 40, 'x');
      by_chance(next, depth - 1, leaf);
      sink = static_cast<int>(held.size());
      break;
    }
    default:
      by_chance(next, depth - 1, leaf);
  }
  after();
}
[[gnu::noinline]] void trees_by_chance(Leaf leaf) {
  for (unsigned seed = 1; seed <= 60; ++seed) by_chance(seed * 2654435761u, static_cast<int>(seed % 50), leaf);
}

[[gnu::noinline]] void throws(int depth) {
  const std::string held(100, 'x');
  if (depth == 0) throw std::runtime_error(held);
  throws(depth - 1);
  after();
}
[[gnu::noinline]] void in_a_catch(Leaf leaf) {
  try {
    throws(5);
  } catch (const std::exception& error) {
    sink = static_cast<int>(strlen(error.what()));
    leaf();
  }
  leaf();
  after();
}

struct AtExitOfScope {
  Leaf leaf;
  ~AtExitOfScope() {
    leaf();
    after();
  }
};
[[gnu::noinline]] void while_unwinding(Leaf leaf) {
  try {
    const AtExitOfScope guard{leaf};
    throws(3);
  } catch (const std::exception&) {
  }
}

void on_signal(int) {
  current();
  after();
}
void raise_with(int flags, Leaf leaf) {
  current = leaf;
  struct sigaction action = {}, before;
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  sigaction(SIGUSR1, &action, &before);
  raise(SIGUSR1);
  sigaction(SIGUSR1, &before, nullptr);
}
[[gnu::noinline]] void in_a_signal_handler(Leaf leaf) { raise_with(0, leaf); }
[[gnu::noinline]] void in_a_handler_on_its_own_stack(Leaf leaf) {
  const std::unique_ptr<char[]> room(new char[65536]);
  stack_t stack = {}, before;
  stack.ss_sp = room.get();
  stack.ss_size = 65536;
  sigaltstack(&stack, &before);
  raise_with(SA_ONSTACK, leaf);
  sigaltstack(&before, nullptr);
}

[[gnu::noinline]] void through_std_function(Leaf leaf) {
  std::function<void(int)> call = [&](int depth) {
    if (depth > 0)
      call(depth - 1);
    else
      leaf();
    after();
  };
  call(4);
}

[[gnu::noinline]] void in_a_sort(Leaf leaf) {
  std::vector<int> numbers{5, 2, 8, 1, 9};
  std::sort(numbers.begin(), numbers.end(), [&](int a, int b) {
    leaf();
    return a < b;
  });
  sink = numbers[0];
}

[[gnu::noinline]] double many_registers(double a, double b, long c, long d, long e, long f, long g, long h, Leaf leaf) {
  volatile double x = a * b;
  volatile long y = c * d + e * f + g * h;
  leaf();
  return x + static_cast<double>(y + c + d + e + f + g + h);
}
[[gnu::noinline]] void with_many_registers(Leaf leaf) {
  sink = static_cast<int>(many_registers(1, 2, 3, 4, 5, 6, 7, 8, leaf));
}

void* thread_body(void*) {
  recurse(3, current);
  return nullptr;
}
[[gnu::noinline]] void in_a_thread(Leaf leaf) {
  current = leaf;
  pthread_t thread;
  pthread_create(&thread, nullptr, thread_body, nullptr);
  pthread_join(thread, nullptr);
}

}  // namespace

std::vector<heaptape::testing::Shape> shapes() {
  return {{"recursion", [](Leaf leaf) { recurse(200, leaf); }},
          {"a tail call", tail_caller},
          {"alloca", with_alloca},
          {"a realigned stack", realigned},
          {"a realigned stack with alloca", realigned_with_alloca},
          {"a callback from libc", callback_from_libc},
          {"callbacks that search", callbacks_that_search},
          {"pthread_once", in_a_once},
          {"a thread's destructor", in_a_threads_destructor},
          {"trees of calls by chance", trees_by_chance},
          {"a catch block", in_a_catch},
          {"a destructor while unwinding", while_unwinding},
          {"a signal handler", in_a_signal_handler},
          {"a signal handler on its own stack", in_a_handler_on_its_own_stack},
          {"std::function", through_std_function},
          {"a sort", in_a_sort},
          {"many registers", with_many_registers},
          {"a thread", in_a_thread}};
}

}  // namespace HEAPTAPE_HOW
