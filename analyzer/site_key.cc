#include "analyzer/site_key.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "format/base_name.h"

namespace heaptape {
namespace {

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

// Bytes of an operator's name whose brackets are no brackets, at the start of `rest`; 0: none.
std::size_t symbolic_operator(std::string_view rest, char before) {
  constexpr std::string_view kWord = "operator";
  if (!rest.starts_with(kWord) || is_name_char(before)) return 0;
  // Longest first.
  constexpr std::array<std::string_view, 38> kSymbols = {
      "<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=", "->", "==", "!=",
      "+=",  "-=",  "*=",  "/=",  "%=", "^=", "&=", "|=", "&&", "||", "++", "--", "<",
      ">",   "+",   "-",   "*",   "/",  "%",  "^",  "&",  "|",  "~",  "!",  "="};
  const std::string_view symbol = rest.substr(kWord.size());
  const auto known =
      std::find_if(kSymbols.begin(), kSymbols.end(), [&](std::string_view one) { return symbol.starts_with(one); });
  return known == kSymbols.end() ? 0 : kWord.size() + known->size();
}

// Bytes up to and with the bracket that closes the one at the start of `rest`; all of it where none does.
std::size_t bracketed(std::string_view rest) {
  int depth = 0;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const char c = rest[at];
    if (c == '(' || c == '<' || c == '[') ++depth;
    const bool is_arrow = c == '>' && at > 0 && rest[at - 1] == '-';
    if ((c == ')' || c == '>' || c == ']') && !is_arrow && --depth == 0) return at + 1;
  }
  return rest.size();
}

// Without what stands in brackets, and without numbers of lambdas.
std::string without_brackets(std::string_view name) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)";
  std::string plain;
  while (!name.empty()) {
    std::size_t bytes = 1;
    if (const std::size_t symbol = symbolic_operator(name, plain.empty() ? ' ' : plain.back())) {
      plain += name.substr(0, symbol);
      bytes = symbol;
    } else if (name.starts_with(kAnonymous)) {
      plain += "{anonymous}";
      bytes = kAnonymous.size();
    } else if (name[0] == '(' || name[0] == '<' || name[0] == '[') {
      bytes = bracketed(name);
    } else if (name[0] == '#') {  // "{lambda(int)#2}", "{unnamed type#1}"
      bytes = std::min(name.find_first_not_of("0123456789", 1), name.size());
    } else {
      plain += name[0];
    }
    name.remove_prefix(bytes);
  }
  return plain;
}

// Where the clone suffix begins that a compiler put behind a name (".constprop.0", ".cold"), or the version of a
// symbol.
std::size_t clone_suffix(std::string_view name) {
  constexpr std::array<std::string_view, 9> kSuffixes = {".constprop", ".isra",  ".part", ".cold",      ".lto_priv",
                                                         ".llvm",      ".clone", "@",     ".localalias"};
  std::size_t begin = name.size();
  for (const std::string_view suffix : kSuffixes) {
    const std::size_t at = name.find(suffix);
    if (at != 0) begin = std::min(begin, at);
  }
  return begin;
}

std::string_view without_rust_hash(std::string_view name) {
  constexpr std::size_t kHash = 19;  // "::h0123456789abcdef"
  if (name.size() <= kHash) return name;
  const std::string_view tail = name.substr(name.size() - kHash);
  const bool is_hash =
      tail.starts_with("::h") && tail.substr(3).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_hash ? name.substr(0, name.size() - kHash) : name;
}

std::string_view without_qualifiers(std::string_view name) {
  constexpr std::array<std::string_view, 6> kQualifiers = {" const", " volatile", " &&", " &", " noexcept", " "};
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view qualifier : kQualifiers) {
      if (!name.ends_with(qualifier) || name.size() == qualifier.size()) continue;
      name.remove_suffix(qualifier.size());
      again = true;
    }
  }
  return name;
}

// Behind the return type: the last space that is in no braces, nor in an operator's own name ("operator bool").
std::string_view without_return_type(std::string_view name) {
  constexpr std::string_view kOperator = "operator ";
  std::size_t end = name.size();
  for (std::size_t at = name.find(kOperator); at != std::string_view::npos; at = name.find(kOperator, at + 1)) {
    if (at == 0 || !is_name_char(name[at - 1])) {
      end = at;
      break;
    }
  }
  int depth = 0;
  for (std::size_t at = end; at-- > 0;) {
    if (name[at] == '}') ++depth;
    if (name[at] == '{') --depth;
    if (name[at] == ' ' && depth == 0) return name.substr(at + 1);
  }
  return name;
}

void drop_all(std::string& text, std::string_view what) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;) text.erase(at, what.size());
}

}  // namespace

std::string normalised_function(std::string_view demangled) {
  std::string plain = without_brackets(demangled.substr(0, clone_suffix(demangled)));
  drop_all(plain, "__cxx11::");
  drop_all(plain, "__1::");
  const std::string name(without_return_type(without_rust_hash(without_qualifiers(plain))));
  return name.empty() ? std::string(demangled) : name;
}

std::string normalised_module(const std::string& path) {
  const std::string name = base_name(path);
  const std::size_t version = name.find(".so.");
  return version == std::string::npos ? name : name.substr(0, version + 3);
}

bool is_nameless(std::string_view function) {
  if (!function.starts_with("0x")) return false;
  const std::size_t end = function.find_first_not_of("0123456789abcdef", 2);
  return end == std::string_view::npos || function.substr(end).starts_with(" in ");
}

}  // namespace heaptape
