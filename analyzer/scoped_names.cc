#include "analyzer/scoped_names.h"

#include <dwarf.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace heaptape {
namespace {

constexpr int kDeepestScope = 256;  // hand-made DWARF may nest without end

bool is_scope(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
         tag == DW_TAG_union_type || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block;
}

// As the demangler writes it.
std::string scope_name(Dwarf_Die& die) {
  constexpr std::string_view kLambda = "<lambda";
  const char* text = dwarf_diename(&die);
  if (text == nullptr) return dwarf_tag(&die) == DW_TAG_namespace ? "(anonymous namespace)" : "{unnamed}";
  std::string name = text;
  if (name.starts_with(kLambda) && name.ends_with('>')) name = "{" + name.substr(1, name.size() - 2) + "}";
  return name;
}

template <class Names>
void add_names(Dwarf_Die& parent, const std::string& prefix, Names& names, int depth = 0) {
  Dwarf_Die die;
  if (depth > kDeepestScope || dwarf_child(&parent, &die) != 0) return;
  do {
    const int tag = dwarf_tag(&die);
    if (!is_scope(tag)) continue;
    const std::string name = tag == DW_TAG_lexical_block ? prefix : prefix + scope_name(die);
    if (tag == DW_TAG_subprogram && dwarf_diename(&die) != nullptr) names.try_emplace(die.addr, name);
    add_names(die, tag == DW_TAG_lexical_block ? prefix : name + "::", names, depth + 1);
  } while (dwarf_siblingof(&die, &die) == 0);
}

// The entry in the scope that the function was declared in.
Dwarf_Die declaration_of(Dwarf_Die die) {
  for (int steps = 0; steps < 4; ++steps) {
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    if (dwarf_attr(&die, DW_AT_abstract_origin, &attribute) == nullptr &&
        dwarf_attr(&die, DW_AT_specification, &attribute) == nullptr)
      break;
    if (dwarf_formref_die(&attribute, &next) == nullptr) break;
    die = next;
  }
  return die;
}

}  // namespace

const std::string& ScopedNames::of(Dwarf_Die call) {
  static const std::string kNone;
  const Dwarf_Die declared = declaration_of(call);
  Dwarf_Die entry = declared, unit;
  if (dwarf_diecu(&entry, &unit, nullptr, nullptr) == nullptr) return kNone;
  const auto [names, is_new] = units_.try_emplace(unit.addr);
  if (is_new) add_names(unit, "", names->second);
  const auto found = names->second.find(declared.addr);
  return found == names->second.end() ? kNone : found->second;
}

bool is_runtime_scope(const std::string& name) {
  constexpr std::array<std::string_view, 3> kScopes = {"std::", "__gnu_cxx::", "__cxxabiv1::"};
  return std::any_of(kScopes.begin(), kScopes.end(), [&](std::string_view scope) { return name.starts_with(scope); });
}

}  // namespace heaptape
