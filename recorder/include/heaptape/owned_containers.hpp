// The part of owned.hpp on containers. They are told by what they can do, not by name, so that containers of other
// libraries count too: an `allocator_type`, and elements that lie in memory.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "heaptape/owned.hpp"

#pragma GCC visibility push(hidden)
namespace heaptape::detail {

template <class T>
using Iterator = decltype(std::begin(std::declval<const T&>()));

template <class T, class = void>
inline constexpr bool is_contiguous = false;
template <class T>
inline constexpr bool
    is_contiguous<T, std::enable_if_t<std::is_pointer_v<decltype(std::declval<const T&>().data())> &&
                                      std::is_integral_v<decltype(std::declval<const T&>().capacity())>>> = true;

template <class T, class = void>
inline constexpr bool is_bits = false;  // std::vector<bool>
template <class T>
inline constexpr bool is_bits<T, std::enable_if_t<!std::is_reference_v<decltype(*std::declval<Iterator<T>>())>,
                                                  std::void_t<decltype(std::declval<T&>().flip())>>> = true;

// A type that is its own element (a JSON value, say) would be visited for ever.
template <class T, class = void>
inline constexpr bool is_container = false;
template <class T>
inline constexpr bool is_container<T, std::void_t<typename T::allocator_type, typename T::value_type, Iterator<T>>> =
    !std::is_same_v<typename T::value_type, T> &&
    (is_bits<T> || std::is_reference_v<decltype(*std::declval<Iterator<T>>())>);

template <class T, class = void>
inline constexpr bool has_chunks = false;  // libstdc++'s deque; its iterators know the table of chunks
template <class T>
inline constexpr bool has_chunks<
    T, std::void_t<decltype(**std::declval<Iterator<T>>()._M_node), decltype(std::declval<Iterator<T>>()._M_first)>> =
    true;

template <class T>
constexpr bool is_stateless() {
  return std::is_empty_v<T> && !std::is_final_v<T>;
}

// Both standard libraries keep the table of buckets in the first word, if nothing with a state is kept before it.
template <class T>
constexpr bool begins_with_buckets() {
  constexpr TypeText name = readable_type<T>();
  if constexpr (name.view().substr(0, 15) == "std::unordered_") {
    return is_stateless<typename T::hasher>() && is_stateless<typename T::key_equal>() &&
           is_stateless<typename T::allocator_type>();
  } else {
    return false;
  }
}

template <class T>
void visit_bits(const T& bits, blocks& found) {
  if (bits.capacity() == 0) return;
  if constexpr (is_stateless<typename T::allocator_type>()) found.owns(word_of(bits, 0));
}

template <class T>
void visit_chunks(const T& deque, blocks& found) {
  const auto last = std::end(deque)._M_node;
  auto chunk = std::begin(deque)._M_node;
  found.owns(chunk);
  for (; chunk <= last && !found.full(); ++chunk) found.owns(*chunk);
}

// Any other container: an element lies inside the block of its node or chunk. Elements that follow each other
// without a gap share one.
template <class T>
void visit_nodes(const T& container, blocks& found) {
  const typename T::value_type* expected = nullptr;
  for (const typename T::value_type& element : container) {
    if (std::addressof(element) != expected) tell_unless_inside(container, std::addressof(element), found);
    if (found.full()) return;
    expected = std::addressof(element) + 1;
  }
}

template <class T>
struct Owner<T, std::enable_if_t<is_container<T>>> {
  static constexpr bool kOwns = true;
  static void visit(const T& container, blocks& found) {
    using Value = typename T::value_type;
    if constexpr (is_bits<T>) {
      visit_bits(container, found);
    } else if constexpr (is_contiguous<T>) {
      if (container.capacity() != 0) tell_unless_inside(container, container.data(), found);
    } else if constexpr (has_chunks<T>) {
      visit_chunks(container, found);
    } else {
      if constexpr (begins_with_buckets<T>()) tell_unless_inside(container, word_of(container, 0), found);
      visit_nodes(container, found);
    }
    if constexpr (may_own<Value>) visit_elements(container, found);
  }
};

// std::stack, queue and priority_queue keep their container in a protected member.
template <class T, class = void>
inline constexpr bool is_adapter = false;
template <class T>
inline constexpr bool
    is_adapter<T, std::void_t<typename T::container_type, decltype(std::declval<const T&>().empty())>> =
        !is_container<T> && is_container<typename T::container_type>;

template <class T>
struct Owner<T, std::enable_if_t<is_adapter<T>>> {
  static constexpr bool kOwns = true;
  static void visit(const T& adapter, blocks& found) { found.visit(adapter.*Inside::container()); }

 private:
  struct Inside : T {
    static constexpr auto container() { return &Inside::c; }
  };
};

}  // namespace heaptape::detail
#pragma GCC visibility pop
