// Names of functions across builds, and which sites are taken for the same.
#include "analyzer/site_match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "analyzer/site_key.h"
#include "analyzer/spread.h"

namespace heaptape {
namespace {

TEST(SiteKey, IsTheQualifiedNameAlone) {
  const std::pair<const char*, const char*> names[] = {
      {"main", "main"},
      {"Cache::put(int, char const*)", "Cache::put"},
      {"void Cache<Key>::put<int>(Key const&)::{lambda(int)#2}::operator()(int) const",
       "Cache::put::{lambda}::operator()"},
      {"std::vector<int, std::allocator<int> > make<int>(unsigned long)", "make"},
      {"(anonymous namespace)::Table::grow()", "{anonymous}::Table::grow"},
      {"read_line[abi:cxx11](int)", "read_line"},
      {"std::__cxx11::basic_string<char>::reserve(unsigned long)", "std::basic_string::reserve"},
      {"parse(int) [clone .constprop.0]", "parse"},
      {"parse.isra.0", "parse"},
      {"sort.part.3.cold", "sort"},
      {"Matrix operator* <double>(Matrix const&, double)", "operator*"},
      {"std::ostream& operator<< <int>(std::ostream&, Box<int> const&)", "operator<<"},
      {"bool Box<int>::operator<(Box<int> const&) const", "Box::operator<"},
      {"Box::operator bool() const", "Box::operator bool"},
      {"Box::operator()(int)", "Box::operator()"},
      {"core::ptr::drop::h0123456789abcdef", "core::ptr::drop"},
      {"void call<int (*)(char)>(int (*)(char))", "call"},
  };
  for (const auto& [function, key] : names) EXPECT_EQ(normalised_function(function), key);
}

TEST(SiteKey, LibrariesHaveNoVersionAndAddressesNoName) {
  EXPECT_EQ(normalised_module("/usr/lib/libfoo.so.1.2.3"), "libfoo.so");
  EXPECT_EQ(normalised_module("/opt/bin/server"), "server");
  EXPECT_TRUE(is_nameless("0x12ab in libfoo.so"));
  EXPECT_TRUE(is_nameless("0x7f001234"));
  EXPECT_FALSE(is_nameless("0x12ab::f"));
  EXPECT_FALSE(is_nameless("main"));
}

TEST(Spread, CoversWhatOneMoreRunMayShow) {
  EXPECT_FALSE(spread_of({100}).covers(101));
  EXPECT_TRUE(spread_of({100, 104, 102}).covers(108));
  EXPECT_FALSE(spread_of({100, 104, 102}).covers(109));
  EXPECT_TRUE(spread_of({100, 104, 102}).covers(96));
  EXPECT_FALSE(spread_of({100, 104, 102}).covers(95));
  EXPECT_EQ(spread_of({1, 9, 4, 6}).median, 5u);
  EXPECT_EQ(spread_of({0, UINT64_MAX}).most(), UINT64_MAX);
}

std::vector<std::uint64_t> no_paths(std::size_t) { return {}; }

TEST(SiteMatch, ANameThatIsThereIsNeverTakenFromItsOwn) {
  const std::vector<SiteName> before{{"put(int)", "*", "a.cc", 1}};
  const std::vector<SiteName> after{{"put(char)", "*", "a.cc", 9}, {"put(int)", "*", "a.cc", 1}};
  const std::vector<SiteMatch> matches = match_sites(before, after, no_paths, no_paths);
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].after, 1u);
  EXPECT_EQ(matches[0].kind, MatchKind::exact);
}

TEST(SiteMatch, RenamedTemplateArgumentsAreToldApartByTheirPaths) {
  const std::vector<SiteName> before{{"Vec<A>::grow(A*)", "*", "vec.h", 10}, {"Vec<B>::grow(B*)", "*", "vec.h", 20}};
  const std::vector<SiteName> after{{"Vec<X>::grow(X*)", "*", "vec.h", 20}, {"Vec<Y>::grow(Y*)", "*", "vec.h", 10}};
  const PathsOf before_paths = [](std::size_t i) { return std::vector<std::uint64_t>{i == 0 ? 5u : 7u}; };
  const PathsOf after_paths = [](std::size_t i) { return std::vector<std::uint64_t>{i == 0 ? 5u : 7u}; };
  for (const SiteMatch& match : match_sites(before, after, before_paths, after_paths)) {
    EXPECT_EQ(match.before, match.after);
    EXPECT_EQ(match.kind, MatchKind::renamed);
  }
  // Without shared paths the heaviest of both go together.
  for (const SiteMatch& match : match_sites(before, after, no_paths, no_paths)) EXPECT_NE(match.before, match.after);
}

TEST(SiteMatch, AFunctionInAnotherFileOrModuleIsMoved) {
  const std::vector<SiteName> before{{"load()", "*", "a.cc", 1}, {"save()", "liba.so", "s.cc", 1}};
  const std::vector<SiteName> after{{"load()", "*", "b.cc", 1}, {"save()", "*", "s.cc", 1}};
  const std::vector<SiteMatch> matches = match_sites(before, after, no_paths, no_paths);
  ASSERT_EQ(matches.size(), 2u);
  for (const SiteMatch& match : matches) EXPECT_EQ(match.kind, MatchKind::moved);
}

TEST(SiteMatch, WithoutDebugInformationOnOneSideNothingIsMoved) {
  const std::vector<SiteMatch> matches =
      match_sites({{"load()", "*", "a.cc", 1}}, {{"load()", "*", "", 1}}, no_paths, no_paths);
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].kind, MatchKind::exact);
}

TEST(SiteMatch, AddressesOfTwoBuildsAreNeverOneByAccident) {
  const std::vector<SiteName> before{{"0x12ab in libfoo.so", "libfoo.so", "", 1}};
  const std::vector<SiteName> after{{"0x12ac in libfoo.so", "libfoo.so", "", 1}};
  EXPECT_TRUE(match_sites(before, after, no_paths, no_paths).empty());
}

// Random programs: functions of some templates with arguments that one side has renamed, in any order.
TEST(SiteMatch, PermutedAndRenamedSitesFindEachOther) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = 1 + random() % 40;
    std::vector<SiteName> before, after;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "f" + std::to_string(i / 3);
      const std::string argument = std::to_string(i);
      const auto text = [&](const std::string& type) {
        return "void ns::" + name + "<" + type + ">(" + type + " const&)";
      };
      const std::uint64_t weight = random() % 100;
      before.push_back({text("Old" + argument), "*", "f.cc", weight});
      after.push_back({random() % 2 == 0 ? text("Old" + argument) : text("New" + argument), "*", "f.cc", weight});
    }
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    std::vector<SiteName> shuffled;
    for (const std::size_t i : order) shuffled.push_back(after[i]);
    const auto paths = [](std::size_t i) { return std::vector<std::uint64_t>{i}; };
    const std::vector<SiteMatch> matches =
        match_sites(before, shuffled, paths, [&](std::size_t i) { return paths(order[i]); });
    ASSERT_EQ(matches.size(), count);
    std::set<std::size_t> used;
    for (const SiteMatch& match : matches) {
      EXPECT_EQ(order[match.after], match.before);
      EXPECT_TRUE(used.insert(match.after).second);
    }
  }
}

}  // namespace
}  // namespace heaptape
