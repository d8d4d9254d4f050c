// What tracked variables own over time, told event by event.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "analyzer/variables.h"
#include "tests/analyzer/tape_maker.h"

namespace heaptape {
namespace {

using How = VariablesReport::How;
using Point = VariablesReport::Point;
using Owned = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

class Ownership : public ::testing::Test {
 protected:
  VariablesReport report() {
    const TapeReader tape = maker.finish();
    Symbols symbols(tape);
    return variables(tape, symbols);
  }
  // A variable without a block, then one of 64 bytes at 0x1000.
  std::uint32_t vector_of_one_buffer() {
    const std::uint32_t scope = maker.track("numbers", {});
    maker.at(10'000);
    maker.birth(0x1000, 64, site);
    maker.read(scope, {{0x1000, 0}});
    return scope;
  }

  TapeMaker maker;
  StackId site = maker.in_program(0x2000);
  StackId elsewhere = maker.in_program(0x3000);
};

std::string in_short(const std::vector<Point>& history) {
  std::string text;
  for (const Point& point : history)
    text +=
        std::string(name_of(point.how)) + " " + std::to_string(point.blocks) + "/" + std::to_string(point.bytes) + ", ";
  return text;
}

TEST_F(Ownership, IsWhatReadingsFound) {
  const std::uint32_t scope = vector_of_one_buffer();
  maker.at(20'000);
  maker.birth(0x2000, 100, site);
  maker.read(scope, {{0x1000, 0}, {0x2010, 3}});
  maker.mark("both");
  maker.at(30'000);
  maker.read(scope, {});
  maker.end_scope(scope);
  const VariablesReport::Variable variable = report().variables.at(0);
  const VariablesReport::Scope& only = variable.details.at(0);
  EXPECT_EQ(in_short(only.history), "tracked 0/0, read 1/64, mark 2/164, scope_end 0/0, ");
  EXPECT_EQ(only.history[2].mark, "both");
  EXPECT_EQ(only.history[2].use_count, 3u);
  EXPECT_EQ(only.blocks, 2u);
  EXPECT_EQ(only.bytes, 164u);
  EXPECT_EQ(only.peak_bytes, 164u);
  EXPECT_FALSE(only.peak_is_inferred);
  EXPECT_EQ(only.end_ns, 30'000u);
  EXPECT_EQ(variable.open, 0u);
}

TEST_F(Ownership, OfAGrowingVectorsNewBufferIsInferredAndConfirmed) {
  const std::uint32_t scope = vector_of_one_buffer();
  for (std::uint64_t size = 128, old = 0x1000, now = 0x5000; size <= 512; size *= 2, old = now, now += 0x1000) {
    maker.at(size * 1'000);
    maker.birth(now, size, site);
    maker.release(old);
  }
  maker.at(600'000);
  maker.read(scope, {{0x7000, 0}});
  const VariablesReport::Variable variable = report().variables.at(0);
  EXPECT_EQ(in_short(variable.details.at(0).history),
            "tracked 0/0, read 1/64, replaced 1/128, replaced 1/256, replaced 1/512, read 1/512, ");
  EXPECT_EQ(variable.inferred, 3u);
  EXPECT_EQ(variable.confirmed, 1u) << "the others were gone by then";
  EXPECT_EQ(variable.blocks, 2u) << "of what is inferred, only what was read counts as owned";
  EXPECT_EQ(variable.open, 1u);
}

TEST_F(Ownership, FollowsARealloc) {
  const std::uint32_t scope = vector_of_one_buffer();
  maker.at(20'000);
  maker.release(0x1000, {}, Function::realloc);
  Event moved{.time_ns = 20'000, .address = 0x8000, .size = 256, .stack = site, .kind = EventKind::birth};
  moved.function = Function::realloc;
  maker.event(moved);
  maker.at(30'000);
  maker.read(scope, {{0x8000, 0}});
  const VariablesReport::Variable variable = report().variables.at(0);
  EXPECT_EQ(in_short(variable.details.at(0).history), "tracked 0/0, read 1/64, replaced 1/256, read 1/256, ");
  EXPECT_EQ(variable.confirmed, 1u);
}

TEST_F(Ownership, OfABlockWhoseReallocFailedIsAsBefore) {
  const std::uint32_t scope = vector_of_one_buffer();
  maker.at(20'000);
  maker.release(0x1000, {}, Function::realloc);
  maker.restored(0x1000);
  maker.at(30'000);
  maker.read(scope, {{0x1000, 0}});
  const VariablesReport::Variable variable = report().variables.at(0);
  EXPECT_EQ(variable.details.at(0).history.back().bytes, 64u);
  EXPECT_EQ(variable.inferred, 0u);
  EXPECT_EQ(variable.blocks, 1u);
}

// Meanwhile another thread releases what is owned, too.
TEST_F(Ownership, OfABlockWhoseReallocFailedIsAsBeforeWhateverOtherThreadsDo) {
  const ThreadId other = maker.thread("other");
  maker.birth(0x9000, 32, site, other);
  const std::uint32_t scope = maker.track("numbers", {}), second = maker.track("rest", {{0x9000, 0}});
  maker.birth(0x1000, 64, site);
  maker.read(scope, {{0x1000, 0}});
  maker.at(20'000);
  maker.release(0x1000, {}, Function::realloc);
  maker.release(0x9000, other, Function::realloc);
  maker.restored(0x1000);
  maker.at(30'000);
  maker.read(second, {{0x1000, 0}});
  const VariablesReport all = report();
  const VariablesReport::Scope& numbers = all.variables.at(0).details.at(0);
  EXPECT_EQ(numbers.history.back().bytes, 64u) << in_short(numbers.history);
  EXPECT_EQ(all.variables.at(1).details.at(0).blocks, 1u) << "what numbers owns is not its own";
  ASSERT_EQ(all.variables.at(1).details.at(0).shared.size(), 1u);
}

TEST_F(Ownership, IsNotInferredFromAnotherSiteASmallerBlockOrAnOlderOne) {
  maker.birth(0x4000, 1000, site);  // older than what it would replace
  vector_of_one_buffer();
  maker.at(20'000);
  maker.birth(0x5000, 128, elsewhere);
  maker.birth(0x6000, 32, site);
  maker.release(0x1000);
  const VariablesReport::Variable variable = report().variables.at(0);
  EXPECT_EQ(in_short(variable.details.at(0).history), "tracked 0/0, read 1/64, released 0/0, ");
  EXPECT_EQ(variable.inferred, 0u);
}

TEST_F(Ownership, ThatWasGuessedYieldsToWhoeverIsReadToOwnIt) {
  vector_of_one_buffer();
  maker.at(20'000);
  maker.birth(0x5000, 128, site);
  maker.release(0x1000);  // as if numbers had grown
  maker.track("other", {{0x5000, 0}});
  const VariablesReport all = report();
  EXPECT_EQ(all.variables.at(1).blocks, 1u);
  EXPECT_EQ(all.variables.at(0).confirmed, 0u);
  EXPECT_TRUE(all.variables.at(1).details.at(0).shared.empty());
}

TEST_F(Ownership, OfASharedBlockIsItsFirstOwnersAndTheCloneSaysSo) {
  maker.birth(0x1000, 40, site);
  maker.birth(0x2000, 12, site);
  maker.track("table", {{0x1000, 1}, {0x2000, 0}});
  const std::uint32_t clone = maker.track("view", {{0x1010, 2}, {0x2000, 0}});
  maker.end_scope(clone);
  const VariablesReport all = report();
  const VariablesReport::Scope& view = all.variables.at(1).details.at(0);
  EXPECT_EQ(view.blocks, 0u);
  EXPECT_EQ(view.max_use_count, 2u);
  ASSERT_EQ(view.shared.size(), 1u);
  EXPECT_EQ(view.shared[0].owner, "table");
  EXPECT_EQ(view.shared[0].blocks, 2u);
  EXPECT_EQ(view.shared[0].bytes, 52u);
}

TEST_F(Ownership, OfManyScopesAndChangesIsBoundedAndItsSumsAreWhole) {
  constexpr std::uint64_t kScopes = 100, kReads = 1000;
  for (std::uint64_t i = 0; i < kScopes; ++i) {
    const std::uint32_t scope = maker.track("again", {});
    for (std::uint64_t k = 0; k < (i == 0 ? kReads : 1); ++k) {
      maker.at(1'000'000 * i + 10'000 * k);
      maker.birth(0x1000, k + 1, site);
      maker.read(scope, {{0x1000, 0}});
      maker.release(0x1000);
    }
    maker.end_scope(scope);
  }
  const VariablesReport::Variable variable = report().variables.at(0);
  EXPECT_EQ(variable.scopes, kScopes);
  EXPECT_EQ(variable.blocks, kReads + kScopes - 1);
  EXPECT_EQ(variable.peak_bytes, kReads);
  EXPECT_EQ(variable.details.size(), VariablesReport::kMostScopes);
  const VariablesReport::Scope& first = variable.details[0];
  EXPECT_LE(first.history.size(), VariablesReport::kMostPoints);
  EXPECT_EQ(first.history.size() + first.points_left_out, 1 + 2 * kReads);
  EXPECT_TRUE(std::is_sorted(first.history.begin(), first.history.end(),
                             [](const Point& a, const Point& b) { return a.time_ns < b.time_ns; }));
}

// By readings alone the report must agree with the summary, whatever happens.
class RandomOwners : public ::testing::TestWithParam<unsigned> {};

// The first `count` of what happens; a mark "here" after half of all.
TapeReader story_of_owners(TapeMaker& maker, unsigned seed, std::uint64_t count, std::uint64_t all) {
  std::mt19937 random(seed);
  const auto one_of = [&](std::uint64_t n) { return random() % n; };
  const StackId sites[] = {maker.in_program(0x2000), maker.in_program(0x3000)};
  std::map<std::uint64_t, std::uint64_t> live;
  std::vector<std::uint32_t> scopes;
  const auto some = [&] {
    Owned owned;
    for (const auto& [address, size] : live)
      if (one_of(3) == 0) owned.emplace_back(address + one_of(size), one_of(3));
    return owned;
  };
  for (std::uint64_t i = 0; i < count; ++i) {
    maker.at(i * 1'000);
    if (i == all / 2) maker.mark("here");
    const std::uint64_t address = 0x1000 * (1 + one_of(8));
    switch (one_of(6)) {
      case 0:
        if (scopes.size() < 5) scopes.push_back(maker.track("v" + std::to_string(one_of(3)), some()));
        break;
      case 1:
        if (!scopes.empty()) maker.read(scopes[one_of(scopes.size())], some());
        break;
      case 2:
        if (!scopes.empty() && one_of(4) == 0) {
          const std::uint64_t which = one_of(scopes.size());
          maker.end_scope(scopes[which]);
          scopes.erase(scopes.begin() + static_cast<std::ptrdiff_t>(which));
        }
        break;
      default:
        if (live.erase(address) != 0) {
          maker.release(address);
        } else {
          live[address] = 1 + one_of(0x800);
          maker.birth(address, live[address], sites[one_of(2)]);
        }
    }
  }
  return maker.finish();
}

TEST_P(RandomOwners, OwnAsMuchAsTheSummarySays) {
  TapeMaker maker;
  const TapeReader tape = story_of_owners(maker, GetParam(), 2000, 2000);
  Symbols symbols(tape);
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> owned, expected;
  std::uint64_t scopes_told = 0;
  for (const VariablesReport::Variable& variable : variables(tape, symbols).variables) {
    owned[variable.name].first += variable.blocks;
    owned[variable.name].second += variable.bytes;
    scopes_told += variable.scopes;
  }
  const SummaryReport whole = summary(tape, Layer::all);
  for (const VariableReport& scope : whole.variables) {
    expected[scope.name].first += scope.blocks;
    expected[scope.name].second += scope.bytes;
  }
  EXPECT_EQ(owned, expected);
  EXPECT_EQ(scopes_told, whole.variables.size());
}

Json variables_json(const TapeReader& tape, const std::optional<Instant>& from, const std::optional<Instant>& to) {
  Symbols symbols(tape);
  const Selection selection(tape, {.layer = Layer::user, .from = from, .to = to}, symbols);
  return to_json(variables(tape, selection, symbols))["variables"];
}

const Instant kHere{.kind = Instant::Kind::mark, .mark = "here"};

TEST_P(RandomOwners, UpToAnInstantAreThoseOfATapeThatEndsThere) {
  TapeMaker whole, half;
  const TapeReader all = story_of_owners(whole, GetParam(), 1000, 1000);
  const TapeReader some = story_of_owners(half, GetParam(), 500, 1000);
  EXPECT_EQ(variables_json(all, std::nullopt, kHere), variables_json(some, std::nullopt, std::nullopt));
}

// What was owned at the instant, and then the changes that the whole tape has.
TEST_P(RandomOwners, FromAnInstantOnGoOnAsInTheWholeTape) {
  TapeMaker maker;
  const TapeReader tape = story_of_owners(maker, GetParam(), 400, 400);
  std::map<std::uint32_t, Json> whole;
  std::size_t compared = 0, expected = 0;
  const std::uint64_t here = time_of(tape, kHere, Layer::user);
  for (const Json& variable : variables_json(tape, std::nullopt, std::nullopt)) {
    for (const Json& scope : variable["details"]) {
      whole[scope["scope"]] = scope;
      // One that ended in the step of the clock that the mark is in may have ended before it, or after.
      if (scope["end_ns"].is_null() || scope["end_ns"] > here) ++expected;
    }
  }
  for (const Json& variable : variables_json(tape, kHere, std::nullopt)) {
    EXPECT_EQ(variable["scopes"], variable["details"].size());
    std::uint64_t blocks = 0, peak = 0;
    for (const Json& scope : variable["details"]) {
      const Json& of_whole = whole.at(scope["scope"]);
      const Json &history = scope["history"], &all = of_whole["history"];
      ASSERT_EQ(of_whole["points_left_out"], 0u);
      ASSERT_GE(all.size(), history.size());
      for (std::size_t i = 0; i < history.size(); ++i) {
        Json point = history[i], other = all[all.size() - history.size() + i];
        if (i == 0) point.erase("time_ns"), other.erase("time_ns");
        EXPECT_EQ(point, other) << scope["scope"] << " " << i;
        peak = std::max(peak, point["bytes"].get<std::uint64_t>());
      }
      EXPECT_EQ(scope["end_ns"], of_whole["end_ns"]);
      EXPECT_LE(scope["blocks"], of_whole["blocks"]);
      blocks += scope["blocks"].get<std::uint64_t>();
      compared += scope["end_ns"].is_null() || scope["end_ns"] > here;
    }
    EXPECT_EQ(variable["blocks"], blocks);
    EXPECT_GE(variable["peak_bytes"], peak);
  }
  EXPECT_EQ(compared, expected);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomOwners, ::testing::Range(0u, 20u));

}  // namespace
}  // namespace heaptape
