// Which calls the recorder gets, and in which order.
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fake_recorder.h"

namespace heaptape::fake {
namespace {

using Lines = std::vector<std::string>;

TEST(PublicHeader, EachPlainCallReachesTheRecorder) {
  forget();
  heaptape_start();
  heaptape_mark("load");
  heaptape_flush();
  heaptape_stop();
  EXPECT_EQ(calls(), (Lines{"start", "mark load", "flush", "stop"}));
}

TEST(PublicHeader, AScopeIsReadWhenItBeginsAndBeforeItEnds) {
  forget();
  {
    int plain = 0;
    HEAPTAPE_TRACK(plain);
  }
  EXPECT_EQ(calls(), (Lines{"begin 1", "read 1", "read 1", "end 1"}));
}

TEST(PublicHeader, TheSiteNamesVariableTypeAndPlace) {
  std::vector<std::string> names;
  HEAPTAPE_TRACK(names);
  const unsigned line = __LINE__ - 1;
  EXPECT_STREQ(last_site().name, "names");
  EXPECT_STREQ(last_site().type, "std::vector<std::string>");
  EXPECT_NE(std::strstr(last_site().file, "public_header_calls.cc"), nullptr);
  EXPECT_EQ(last_site().line, line);
  EXPECT_EQ(last_size_of_variable(), sizeof names);
}

TEST(PublicHeader, TwoVariablesMayBeTrackedOnOneLine) {
  forget();
  {
    int first = 1, second = 2;
    // clang-format off
    HEAPTAPE_TRACK(first); HEAPTAPE_TRACK(second);
    // clang-format on
    EXPECT_STREQ(last_site().name, "second");
  }
  EXPECT_EQ(calls(), (Lines{"begin 1", "read 1", "begin 2", "read 2", "read 2", "end 2", "read 1", "end 1"}));
}

TEST(PublicHeader, RetrackReadsThatVariableAlone) {
  int first = 1, second = 2;
  forget();
  HEAPTAPE_TRACK(first);
  HEAPTAPE_TRACK(second);
  forget();
  HEAPTAPE_RETRACK(first);
  EXPECT_EQ(calls(), (Lines{"read 1"}));
}

TEST(PublicHeader, RetrackOfAVariableThatIsNotTrackedDoesNothing) {
  const int other = 3;
  forget();
  HEAPTAPE_RETRACK(other);
  EXPECT_TRUE(calls().empty());
}

TEST(PublicHeader, AMarkReadsAllTrackedVariablesOfItsThreadBefore) {
  int first = 1, second = 2;
  forget();
  HEAPTAPE_TRACK(first);
  HEAPTAPE_TRACK(second);
  forget();
  heaptape_mark("phase");
  EXPECT_EQ(calls(), (Lines{"read 2", "read 1", "mark phase"}));
}

TEST(PublicHeader, AMarkOfAnotherThreadReadsNothingOfThisOne) {
  int here = 1;
  HEAPTAPE_TRACK(here);
  forget();
  std::thread([] { heaptape_mark("there"); }).join();
  EXPECT_EQ(calls(), (Lines{"mark there"}));
}

TEST(PublicHeader, ScopesMayEndInAnyOrder) {
  int state = 0;
  const auto place = [] { return heaptape_site{"state", nullptr, __FILE__, __LINE__}; };
  std::optional<detail::Guard> first, second, third;  // as in coroutines, whose frames outlive the call
  first.emplace(state, place);
  second.emplace(state, place);
  third.emplace(state, place);
  forget();
  second.reset();
  heaptape_mark("a");
  third.reset();
  first.reset();
  heaptape_mark("b");
  EXPECT_EQ(calls(),
            (Lines{"read 2", "end 2", "read 3", "read 1", "mark a", "read 3", "end 3", "read 1", "end 1", "mark b"}));
}

TEST(PublicHeader, AScopeThatIsNotRecordedTellsNothing) {
  forget();
  record_scopes(false);
  {
    std::string text(100, 'x');
    HEAPTAPE_TRACK(text);
    HEAPTAPE_RETRACK(text);
  }
  record_scopes(true);
  EXPECT_TRUE(calls().empty());
}

TEST(PublicHeader, AReferenceTracksWhatItRefersTo) {
  const std::string text(100, 'x');
  const std::string& alias = text;
  EXPECT_EQ(reading_of(alias).owned, (std::vector<Owned>{{text.data(), 0}}));
}

}  // namespace
}  // namespace heaptape::fake
