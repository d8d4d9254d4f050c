// Reads the encodings of .eh_frame (DWARF 5, section 7.6; LSB core specification, "Exception Frames").
//
// Bounded: at the end it answers zeros and says `failed`.
#pragma once

#include <cstdint>
#include <cstring>

namespace heaptape::unwind {

class ByteReader {
 public:
  ByteReader(const void* begin, const void* end) noexcept
      : at_(static_cast<const unsigned char*>(begin)), end_(static_cast<const unsigned char*>(end)) {}

  const unsigned char* at() const noexcept { return at_; }
  bool done() const noexcept { return at_ >= end_; }
  bool failed() const noexcept { return failed_; }

  template <class Number>
  Number fixed() noexcept {
    Number number{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof number) return fail<Number>();
    std::memcpy(&number, at_, sizeof number);
    at_ += sizeof number;
    return number;
  }

  std::uint64_t uleb() noexcept {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = fixed<std::uint8_t>();
      number |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return number;
    }
    return fail<std::uint64_t>();
  }

  std::int64_t sleb() noexcept {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64;) {
      const auto byte = fixed<std::uint8_t>();
      number |= std::uint64_t{byte & 0x7fu} << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if ((byte & 0x40) != 0 && shift < 64) number |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(number);
    }
    return fail<std::int64_t>();
  }

  // A pointer under one of the DW_EH_PE encodings; `data` is the base of data-relative ones.
  std::uint64_t pointer(std::uint8_t encoding, std::uint64_t data = 0) noexcept {
    const auto here = reinterpret_cast<std::uint64_t>(at_);
    std::uint64_t number = 0;
    switch (encoding & 0x0f) {
      case 0x00:
      case 0x04:
      case 0x0c:
        number = fixed<std::uint64_t>();
        break;
      case 0x01:
        number = uleb();
        break;
      case 0x02:
        number = fixed<std::uint16_t>();
        break;
      case 0x03:
        number = fixed<std::uint32_t>();
        break;
      case 0x09:
        number = static_cast<std::uint64_t>(sleb());
        break;
      case 0x0a:
        number = static_cast<std::uint64_t>(std::int64_t{fixed<std::int16_t>()});
        break;
      case 0x0b:
        number = static_cast<std::uint64_t>(std::int64_t{fixed<std::int32_t>()});
        break;
      default:
        return fail<std::uint64_t>();
    }
    switch (encoding & 0x70) {
      case 0x00:
        return number;
      case 0x10:
        return number + here;
      case 0x30:
        return number + data;
      default:
        return fail<std::uint64_t>();
    }
  }

  // The next `bytes` as a reader of their own.
  ByteReader block(std::uint64_t bytes) noexcept {
    if (static_cast<std::uint64_t>(end_ - at_) < bytes) {
      fail<int>();
      return {end_, end_};
    }
    const unsigned char* begin = at_;
    at_ += bytes;
    return {begin, at_};
  }
  void skip(std::uint64_t bytes) noexcept { block(bytes); }

 private:
  template <class Number>
  Number fail() noexcept {
    failed_ = true;
    at_ = end_;
    return {};
  }

  const unsigned char* at_;
  const unsigned char* end_;
  bool failed_ = false;
};

}  // namespace heaptape::unwind
