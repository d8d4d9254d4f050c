#include "analyzer/readable.h"

#include <gtest/gtest.h>

namespace heaptape {
namespace {

TEST(Readable, StringsAndDefaultArgumentsAreAsTheyWereWritten) {
  EXPECT_EQ(readable("std::vector<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >, "
                     "std::allocator<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > > "
                     ">::push_back(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >&&)"),
            "std::vector<std::string>::push_back(std::string&&)");
  EXPECT_EQ(readable("std::map<int, Row, std::less<int>, std::allocator<std::pair<int const, Row> > >::at(int const&)"),
            "std::map<int, Row>::at(int const&)");
  EXPECT_EQ(readable("(anonymous namespace)::word[abi:cxx11](int)"), "word(int)");
}

TEST(Readable, WhatIsNoDefaultStays) {
  for (const char* name : {"std::set<int, std::greater<int>>::clear()", "copy(int, std::allocator<int>)",
                           "std::allocator<int>::allocate(unsigned long)", "main", "operator new(unsigned long)",
                           "0x2000 in libfoo.so", "mine::vector<int, mine::allocator<int>>::grow()"}) {
    EXPECT_EQ(readable(name), name);
  }
}

TEST(Readable, OperatorsAreNoBrackets) {
  EXPECT_EQ(readable("operator<< <int>(std::vector<int, std::allocator<int> >&)"),
            "operator<< <int>(std::vector<int>&)");
  EXPECT_EQ(readable("Pool::operator->()"), "Pool::operator->()");
  EXPECT_EQ(readable("f<int>()::{lambda(int)#1}::operator()(int) const"),
            "f<int>()::{lambda(int)#1}::operator()(int) const");
}

TEST(Readable, UnbalancedNamesComeThrough) {
  for (const char* name : {"", "<", ">>>", "a<b, std::allocator<", "operator<", "->", "(("})
    EXPECT_EQ(readable(name), name);
}

}  // namespace
}  // namespace heaptape
