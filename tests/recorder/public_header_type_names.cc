#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heaptape/heaptape.h"

namespace heaptape::detail {

// Longer than what is kept of a name.
template <int Depth>
struct Nested {
  using Type = std::pair<typename Nested<Depth - 1>::Type, typename Nested<Depth - 1>::Type>;
};
template <>
struct Nested<0> {
  using Type = std::string_view;
};

namespace {

TEST(TypeName, StandardTypesReadAsTheyAreWritten) {
  EXPECT_STREQ(type_name<int>.data, "int");
  EXPECT_STREQ(type_name<std::string>.data, "std::string");
  EXPECT_STREQ(type_name<std::string_view>.data, "std::string_view");
  EXPECT_STREQ(type_name<std::vector<int>>.data, "std::vector<int>");
  EXPECT_STREQ((type_name<std::array<std::optional<std::string>, 3>>.data),
               "std::array<std::optional<std::string>, 3>");
  EXPECT_STREQ(type_name<std::unique_ptr<int>>.data, "std::unique_ptr<int>");
}

TEST(TypeName, DefaultArgumentsAreLeftOutAtAnyDepth) {
  EXPECT_STREQ((type_name<std::map<std::string, std::vector<std::string>>>.data),
               "std::map<std::string, std::vector<std::string>>");
  EXPECT_STREQ((type_name<std::unordered_map<int, std::unique_ptr<std::string>>>.data),
               "std::unordered_map<int, std::unique_ptr<std::string>>");
}

TEST(TypeName, DefaultsThatACompilerSpellsOutAreLeftOutToo) {
  EXPECT_EQ(readable("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >").view(),
            "std::string");
  EXPECT_EQ(readable("std::__1::map<int, std::__1::vector<int, std::allocator<int> >, std::less<int>, "
                     "std::allocator<std::pair<const int, std::vector<int> > > >")
                .view(),
            "std::map<int, std::vector<int>>");
  EXPECT_EQ(readable("std::unordered_set<int, std::hash<int>, std::equal_to<int>, std::allocator<int> >").view(),
            "std::unordered_set<int>");
}

TEST(TypeName, AnotherAllocatorStays) {
  EXPECT_STREQ(type_name<std::pmr::vector<int>>.data, "std::vector<int, std::pmr::polymorphic_allocator<int>>");
  EXPECT_EQ(std::string_view(type_name<std::pmr::string>.data).find("std::string"), std::string_view::npos);
}

TEST(TypeName, ALongNameIsCutAndSaysSo) {
  const std::string_view name = type_name<Nested<7>::Type>.data;
  EXPECT_LE(name.size(), kLongestTypeName);
  EXPECT_EQ(name.substr(0, 20), "std::pair<std::pair<");
  EXPECT_EQ(name.substr(name.size() - 3), "...");
}

}  // namespace
}  // namespace heaptape::detail
