// Which heap blocks a value owns: runs through nested owners and tells each block to the recorder.
//
// Understood: std::string and its kin, contiguous containers (vector, vector<bool>, small vectors), lists, deques,
// sets, maps and their hashed forms, stack, queue and priority_queue, C arrays and std::array, pair, tuple, optional,
// variant, unique_ptr and shared_ptr, nested in any way. Pointers, references, views and spans own nothing. A type of
// your own owns nothing until you say what, by a function beside it (a friend, if what it owns is private):
//
//   struct Index {
//     char* arena;
//     std::vector<std::string> words;
//   };
//   inline void heaptape_owned(const Index& index, heaptape::blocks& found) {
//     found.owns(index.arena);
//     found.visit(index.words);
//   }
//
// For a type of someone else's put that function into namespace heaptape. Declare it before the type is tracked.
// Of a pointer's target the static type is visited. Nothing here allocates or throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "heaptape/api.h"
#include "heaptape/type_name.hpp"

#pragma GCC visibility push(hidden)
namespace heaptape {

// Takes the blocks of one reading. Bounded: what is beyond its limits is left out, and the tape tells so.
class blocks {
 public:
  static constexpr unsigned kMostBlocks = 4096;
  static constexpr unsigned kDeepest = 128;  // owners inside owners; also ends a cycle of shared_ptr

  blocks(const heaptape_api& api, std::uint64_t scope) : api_(api), scope_(scope) {}
  ~blocks() {
    if (left_out_ != 0) api_.owns(scope_, nullptr, left_out_);
  }
  blocks(const blocks&) = delete;
  blocks& operator=(const blocks&) = delete;

  // One block, by a pointer to anywhere inside it; null and pointers off the heap count for nothing.
  // `use_count` 0: nobody else owns it.
  void owns(const void* pointer, std::size_t use_count = 0) {
    if (!pointer) return;
    if (told_ == kMostBlocks) {
      ++left_out_;
      return;
    }
    ++told_;
    api_.owns(scope_, pointer, use_count);
  }

  // All that a part of the value owns.
  template <class T>
  void visit(const T& part);

  // A block had to be left out for their number: there is no use in going on.
  bool full() const { return left_out_ != 0 && told_ == kMostBlocks; }

