// Lengths of time on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace heaptape::cli {

// A length of time such as 1.5s, more than 0; `nanoseconds` stays as it is where the option is not given.
void add_time(CLI::App& command, const std::string& name, std::uint64_t& nanoseconds, const std::string& help);

}  // namespace heaptape::cli
