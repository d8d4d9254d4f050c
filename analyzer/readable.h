// Function names as people would have written them: without what the compiler filled in.
#pragma once

#include <string>
#include <string_view>

namespace heaptape {

// `demangled` without default template arguments, inline namespaces and "(anonymous namespace)::", std::string under
// its own name: "std::vector<std::string>::push_back(std::string&&)". What is no C++ name comes back as it is.
std::string readable(std::string_view demangled);

}  // namespace heaptape
