#include "render/printable.h"

#include <cstdint>

namespace heaptape {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsisBytes = "\xE2\x80\xA6";
// Each base character may bear this many combining marks: towers of them leave their box.
constexpr int kMostMarks = 3;

struct Decoded {
  char32_t character = kReplacement;
  std::size_t length = 1;
};

// One character from the front of `bytes` (not empty), by the table of the Unicode Standard, 3-7:
// overlong forms, surrogates and what lies beyond U+10FFFF are malformed.
Decoded decode(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return {};
  char32_t character = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    character = (character << 6) | (byte(i) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < kSmallest[length] || character > 0x10FFFF || surrogate) return {};
  return {character, length};
}

bool is_combining(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x483 && c <= 0x489) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE20 && c <= 0xFE2F);
}

bool is_space(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029; }

// Controls, directional embeddings and isolates, non-characters.
bool is_unfit(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x200E || c == 0x200F || c == 0x061C || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFC) ||
         (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

}  // namespace

std::string printable(std::string_view bytes, std::size_t most) {
  std::string text;
  text.reserve(bytes.size() < 4 * most ? bytes.size() : 4 * most);
  std::size_t characters = 0;
  int marks = 0;
  while (!bytes.empty()) {
    if (characters == most) return text.append(kEllipsisBytes);
    const Decoded next = decode(bytes);
    const std::string_view source = bytes.substr(0, next.length);
    bytes.remove_prefix(next.length);
    marks = is_combining(next.character) ? marks + 1 : 0;
    if (marks > kMostMarks) continue;
    ++characters;
    if (is_space(next.character)) {
      text.push_back(' ');
    } else if (next.character == kReplacement || is_unfit(next.character)) {
      text.append(kReplacementBytes);
    } else {
      text.append(source);
    }
  }
  return text;
}

std::string xml_escaped(std::string_view bytes, std::size_t most) {
  std::string escaped;
  for (const char c : printable(bytes, most)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace heaptape
