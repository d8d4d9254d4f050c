// What a function is called whatever the build: names by which the sites of two tapes are matched.
#pragma once

#include <string>
#include <string_view>

namespace heaptape {

// The qualified name alone: without return type, parameters, template arguments, ABI tags, clone suffixes, numbers of
// lambdas and hashes of Rust. "void Cache<Key>::put<int>(Key const&)::{lambda(int)#2}::operator()(int) const" is
// "Cache::put::{lambda}::operator()". So overloads and instantiations of one template have one such name.
std::string normalised_function(std::string_view demangled);

// A module's base name without the version of a shared library: "libfoo.so.1.2" is "libfoo.so".
std::string normalised_module(const std::string& path);

// Whether it is an address that stands for a missing symbol ("0x12ab in libfoo.so"), which another build has elsewhere.
bool is_nameless(std::string_view function);

}  // namespace heaptape
