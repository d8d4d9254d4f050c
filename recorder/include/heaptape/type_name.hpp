// The readable name of a type as a constant of the program: "std::map<int, std::string>".
//
// Taken from the compiler's own spelling, without inline namespaces and default template arguments, so
// that gcc and clang agree on ordinary types. Computed when compiling; costs the bytes of the name.
#pragma once

#include <cstddef>
#include <string_view>

#pragma GCC visibility push(hidden)
namespace heaptape::detail {

// Longer names are cut: it also bounds what the compiler has to evaluate.
inline constexpr std::size_t kLongestTypeName = 512;

template <class T>
constexpr const char* compiler_spelling() {
  return __PRETTY_FUNCTION__;
}

// The spelling is the same for each T but for the T itself.
template <class T>
constexpr std::string_view spelled_type() {
  constexpr std::string_view known = compiler_spelling<double>();
  constexpr std::size_t before = known.find("double");
  constexpr std::size_t after = known.size() - before - 6;
  const std::string_view all = compiler_spelling<T>();
  return all.substr(before, all.size() - before - after);
}

class TypeText {
 public:
  constexpr explicit TypeText(std::string_view name) {
    const bool cut = name.size() > kLongestTypeName;
    put(name.substr(0, cut ? kLongestTypeName - 3 : name.size()));
    if (cut) put("...");
  }

  constexpr std::string_view view() const { return {letters_, size_}; }

  // `to` is no longer than `from`.
  constexpr void replace(std::string_view from, std::string_view to) {
    const TypeText old = *this;
    const std::string_view text = old.view();
    size_ = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t found = text.find(from, at);
      put(text.substr(at, found - at));
      if (found == std::string_view::npos) break;
      put(to);
      at = found + from.size();
    }
  }

  // Leaves out each template argument that begins with `opening`, such as ", std::allocator<".
  constexpr void drop_argument(std::string_view opening) {
    const TypeText old = *this;
    const std::string_view text = old.view();
    size_ = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t found = text.find(opening, at);
      put(text.substr(at, found - at));
      if (found == std::string_view::npos) break;
      at = found + opening.size();
      for (int depth = 1; depth > 0 && at < text.size(); ++at) depth += (text[at] == '<') - (text[at] == '>');
    }
  }

 private:
  constexpr void put(std::string_view part) {
    for (const char letter : part) letters_[size_++] = letter;
  }

  char letters_[kLongestTypeName] = {};
  std::size_t size_ = 0;
};

// Some compilers and options spell defaults out, others don't; both come out the same.
constexpr TypeText readable(std::string_view spelled) {
  TypeText name(spelled);
  for (const char* inline_namespace : {"__cxx11::", "__1::"}) name.replace(inline_namespace, "");
  name.replace(" >", ">");
  for (const char* defaulted : {", std::allocator<", ", std::default_delete<", ", std::char_traits<", ", std::less<",
                                ", std::hash<", ", std::equal_to<"}) {
    name.drop_argument(defaulted);
  }
  name.replace("std::basic_string<char>", "std::string");
  name.replace("std::basic_string_view<char>", "std::string_view");
  return name;
}

template <class T>
constexpr TypeText readable_type() {
  return readable(spelled_type<T>());
}

template <std::size_t Size>
struct Letters {
  char data[Size + 1] = {};
};

template <class T>
constexpr auto exact_type_name() {
  constexpr TypeText text = readable_type<T>();
  Letters<text.view().size()> letters;
  for (std::size_t at = 0; at < text.view().size(); ++at) letters.data[at] = text.view()[at];
  return letters;
}

template <class T>
inline constexpr auto type_name = exact_type_name<T>();

}  // namespace heaptape::detail
#pragma GCC visibility pop
