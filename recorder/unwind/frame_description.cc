#include "recorder/unwind/frame_description.h"

#include "recorder/unwind/registers.h"

namespace heaptape::unwind {
namespace {

constexpr std::uint8_t kOmit = 0xff;
constexpr std::uint8_t kTableEncoding = 0x3b;  // data-relative, signed 4 bytes: what every linker writes

struct TableEntry {
  std::int32_t code, description;  // relative to the header
};

// The last entry that begins at or before `address`.
const TableEntry* search(const TableEntry* table, std::uint64_t count, std::uint64_t base,
                         std::uint64_t address) noexcept {
  const auto code = [&](std::uint64_t i) { return base + static_cast<std::uint64_t>(std::int64_t{table[i].code}); };
  if (count == 0 || address < code(0)) return nullptr;
  std::uint64_t low = 0, high = count;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (code(middle) <= address ? low : high) = middle;
  }
  return &table[low];
}

// A record of .eh_frame without its length word. Only the 32-bit format is in use.
ByteReader record_at(const unsigned char* at, const void* limit) noexcept {
  ByteReader reader(at, limit);
  const auto bytes = reader.fixed<std::uint32_t>();
  if (bytes == 0 || bytes == 0xffff'ffff) return {limit, limit};
  return reader.block(bytes);
}

bool read_common(const unsigned char* at, const void* limit, FrameDescription& found, bool& has_augmentation) noexcept {
  ByteReader common = record_at(at, limit);
  if (common.fixed<std::uint32_t>() != 0) return false;  // not a CIE
  const auto version = common.fixed<std::uint8_t>();
  if (version != 1 && version != 3) return false;
  char augmentation[8] = {};
  for (unsigned i = 0;; ++i) {
    const auto letter = common.fixed<char>();
    if (letter == '\0') break;
    if (i == sizeof augmentation - 1) return false;
    augmentation[i] = letter;
  }
  found.code_alignment = common.uleb();
  found.data_alignment = common.sleb();
  const std::uint64_t return_register = version == 1 ? common.fixed<std::uint8_t>() : common.uleb();
  if (return_register != kReturnAddress) return false;
  has_augmentation = augmentation[0] == 'z';
  if (has_augmentation) {
    ByteReader data = common.block(common.uleb());
    for (const char* letter = augmentation + 1; *letter != '\0'; ++letter) {
      if (*letter == 'R')
        found.encoding = data.fixed<std::uint8_t>();
      else if (*letter == 'P')
        data.pointer(data.fixed<std::uint8_t>() & 0x0f);
      else if (*letter == 'L')
        data.fixed<std::uint8_t>();
      else if (*letter != 'S' && *letter != 'B')
        return false;
    }
  } else if (augmentation[0] != '\0') {
    return false;
  }
  found.initial = common;
  return !common.failed();
}

}  // namespace

bool find_description(const void* header, const void* limit, std::uint64_t address, FrameDescription& found) noexcept {
  const auto base = reinterpret_cast<std::uint64_t>(header);
  ByteReader reader(header, limit);
  if (reader.fixed<std::uint8_t>() != 1) return false;
  const auto frame_encoding = reader.fixed<std::uint8_t>(), count_encoding = reader.fixed<std::uint8_t>();
  if (reader.fixed<std::uint8_t>() != kTableEncoding || count_encoding == kOmit) return false;
  if (frame_encoding != kOmit) reader.pointer(frame_encoding, base);
  const std::uint64_t count = reader.pointer(count_encoding, base);
  const std::uint64_t room = static_cast<std::uint64_t>(static_cast<const unsigned char*>(limit) - reader.at());
  if (reader.failed() || count > room / sizeof(TableEntry)) return false;
  const TableEntry* entry = search(reinterpret_cast<const TableEntry*>(reader.at()), count, base, address);
  if (entry == nullptr) return false;
  const auto* at =
      reinterpret_cast<const unsigned char*>(base + static_cast<std::uint64_t>(std::int64_t{entry->description}));
  ByteReader description = record_at(at, limit);
  const unsigned char* common_pointer = description.at();
  const auto back = description.fixed<std::uint32_t>();
  bool has_augmentation = false;
  if (back == 0 || !read_common(common_pointer - back, limit, found, has_augmentation)) return false;
  found.begin = description.pointer(found.encoding);
  found.end = found.begin + description.pointer(found.encoding & 0x0f);
  if (has_augmentation) description.skip(description.uleb());
  found.instructions = description;
  return !description.failed() && address >= found.begin && address < found.end;
}

}  // namespace heaptape::unwind
