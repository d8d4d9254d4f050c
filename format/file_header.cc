#include "format/file_header.h"

#include <xxhash.h>

#include <algorithm>

#include "format/little_endian.h"
#include "format/reader.h"

namespace heaptape {
namespace {

// Not text, and the line end shows a transfer that translated it.
constexpr std::array<std::uint8_t, 8> kMagic{0x89, 'H', 'T', 'A', 'P', 'E', '\r', '\n'};
constexpr std::array<std::uint8_t, 8> kTrailerMagic{'H', 'T', 'A', 'P', 'E', 'E', 'N', 'D'};
constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint32_t kMaxHeaderBytes = 4096;

bool begins_with(Bytes bytes, const std::array<std::uint8_t, 8>& magic) {
  const std::size_t shared = std::min(bytes.size(), magic.size());
  return std::equal(magic.begin(), magic.begin() + static_cast<std::ptrdiff_t>(shared), bytes.begin());
}

// `bytes` ends with the checksum of what is before it.
bool is_intact(Bytes bytes) {
  const std::size_t checked = bytes.size() - kChecksumBytes;
  return XXH3_64bits(bytes.data(), checked) == load_le<std::uint64_t>(bytes.data() + checked);
}

void sign(std::uint8_t* bytes, std::size_t size) {
  const std::size_t checked = size - kChecksumBytes;
  store_le(bytes + checked, std::uint64_t{XXH3_64bits(bytes, checked)});
}

}  // namespace

std::array<std::uint8_t, kHeaderBytes> make_header() noexcept {
  std::array<std::uint8_t, kHeaderBytes> header{};
  std::copy(kMagic.begin(), kMagic.end(), header.begin());
  store_le(&header[8], kFormatMajor);
  store_le(&header[10], kFormatMinor);
  store_le(&header[12], static_cast<std::uint32_t>(kHeaderBytes));
  sign(header.data(), header.size());
  return header;
}

std::uint64_t check_header(Bytes file, const std::string& path) {
  using enum TapeError::Reason;
  if (file.empty()) throw TapeError(empty, path + " is empty: nothing was recorded into it; record again");
  if (!begins_with(file, kMagic)) {
    throw TapeError(not_a_tape, path + " is not a heaptape tape; record one with 'heaptape record'");
  }
  if (file.size() < kHeaderBytes) {
    throw TapeError(damaged, path + " ends inside its header, so there is nothing to read; record again", file.size());
  }
  const auto header_bytes = load_le<std::uint32_t>(&file[12]);
  const bool has_room =
      header_bytes >= kHeaderBytes && header_bytes <= std::min<std::size_t>(kMaxHeaderBytes, file.size());
  if (!has_room || !is_intact(file.first(header_bytes))) {
    throw TapeError(damaged, path + " has a damaged header; copy it again from where it was recorded, or record again");
  }
  const auto major = load_le<std::uint16_t>(&file[8]);
  const auto minor = load_le<std::uint16_t>(&file[10]);
  if (major > kFormatMajor) {
    throw TapeError(newer_version,
                    path + " was written by a newer heaptape (format " + std::to_string(major) + "." +
                        std::to_string(minor) + ", this one reads " + std::to_string(kFormatMajor) +
                        ".x); use a newer heaptape",
                    8);
  }
  if (major == 0) throw TapeError(damaged, path + " names format 0, which never was; record again", 8);
  return header_bytes;
}

std::array<std::uint8_t, kTrailerBytes> make_trailer(std::uint64_t index_offset, std::uint64_t tape_bytes) noexcept {
  std::array<std::uint8_t, kTrailerBytes> trailer{};
  std::copy(kTrailerMagic.begin(), kTrailerMagic.end(), trailer.begin());
  store_le(&trailer[8], index_offset);
  store_le(&trailer[16], tape_bytes);
  sign(trailer.data(), trailer.size());
  return trailer;
}

std::optional<std::uint64_t> trailer_at(Bytes file, std::uint64_t offset) noexcept {
  if (file.size() < kTrailerBytes || offset != file.size() - kTrailerBytes) return std::nullopt;
  const Bytes trailer = file.subspan(offset);
  if (!begins_with(trailer, kTrailerMagic) || !is_intact(trailer)) return std::nullopt;
  if (load_le<std::uint64_t>(&trailer[16]) != file.size()) return std::nullopt;
  return load_le<std::uint64_t>(&trailer[8]);
}

bool is_torn_trailer(Bytes tail) noexcept { return tail.size() < kTrailerBytes && begins_with(tail, kTrailerMagic); }

}  // namespace heaptape
