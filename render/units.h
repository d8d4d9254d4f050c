// Figures as people read them. No locale: the same text everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace heaptape {

std::string grouped(std::uint64_t number);                               // "1,269,760"
std::string human_bytes(std::uint64_t bytes);                            // "1.21 MiB", three digits
std::string exact_bytes(std::uint64_t bytes);                            // "1,269,760 bytes", "1 byte"
std::string both_bytes(std::uint64_t bytes);                             // "1.21 MiB (1,269,760 bytes)", "12 bytes"
std::string human_time(std::uint64_t nanoseconds);                       // "12.3 ms", "2 min 5 s"
std::string share_of(std::uint64_t part, std::uint64_t whole);           // "34 %", "1.2 %", "<0.1 %"
std::string counted(std::uint64_t number, const std::string& singular);  // "1 block", "8 blocks"

}  // namespace heaptape
