// HEAPTAPE_TRACK(variable): the tape tells which heap blocks a variable owns, from here to the end of its scope.
//
//   std::vector<std::string> names = load();
//   HEAPTAPE_TRACK(names);     // inside a function, after the variable
//   names.push_back("Ada");
//   HEAPTAPE_RETRACK(names);   // read again what it owns
//
// Ownership is read here, at HEAPTAPE_RETRACK, at each heaptape_mark() of the same thread, and at the end of the
// scope. A reading runs through the variable as any reader does: other threads must not change it meanwhile, and
// a function that tracks must leave on the thread it came on (think of coroutines). owned.hpp lists the types that
// are understood and shows how to teach it your own.
//
// All of it is hidden: each module has its own, exports nothing of it, and can be unloaded by dlclose (which a
// template's datum that a library exports would prevent).
//
// Included by heaptape.h. Without a recorder a tracked variable costs a load, a branch and 40 bytes of stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "heaptape/api.h"
#include "heaptape/owned.hpp"
#include "heaptape/type_name.hpp"

#pragma GCC visibility push(hidden)
namespace heaptape::detail {

class Guard;
// The guards of this thread in this module, the youngest first. initial-exec: the first use in a thread must not
// make the loader allocate.
__attribute__((tls_model("initial-exec"))) inline thread_local Guard* youngest_guard = nullptr;

// The constant of one HEAPTAPE_TRACK. `place` is a lambda: compilers number those alike in each file that includes an
// inline function, as __COUNTER__ would not.
template <class T, class Place>
const heaptape_site& site_of(Place place) {
  static constexpr heaptape_site site{place().name, type_name<std::remove_cv_t<T>>.data, place().file, place().line};
  return site;
}

// Stands beside a tracked variable, and goes out of scope just before it.
class Guard {
 public:
  template <class T, class Place>
  Guard(T& variable, Place place) noexcept {
    if (const heaptape_api* api = heaptape_find_api()) {
      begin(*api, site_of<T>(place), std::addressof(variable), sizeof(T), &read_owned<T>);
    }
  }
  template <class T, class Place>
  Guard(const T&& temporary, Place place) = delete;
  ~Guard() {
    if (scope_ != 0) end();
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  void read() const noexcept {
    const heaptape_api& api = *heaptape_find_api();
    api.scope_read(scope_);
    blocks found(api, scope_);
    read_(variable_, found);
  }

  static void read_all() noexcept {
    for (const Guard* guard = youngest_guard; guard; guard = guard->older_) guard->read();
  }
  static void read_those_of(const void* variable) noexcept {
    for (const Guard* guard = youngest_guard; guard; guard = guard->older_) {
      if (guard->variable_ == variable) guard->read();
    }
  }

 private:
  using Reader = void(const void* variable, blocks& found);

  template <class T>
  static void read_owned(const void* variable, blocks& found) {
    found.visit(*static_cast<const T*>(variable));
  }

  __attribute__((noinline, cold)) void begin(const heaptape_api& api, const heaptape_site& site, const void* variable,
                                             std::size_t size, Reader* reader) noexcept {
    scope_ = api.scope_begin(&site, variable, size);
    if (scope_ == 0) return;
    variable_ = variable;
    read_ = reader;
    older_ = youngest_guard;
    if (older_) older_->younger_ = this;
    youngest_guard = this;
    read();
  }

  // Scopes may end in any order: a guard may live in a coroutine's frame.
  __attribute__((noinline, cold)) void end() noexcept {
    read();
    (younger_ ? younger_->older_ : youngest_guard) = older_;
    if (older_) older_->younger_ = younger_;
    heaptape_find_api()->scope_end(scope_);
  }

  std::uint64_t scope_ = 0;  // 0: not recorded, and the rest is not set
  const void* variable_;
  Reader* read_;
  Guard* older_;
  Guard* younger_ = nullptr;
};

}  // namespace heaptape::detail

// A named instant on the tape, shown in reports and pictures. The name is copied. Reads what the variables tracked in
// this module on this thread own, so not for signal handlers.
inline void heaptape_mark(const char* name) {
  if (const heaptape_api* api = heaptape_find_api()) {
    heaptape::detail::Guard::read_all();
    api->mark(name);
  }
}

#pragma GCC visibility pop

#define HEAPTAPE_JOIN_(a, b) a##b
#define HEAPTAPE_NAME_(prefix, number) HEAPTAPE_JOIN_(prefix, number)
#define HEAPTAPE_TRACK(variable)                                                        \
  ::heaptape::detail::Guard HEAPTAPE_NAME_(heaptape_guard_, __COUNTER__)(variable, [] { \
    return ::heaptape_site{#variable, nullptr, __FILE__, __LINE__};                     \
  })

// Reads again what a variable owns that this thread tracks in this module; for any other it does nothing.
#define HEAPTAPE_RETRACK(variable) ::heaptape::detail::Guard::read_those_of(std::addressof(variable))
