// The one integer coding of the tape's columns: LEB128 (7 bits a byte, low bits first), signed
// values zigzagged. Allocates nothing.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace heaptape {

inline constexpr int kMaxVarintBytes = 10;

// Writes `value` at `to`, which has room for kMaxVarintBytes; answers the byte behind it.
inline std::uint8_t* put_varint(std::uint8_t* to, std::uint64_t value) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    // How many bytes a difference takes can't be foreseen: up to eight are spread, seven bits each, and written at
    // once.
    if (value >= 0x80 && value < std::uint64_t{1} << 56) {
      const auto more = static_cast<unsigned>(std::bit_width(value) - 1) / 7;
      std::uint64_t spread = (value & 0xfff'ffff) | (value & 0xff'ffff'f000'0000) << 4;
      spread = (spread & 0x3fff'0000'3fff) | (spread & 0xfff'c000'0fff'c000) << 2;
      spread = (spread & 0x7f'007f'007f'007f) | (spread & 0x3f80'3f80'3f80'3f80) << 1;
      spread |= 0x8080'8080'8080'8080 & ((std::uint64_t{1} << 8 * more) - 1);
      std::memcpy(to, &spread, sizeof spread);
      return to + more + 1;
    }
  }
  while (value >= 0x80) {
    *to++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<std::uint8_t>(value);
  return to;
}

// Differences are taken modulo 2^64, so that any pair of values has one.
inline std::uint64_t zigzag(std::uint64_t difference) noexcept { return (difference << 1) ^ (0 - (difference >> 63)); }
inline std::uint64_t unzigzag(std::uint64_t coded) noexcept { return (coded >> 1) ^ (0 - (coded & 1)); }

// Reads varints from bytes that anyone may have made. After an error every further value is 0, and
// `consumed()` is false for good, so a decoder may check once at the end.
class VarintCursor {
 public:
  explicit VarintCursor(std::span<const std::uint8_t> bytes) noexcept
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // Inlined, as most values are of one byte, and there are several to an event.
  [[gnu::always_inline]] std::uint64_t next() noexcept {
    if (at_ != end_ && *at_ < 0x80) [[likely]]
      return *at_++;
    return next_long();
  }

  // The same, where up to four bytes are as likely as one.
  [[gnu::always_inline]] std::uint64_t next_short() noexcept {
    if constexpr (std::endian::native == std::endian::little) {
      std::uint32_t word;
      if (end_ - at_ >= static_cast<std::ptrdiff_t>(sizeof word)) [[likely]] {
        std::memcpy(&word, at_, sizeof word);
        if (const std::uint32_t last = ~word & 0x8080'8080; last != 0) [[likely]] {
          const int bits = std::countr_zero(last);  // before the highest one of its last byte
          at_ += bits / 8 + 1;
          word &= ~std::uint32_t{0} >> (31 - bits);
          return (word & 0x7f) | (word & 0x7f00) >> 1 | (word & 0x7f'0000) >> 2 | (word & 0x7f00'0000) >> 3;
        }
      }
    }
    return next_long();
  }

  bool at_end() const noexcept { return at_ == end_; }
  // All bytes were read, and none was missing or out of range.
  bool consumed() const noexcept { return at_ == end_ && !failed_; }
  bool failed() const noexcept { return failed_; }

 private:
  [[gnu::noinline]] std::uint64_t next_long() noexcept {
    if constexpr (std::endian::native == std::endian::little) {
      // As in put_varint(), the other way round: up to eight bytes at once.
      std::uint64_t word;
      if (end_ - at_ >= static_cast<std::ptrdiff_t>(sizeof word)) {
        std::memcpy(&word, at_, sizeof word);
        if (const std::uint64_t last = ~word & 0x8080'8080'8080'8080; last != 0) {
          const int bits = std::countr_zero(last);  // before the highest one of its last byte
          at_ += bits / 8 + 1;
          word &= ~std::uint64_t{0} >> (63 - bits);
          word = (word & 0x7f'007f'007f'007f) | (word & 0x7f00'7f00'7f00'7f00) >> 1;
          word = (word & 0x3fff'0000'3fff) | (word & 0x3fff'0000'3fff'0000) >> 2;
          return (word & 0xfff'ffff) | (word & 0xfff'ffff'0000'0000) >> 4;
        }
      }
    }
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const std::uint8_t byte = *at_++;
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    at_ = end_;
    return 0;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool failed_ = false;
};

}  // namespace heaptape