 private:
  const heaptape_api& api_;
  std::uint64_t scope_;
  std::size_t left_out_ = 0;
  unsigned told_ = 0;
  unsigned depth_ = 0;
};

namespace detail {

template <class T, class = void>
struct Owner {
  static constexpr bool kOwns = false;
};

template <class T, class = void>
inline constexpr bool is_taught = false;
template <class T>
inline constexpr bool
    is_taught<T, std::void_t<decltype(heaptape_owned(std::declval<const T&>(), std::declval<blocks&>()))>> = true;

// Whether a value of this type may own a block, now or ever.
template <class T>
inline constexpr bool may_own = is_taught<T> || Owner<T>::kOwns;

template <class T, class = void>
inline constexpr bool is_complete = false;
template <class T>
inline constexpr bool is_complete<T, std::void_t<decltype(sizeof(T))>> = true;

template <class T>
void visit_target(const T* target, blocks& found) {
  if constexpr (is_complete<T>) {
    if (target) found.visit(*target);
  }
}

template <class T>
void visit_elements(const T& range, blocks& found) {
  for (const auto& element : range) {
    found.visit(element);
    if (found.full()) return;
  }
}

// What an object holds within itself, as short strings do, is no block of its own.
template <class T>
void tell_unless_inside(const T& object, const void* pointer, blocks& found) {
  const auto begin = reinterpret_cast<std::uintptr_t>(std::addressof(object));
  if (reinterpret_cast<std::uintptr_t>(pointer) - begin >= sizeof(T)) found.owns(pointer);
}

template <class T>
const void* word_of(const T& object, std::size_t index) {
  static_assert(sizeof(T) >= sizeof(void*));
  const void* word = nullptr;
  std::memcpy(&word, reinterpret_cast<const char*>(std::addressof(object)) + index * sizeof word, sizeof word);
  return word;
}

template <class T, std::size_t N>
struct Owner<T[N]> {
  static constexpr bool kOwns = may_own<std::remove_cv_t<T>>;
  static void visit(const T (&array)[N], blocks& found) { visit_elements(array, found); }
};

template <class T, std::size_t N>
struct Owner<std::array<T, N>> {
  static constexpr bool kOwns = may_own<std::remove_cv_t<T>>;
  static void visit(const std::array<T, N>& array, blocks& found) { visit_elements(array, found); }
};

// A part that is a reference belongs to someone else.
template <class Part, class Value>
void visit_part(const Value& value, blocks& found) {
  if constexpr (!std::is_reference_v<Part>) found.visit(value);
}

template <class A, class B>
struct Owner<std::pair<A, B>> {
  static constexpr bool kOwns = may_own<std::remove_cv_t<A>> || may_own<std::remove_cv_t<B>>;
  static void visit(const std::pair<A, B>& pair, blocks& found) {
    visit_part<A>(pair.first, found);
    visit_part<B>(pair.second, found);
  }
};

template <class... Parts>
struct Owner<std::tuple<Parts...>> {
  static constexpr bool kOwns = (may_own<std::remove_cv_t<Parts>> || ...);
  static void visit(const std::tuple<Parts...>& tuple, blocks& found) {
    std::apply([&found](const auto&... part) { (visit_part<Parts>(part, found), ...); }, tuple);
  }
};

template <class T>
struct Owner<std::optional<T>> {
  static constexpr bool kOwns = may_own<std::remove_cv_t<T>>;
  static void visit(const std::optional<T>& optional, blocks& found) {
    if (optional) found.visit(*optional);
  }
};

template <class... Choices>
struct Owner<std::variant<Choices...>> {
  static constexpr bool kOwns = (may_own<std::remove_cv_t<Choices>> || ...);
  static void visit(const std::variant<Choices...>& variant, blocks& found) {
    if (variant.valueless_by_exception()) return;
    std::visit([&found](const auto& choice) { found.visit(choice); }, variant);
  }
};

template <class T, class Deleter>
struct Owner<std::unique_ptr<T, Deleter>> {
  static constexpr bool kOwns = true;
  static void visit(const std::unique_ptr<T, Deleter>& pointer, blocks& found) {
    if constexpr (std::is_pointer_v<typename std::unique_ptr<T, Deleter>::pointer>) {
      found.owns(pointer.get());
      if constexpr (!std::is_array_v<T>) visit_target(pointer.get(), found);
    }
  }
};

template <class T>
struct Owner<std::shared_ptr<T>> {
  static constexpr bool kOwns = true;
  static void visit(const std::shared_ptr<T>& pointer, blocks& found) {
    const auto uses = static_cast<std::size_t>(pointer.use_count());
    if (uses == 0) return;
    found.owns(pointer.get(), uses);
    // libstdc++ and libc++ lay it out as two words, the second one the control block.
    if constexpr (sizeof pointer == 2 * sizeof(void*)) found.owns(word_of(pointer, 1), uses);
    if constexpr (!std::is_array_v<T>) visit_target(pointer.get(), found);
  }
};

}  // namespace detail

template <class T>
void blocks::visit(const T& part) {
  if constexpr (detail::may_own<T>) {
    if (depth_ == kDeepest) {
      ++left_out_;
      return;
    }
    ++depth_;
    if constexpr (detail::is_taught<T>) {
      heaptape_owned(part, *this);
    } else {
      detail::Owner<T>::visit(part, *this);
    }
    --depth_;
  }
}

}  // namespace heaptape

#pragma GCC visibility pop

#include "heaptape/owned_containers.hpp"
