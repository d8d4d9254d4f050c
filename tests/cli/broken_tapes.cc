#include "tests/cli/broken_tapes.h"

#include <xxhash.h>

#include "format/file_header.h"
#include "format/little_endian.h"
#include "format/reader.h"
#include "tests/support/run_command.h"

namespace heaptape::testing {

std::string cut_in_half(const std::string& tape) { return tape.substr(0, tape.size() / 2); }

std::string with_damaged_events(const std::string& path) {
  const BlockEntry block = TapeReader(path).blocks().at(0);
  std::string tape = read_file(path);
  char& byte = tape.at(block.offset + block.stored_bytes / 2);
  byte = static_cast<char>(byte ^ 0x10);
  return tape;
}

std::string of_newer_format(const std::string& tape) {
  std::string newer = tape;
  auto* header = reinterpret_cast<std::uint8_t*>(newer.data());
  store_le(header + 8, static_cast<std::uint16_t>(kFormatMajor + 1));
  constexpr std::size_t kChecked = kHeaderBytes - 8;
  store_le(header + kChecked, std::uint64_t{XXH3_64bits(header, kChecked)});
  return newer;
}

}  // namespace heaptape::testing
