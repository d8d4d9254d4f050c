#include "render/printable.h"

#include <glib.h>
#include <gtest/gtest.h>

#include <random>

namespace heaptape {
namespace {

const std::string kWrong = "\xEF\xBF\xBD";

bool is_valid(const std::string& text) {
  return g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr);
}

}  // namespace

TEST(Printable, UnicodeNamesStayAsTheyAre) {
  for (const std::string name : {"main", "größe::über()", "функция", "関数<型>", "🦀::alloc", "e\xCC\x81"})
    EXPECT_EQ(printable(name), name);
}

TEST(Printable, MalformedBytesBecomeReplacementCharacters) {
  EXPECT_EQ(printable("a\xFFz"), "a" + kWrong + "z");
  EXPECT_EQ(printable("\xC3"), kWrong);                            // cut
  EXPECT_EQ(printable("\xC0\xAF"), kWrong + kWrong);               // overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), kWrong + kWrong + kWrong);  // a surrogate
  EXPECT_EQ(printable("\xF4\x90\x80\x80").substr(0, 3), kWrong);   // beyond U+10FFFF
}

TEST(Printable, ControlsAndReorderingAreTakenOut) {
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a" + kWrong + "b");
  EXPECT_EQ(printable("a\nb\tc"), "a b c");
  EXPECT_EQ(printable("\x1B[31mred"), kWrong + "[31mred");
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b"),
            "a" + kWrong + "b");  // U+202E, right-to-left override
}

TEST(Printable, TowersOfCombiningMarksAreLowered) {
  std::string tower = "e";
  for (int i = 0; i < 40; ++i) tower += "\xCC\x81";
  EXPECT_EQ(printable(tower), "e\xCC\x81\xCC\x81\xCC\x81");
}

TEST(Printable, LongNamesEndInAnEllipsis) {
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("äöü", 3), "äöü");
}

TEST(Printable, AnyBytesGiveValidText) {
  std::mt19937 random(42);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? 0x80 + random() % 0x80 : random());
    ASSERT_TRUE(is_valid(printable(bytes)));
    ASSERT_TRUE(is_valid(printable(bytes, 2)));
  }
}

TEST(Printable, MarkupIsEscaped) {
  EXPECT_EQ(xml_escaped("operator<< \"&'>"), "operator&lt;&lt; &quot;&amp;&#39;&gt;");
}

}  // namespace heaptape
