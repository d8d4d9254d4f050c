// What a function's name tells: whether it is the runtime's, and how to show it to people.
#pragma once

#include <string>
#include <string_view>

namespace heaptape {

// C++ and Rust. `linkage` is a symbol as in the symbol table; one that is not mangled comes back as it is.
std::string demangle(const std::string& linkage);

// Whether the symbol belongs to an allocator, the C++ runtime or std:: (__gnu_cxx:: and __cxxabiv1::
// with it), or to Rust's alloc, core or std. Judged by the mangled name: a demangled one begins with its return type.
bool is_runtime_function(std::string_view linkage);

// Whether all of a library is runtime: libstdc++, libc++, libgcc_s, the recorder, a malloc replacement.
bool is_runtime_library(std::string_view base_name);

}  // namespace heaptape
