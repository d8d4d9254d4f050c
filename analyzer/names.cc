#include "analyzer/names.h"

#include <cxxabi.h>
#define HAVE_DECL_BASENAME 1  // else libiberty declares one of its own, unlike libc's
#include <libiberty/demangle.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "format/allocator_libraries.h"

namespace heaptape {
namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The C functions that hand a fresh block to their caller.
constexpr std::array<std::string_view, 18> kAllocators = {
    "malloc",  "calloc",  "realloc",  "reallocarray", "aligned_alloc", "memalign",           "posix_memalign",
    "valloc",  "pvalloc", "free",     "cfree",        "free_sized",    "free_aligned_sized", "strdup",
    "strndup", "wcsdup",  "asprintf", "vasprintf"};

bool is_allocator(std::string_view name) {
  name = name.substr(0, name.find('@'));  // a symbol's version
  take(name, "__libc_") || take(name, "__GI_") || take(name, "__");
  take(name, "libc_");
  return std::find(kAllocators.begin(), kAllocators.end(), name) != kAllocators.end();
}

// Itanium C++ ABI, 5.1: St is std::, Sa Sb Ss Si So Sd abbreviate names in it.
bool is_mangled_runtime(std::string_view name) {
  while (take(name, "Z")) {
  }  // a local entity: judge the function around it
  if (take(name, "nw") || take(name, "na") || take(name, "dl") || take(name, "da")) return true;
  if (take(name, "N")) {
    while (!name.empty() && std::string_view("rVKRO").find(name[0]) != std::string_view::npos) name.remove_prefix(1);
  }
  if (name.size() >= 2 && name[0] == 'S' && std::string_view("tabsiod").find(name[1]) != std::string_view::npos) {
    return true;
  }
  return name.starts_with("9__gnu_cxx") || name.starts_with("10__cxxabiv1");
}

// Either way of mangling, without the hash. Empty: it is none of Rust's.
std::string demangle_rust(const std::string& linkage) {
  if (!linkage.starts_with("_R") && !linkage.starts_with("_ZN")) return {};
  const std::unique_ptr<char, void (*)(void*)> text(rust_demangle(linkage.c_str(), DMGL_NO_OPTS), std::free);
  return text ? std::string(text.get()) : std::string();
}

// Of a demangled name: "alloc::vec::Vec<T>::push", "<alloc::string::String as core::fmt::Write>::write_str".
bool is_rust_runtime(std::string_view name) {
  take(name, "<");
  return name.starts_with("alloc::") || name.starts_with("core::") || name.starts_with("std::");
}

}  // namespace

std::string demangle(const std::string& linkage) {
  if (const std::string rust = demangle_rust(linkage); !rust.empty()) return rust;
  if (!linkage.starts_with("_Z")) return linkage;
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(linkage.c_str(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 && text ? std::string(text.get()) : linkage;
}

bool is_runtime_function(std::string_view linkage) {
  if (const std::string rust = demangle_rust(std::string(linkage)); !rust.empty()) return is_rust_runtime(rust);
  if (take(linkage, "_Z")) return is_mangled_runtime(linkage);
  return is_allocator(linkage) || linkage.starts_with("__cxa_") || linkage.starts_with("__gxx_") ||
         linkage.starts_with("__rust_") || linkage.starts_with("__rdl_") || linkage.starts_with("__rg_");
}

bool is_runtime_library(std::string_view base_name) {
  constexpr std::array<std::string_view, 5> kLibraries = {"libstdc++.so", "libc++.so", "libc++abi.so", "libgcc_s.so",
                                                          "libheaptape.so"};
  return is_allocator_library(base_name) ||
         std::any_of(kLibraries.begin(), kLibraries.end(),
                     [&](std::string_view library) { return base_name.starts_with(library); });
}

}  // namespace heaptape
