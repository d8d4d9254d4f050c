// heaptape check: verdicts against the summary's figures, statuses, files, and bad budgets.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/cli/broken_tapes.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

using Json = nlohmann::json;

// Whether a function is named with its place. How it was compiled decides whether its parameters are known.
bool names(const std::string& text, const std::string& function, const std::string& file) {
  return std::regex_search(text, std::regex(" " + function + R"((\([^()]*\))? \()" + file + ":"));
}

class Check : public ::testing::Test {
 protected:
  std::string budget(const std::string& toml) const {
    write_file(scratch.file("budget.toml"), toml);
    return scratch.file("budget.toml");
  }
  Finished check(const std::string& tape, const std::string& toml, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"check", tape, "--budget", budget(toml)};
    words.insert(words.end(), more.begin(), more.end());
    return heaptape(words);
  }
  Json checked(const std::string& tape, const std::string& toml, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"--json", scratch.file("check.json"), "--force"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(check(tape, toml, words).err, "");
    return Json::parse(read_file(scratch.file("check.json")));
  }
  void expect_refused(const std::string& tape, const std::string& toml, int status, const std::string& part) const {
    testing::expect_refused(check(tape, toml), status, part);
  }
  // Of the sample without its names.
  std::string stripped_tape() const {
    const std::string program = scratch.file("stripped"), tape = scratch.file("stripped.tape");
    EXPECT_EQ(run_command({"strip", "-o", program, sample("leaking")}).status, 0);
    EXPECT_EQ(record(tape, {program}).status, 0);
    return tape;
  }
  const ScratchFolder scratch;
  const std::string leaking = tape_of("leaking");
};

std::uint64_t figure_of(const std::string& tape, const std::string& layer, const std::string& key) {
  return json_answer({"summary", tape, "--layer", layer})[key].get<std::uint64_t>();
}

TEST_F(Check, AFigureIsTheSummarysAndItsLimitIsTheLastThatIsMet) {
  const std::pair<const char*, const char*> figures[] = {{"peak", "peak_bytes"},
                                                         {"live_at_end", "live_bytes"},
                                                         {"allocations", "allocations"},
                                                         {"allocated", "allocated_bytes"},
                                                         {"temporary", "temporary"}};
  for (const std::string layer : {"program", "all"}) {
    for (const auto& [word, key] : figures) {
      const std::string tape = tape_of("phases");
      const std::uint64_t value = figure_of(tape, layer, key);
      const std::string section = "[layer." + layer + "]\n" + word + " = ";
      const Json met = checked(tape, section + std::to_string(value));
      EXPECT_EQ(met["tapes"][0]["checks"][0]["value"], value) << word;
      EXPECT_EQ(met["verdict"], "ok") << word;
      EXPECT_EQ(check(tape, section + std::to_string(value)).status, 0) << word;
      EXPECT_EQ(check(tape, section + std::to_string(value - 1)).status, 1) << word;
    }
  }
}

TEST_F(Check, ARangesFiguresAreThoseOfTopAndLeaks) {
  const std::string tape = tape_of("phases");
  for (const std::string layer : {"program", "all"}) {
    const std::vector<std::string> range{"--layer", layer, "--from", "mark:build", "--to", "mark:query"};
    const auto ranged = [&](const std::string& report, const std::vector<std::string>& more = {}) {
      std::vector<std::string> words{report, tape};
      for (const auto* list : {&range, &more}) words.insert(words.end(), list->begin(), list->end());
      return json_answer(words);
    };
    const Json top = ranged("top"), leaks = ranged("leaks");
    const std::map<std::string, std::uint64_t> expected{
        {"peak", top["peak"]["bytes"]},
        {"allocations", top["total"]["allocations"]},
        {"allocated", top["total"]["allocated_bytes"]},
        {"temporary", top["total"]["temporary"]},
        {"leaked", leaks["bytes"]},
        {"live_at_end", leaks["bytes"].get<std::uint64_t>() + leaks["residue_bytes"].get<std::uint64_t>()},
        {"allocations_in",
         ranged("top", {"--function", "*::build", "--function", "*::build(*"})["total"]["allocations"]}};
    const auto toml = [&](std::uint64_t less) {
      std::string text = "[[range]]\nname = \"building\"\nfrom = \"mark:build\"\nto = \"mark:query\"\nlayer = \"" +
                         layer + "\"\n",
                  in;
      for (const auto& [figure, value] : expected)
        (figure == "allocations_in" ? in : text) +=
            (figure == "allocations_in" ? "[range.allocations_in]\nbuild" : figure) + " = " +
            std::to_string(value - std::min(value, less)) + "\n";
      return text + in;
    };
    const Json met = checked(tape, toml(0));
    EXPECT_EQ(met["verdict"], "ok");
    EXPECT_EQ(met["tapes"][0]["checks"].size(), expected.size());
    for (const Json& item : met["tapes"][0]["checks"]) {
      EXPECT_EQ(item["value"], expected.at(item["figure"])) << item.dump();
      EXPECT_EQ(item["range"], "building");
      EXPECT_EQ(item["layer"], layer);
    }
    for (const char* end : {"from", "to"}) EXPECT_EQ(met["tapes"][0]["ranges"][0][end], top["selection"][end]);
    for (const Json& item : checked(tape, toml(1))["tapes"][0]["checks"])
      EXPECT_EQ(item["verdict"], item["value"] == 0 ? "ok" : "exceeded") << item.dump();
  }
}

TEST_F(Check, ARangeStandsInEveryForm) {
  const std::string toml = "[[range]]\nname = \"late\"\nfrom = \"mark:100 requests#2\"\nallocations = 0\n";
  const std::vector<std::string> files{"--junit", scratch.file("c.xml"), "--markdown", scratch.file("c.md")};
  const Finished run = check(leaking, toml, files);
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(contains(line_with(run.out, "allocations, range 'late'"), "exceeded")) << run.out;
  EXPECT_TRUE(contains(run.out, "  range 'late': from mark:100 requests#2 (")) << run.out;
  const std::string xml = read_file(scratch.file("c.xml")), markdown = read_file(scratch.file("c.md"));
  EXPECT_TRUE(contains(xml, "name=\"allocations, range &apos;late&apos;\"") ||
              contains(xml, "name=\"allocations, range 'late'\"") || contains(xml, "range &#39;late&#39;\""))
      << xml;
  EXPECT_TRUE(contains(markdown, "| **exceeded** | allocations, range 'late' |")) << markdown;
  EXPECT_TRUE(contains(markdown, "- range 'late': from mark:100 requests")) << markdown;
}

TEST_F(Check, ARangeIsComparedWithTheBaselinesOwn) {
  const std::string before = tape_of("before/cache"), after = tape_of("after/cache");
  const std::string range = "[[range]]\nname = \"late\"\nfrom = \"mark:100 requests#2\"\n";
  const auto with_baseline = [&](const std::string& tape, const std::string& base, const std::string& toml) {
    return heaptape(
        {"check", tape, "--budget", budget(toml), "--json", scratch.file("r.json"), "--force", "--baseline", base});
  };
  EXPECT_EQ(with_baseline(before, before, range).status, 0);
  const Finished grown = with_baseline(after, before, range);
  EXPECT_EQ(grown.status, 1);
  EXPECT_TRUE(contains(line_with(grown.out, "temporary, range 'late' (baseline)"), "exceeded")) << grown.out;
  const std::vector<std::string> selection{"--from", "mark:100 requests#2", "--cost", "temporary"};
  for (const Json& item : Json::parse(read_file(scratch.file("r.json")))["tapes"][0]["checks"]) {
    if (item.value("range", "") != "late" || item["figure"] != "temporary") continue;
    std::vector<std::string> words{"top", after};
    words.insert(words.end(), selection.begin(), selection.end());
    EXPECT_EQ(item["value"], json_answer(words)["total"]["temporary"]);
    std::int64_t grew = 0;
    for (const Json& site : item["sites"])
      grew += site["value"].get<std::int64_t>() - site["before"].get<std::int64_t>();
    EXPECT_EQ(grew, item["value"].get<std::int64_t>() - item["baseline"]["median"].get<std::int64_t>());
  }
  EXPECT_EQ(with_baseline(after, before, range + "[tolerance]\ndefault = \"5000 %\"\ntemporary = 100_000").status, 0);
  // An aggregate has no ranges: where one has limits they are all that it is held to.
  const std::string aggregate = scratch.file("aggregate.tape");
  answer({"pack", before, "--keep", "aggregate", "-o", aggregate});
  const Finished alone = with_baseline(before, aggregate, range + "allocations = 1_000_000");
  EXPECT_EQ(alone.status, 0) << alone.out << alone.err;
  EXPECT_TRUE(contains(alone.out, "there it is compared with no baseline")) << alone.out;
  const Finished refused = with_baseline(before, aggregate, range);
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(is_one_sentence(refused.err) && contains(refused.err, "as an aggregate only")) << refused.err;
}

TEST_F(Check, AnExceededBudgetNamesTheSitesThatMakeIt) {
  const Finished run = check(leaking, "leaked = \"16 KiB\"\nallocations = 10_000");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(contains(line_with(run.out, "  leaked"), "exceeded")) << run.out;
  EXPECT_TRUE(contains(line_with(run.out, "  allocations"), "ok")) << run.out;
  EXPECT_TRUE(names(run.out, "answer", "leaking.cc")) << run.out;
  EXPECT_TRUE(contains(run.out, "exceeded: 1 of 2 figures")) << run.out;
  const Json sites = checked(leaking, "leaked = 0")["tapes"][0]["checks"][0]["sites"];
  std::uint64_t sum = 0;
  for (const Json& site : sites) sum += site["value"].get<std::uint64_t>();
  EXPECT_EQ(sum, json_answer({"leaks", leaking})["bytes"].get<std::uint64_t>());
}

TEST_F(Check, AllocationsInAFunctionAreThoseOfItAndOfWhatItCalls) {
  const Json both = checked(tape_of("phases"), "[allocations_in]\nmain = 0\nload = 0\nquery = 0\nbuild = 0\n");
  std::map<std::string, std::uint64_t> value;
  for (const Json& item : both["tapes"][0]["checks"]) value[item["name"]] = item["value"];
  EXPECT_GT(value["load"], 20000u);
  EXPECT_EQ(value["query"], 10000u);
  EXPECT_GE(value["main"], value["load"] + value["query"] + value["build"]);
}

TEST_F(Check, AFunctionThatIsNotThereIsSaid) {
  const Finished run = check(leaking, "[allocations_in]\n\"no::such\" = 0");
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(contains(run.out, "no such function is on the tape; is its name right?")) << run.out;
}

TEST_F(Check, GrowthIsTheMeanFromOneMarkToTheNext) {
  const std::string begin = "mark:100 requests", end = "mark:100 requests#5";
  const auto live_at = [&](const std::string& mark) {
    return json_answer({"diff", leaking, leaking, "--align", mark})["total"]["live_bytes"]["new"].get<std::uint64_t>();
  };
  const std::uint64_t growth = (live_at(end) - live_at(begin) + 3) / 4;
  for (const std::string key : {"growth_per_mark = ", "[growth_per_mark]\n\"100 requests\" = "}) {
    EXPECT_EQ(checked(leaking, key + "1")["tapes"][0]["checks"][0]["value"], growth);
    EXPECT_EQ(check(leaking, key + std::to_string(growth)).status, 0);
    const Finished exceeded = check(leaking, key + std::to_string(growth - 1));
    EXPECT_EQ(exceeded.status, 1);
    EXPECT_TRUE(names(exceeded.out, "answer", "leaking.cc")) << exceeded.out;
  }
}

TEST_F(Check, WhatIsAllowedForDoesNotCountUntilItExpires) {
  const auto with = [&](const std::string& until) {
    return "leaked = \"34 KiB\"\n[[allow]]\nfunction = \"load_settings\"\nreason = \"issue 12\"\nuntil = " + until;
  };
  const Json allowed = checked(leaking, with("2999-01-31"));
  EXPECT_EQ(allowed["verdict"], "ok");
  EXPECT_EQ(allowed["tapes"][0]["checks"][0]["allowed"], 4096);
  EXPECT_EQ(allowed["allowances"][0]["used"], true);
  const Finished expired = check(leaking, with("2020-01-31"));
  EXPECT_EQ(expired.status, 1);
  EXPECT_TRUE(contains(expired.out, "the allowance for load_settings (issue 12) expired on 2020-01-31")) << expired.out;
  EXPECT_TRUE(names(expired.out, "load_settings", "leaking.cc")) << expired.out;
}

TEST_F(Check, AnAllowanceIsForTheFiguresThatItNames) {
  const Finished run = check(leaking,
                             "leaked = \"34 KiB\"\n[[allow]]\nfunction = \"load_settings\"\nreason = \"x\"\n"
                             "until = 2999-01-31\nfor = [\"peak\"]");
  EXPECT_EQ(run.status, 1);
}

TEST_F(Check, ABaselineOfItselfIsMetAndAGrownRunIsNot) {
  const std::string before = tape_of("before/cache"), after = tape_of("after/cache");
  EXPECT_EQ(heaptape({"check", before, "--baseline", before}).status, 0);
  const Finished grown = heaptape({"check", after, "--baseline", before});
  EXPECT_EQ(grown.status, 1);
  EXPECT_TRUE(contains(grown.out, "Cache::render")) << grown.out;
  EXPECT_EQ(heaptape({"check", after, "--tolerance", "1000%", "temporary=1000", "--baseline", before}).status, 0);
  EXPECT_EQ(heaptape({"check", after, "--tolerance", "1000%", "peak=1KiB", "--baseline", before}).status, 1);
}

TEST_F(Check, AnAggregateIsABaseline) {
  answer({"pack", leaking, "--keep", "aggregate", "-o", scratch.file("base.tape")});
  const Finished run = heaptape({"check", leaking, "--layer", "all", "--baseline", scratch.file("base.tape")});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_FALSE(contains(run.out, "note: ")) << run.out;
  const Finished growth = check(scratch.file("base.tape"), "growth_per_mark = 1");
  EXPECT_EQ(growth.status, 2);
  EXPECT_TRUE(is_one_sentence(growth.err) && contains(growth.err, "as an aggregate only")) << growth.err;
}

TEST_F(Check, WhatAStrippedProgramDoesNotNameIsUnknown) {
  const std::string tape = stripped_tape(), toml = "[allocations_in]\nanswer = 1";
  const Finished run = check(tape, toml);
  EXPECT_EQ(run.status, 4) << run.out;
  EXPECT_TRUE(contains(run.out, "have no names")) << run.out;
  // Its names lie elsewhere.
  const std::string folder = scratch.file("debug"), debug = folder + "/stripped.debug";
  ASSERT_EQ(run_command({"mkdir", folder}).status, 0);
  ASSERT_EQ(run_command({"objcopy", "--only-keep-debug", sample("leaking"), debug}).status, 0);
  const std::vector<std::string> sources{"--symbol-cache", "off", "--debug-path", folder};
  const Finished named = check(tape, toml, sources);
  EXPECT_EQ(named.status, 1) << named.out;
  EXPECT_TRUE(names(named.out, "answer", "leaking.cc")) << named.out;
  std::vector<std::string> words{"diff", tape, leaking, "--any-program", "--cost", "count"};
  EXPECT_FALSE(json_answer(words)["sites"].empty());
  words.insert(words.end(), sources.begin(), sources.end());
  EXPECT_TRUE(json_answer(words)["sites"].empty()) << "the same program, with all its names";
}

TEST_F(Check, NamesComeFromAServerWhereThatIsWanted) {
  void* const client = dlopen("libdebuginfod.so.1", RTLD_LAZY);
  if (client == nullptr) GTEST_SKIP() << "libdebuginfod is not installed";
  dlclose(client);
  const std::string tape = stripped_tape();
  const std::string notes = run_command({"readelf", "-n", scratch.file("stripped")}).out;
  const std::string key = "Build ID: ", build_id = notes.substr(notes.find(key) + key.size(), 40);
  // debuginfod's client takes a folder for a server.
  const std::string served = scratch.file("served/buildid/" + build_id);
  ASSERT_EQ(run_command({"mkdir", "-p", served}).status, 0);
  ASSERT_EQ(run_command({"objcopy", "--only-keep-debug", sample("leaking"), served + "/debuginfo"}).status, 0);
  std::vector<std::string> words{"check",          tape, "--budget", budget("[allocations_in]\nanswer = 1"),
                                 "--symbol-cache", "off"};
  const CommandOptions where{.input = "",
                             .folder = "",
                             .environment = {"DEBUGINFOD_URLS=file://" + scratch.file("served"),
                                             "DEBUGINFOD_CACHE_PATH=" + scratch.file("downloads")}};
  EXPECT_EQ(heaptape(words, where).status, 4) << "it is not asked unless that is wanted";
  EXPECT_EQ(run_command({"ls", scratch.file("downloads")}).out, "");
  words.emplace_back("--debuginfod");
  const Finished named = heaptape(words, where);
  EXPECT_EQ(named.status, 1) << named.out << named.err;
  EXPECT_TRUE(names(named.out, "answer", "leaking.cc")) << named.out;
}

TEST_F(Check, TheSpreadOfSeveralBaselinesIsLearnt) {
  const std::string before = tape_of("before/cache"), after = tape_of("after/cache");
  const Json report = [&] {
    const std::string file = scratch.file("learnt.json");
    EXPECT_EQ(heaptape({"check", after, "--json", file, "--baseline", before, after, before}).status, 0);
    return Json::parse(read_file(file));
  }();
  for (const Json& item : report["tapes"][0]["checks"]) {
    const Json& base = item["baseline"];
    EXPECT_EQ(item["limit"].get<std::uint64_t>(),
              2 * base["high"].get<std::uint64_t>() - base["low"].get<std::uint64_t>());
  }
}

TEST_F(Check, TheSamplesBudgetPassesBeforeAndCatchesTheRegression) {
  const std::string file = sample("../../../samples/budget.toml");
  const Finished before = heaptape({"check", tape_of("before/cache"), "--budget", file});
  EXPECT_EQ(before.status, 0) << before.out << before.err;
  const Finished after = heaptape({"check", tape_of("after/cache"), "--budget", file});
  EXPECT_EQ(after.status, 1) << after.err;
  EXPECT_TRUE(names(after.out, "log_line", "cache.cc")) << after.out;
}

TEST_F(Check, ATapeThatIsNotWholeNeverPasses) {
  write_file(scratch.file("cut.tape"), cut_in_half(read_file(tape_of("phases"))));
  const Finished cut = check(scratch.file("cut.tape"), "peak = \"1 GiB\"");
  EXPECT_EQ(cut.status, 4);
  EXPECT_TRUE(contains(cut.out, "the tape is cut, lossy or sampled")) << cut.out;
  EXPECT_EQ(check(scratch.file("cut.tape"), "peak = 1").status, 1) << "exceeded beats unknown";
  ASSERT_EQ(record(scratch.file("s.tape"), {sample("phases")}, {"--sample", "64KiB"}).status, 0);
  EXPECT_EQ(check(scratch.file("s.tape"), "peak = \"1 GiB\"").status, 4);
  ASSERT_EQ(record(scratch.file("m.tape"), {sample("phases")}, {"--min-size", "64"}).status, 0);
  EXPECT_EQ(check(scratch.file("m.tape"), "peak = \"1 GiB\"").status, 4);
  const Finished base =
      heaptape({"check", tape_of("phases"), "--tolerance", "900%", "--baseline", scratch.file("cut.tape")});
  EXPECT_TRUE(base.status == 4 || base.status == 1) << base.out;
}

TEST_F(Check, ADamagedTapeFailsAndIsNamed) {
  write_file(scratch.file("bad.tape"), with_damaged_events(tape_of("threads")));
  const Finished run = check(scratch.file("bad.tape"), "peak = \"1 GiB\"");
  EXPECT_EQ(run.status, 3);
  EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
}

TEST_F(Check, FilesAreWrittenTogetherAndJUnitIsXml) {
  const std::vector<std::string> files{"--json",     scratch.file("c.json"), "--junit", scratch.file("c.xml"),
                                       "--markdown", scratch.file("c.md")};
  const std::string toml = "peak = 1\nallocations = 100_000\n[allocations_in]\n\"a<b>&\\\"\" = 1\n";
  EXPECT_EQ(check(leaking, toml, files).status, 1);
  const auto count = [&](const std::string& path) {
    return run_command({"xmllint", "--xpath", "string(" + path + ")", scratch.file("c.xml")}).out;
  };
  EXPECT_EQ(count("count(/testsuites/testsuite/testcase)"), "3\n");
  EXPECT_EQ(count("count(//testcase/failure)"), "1\n");
  EXPECT_EQ(count("/testsuites/@failures"), "1\n");
  EXPECT_EQ(count("//testcase[3]/@name"), "allocations in a<b>&\"\n");
  EXPECT_EQ(Json::parse(read_file(scratch.file("c.json")))["schema"], "heaptape.check");
  EXPECT_TRUE(contains(read_file(scratch.file("c.md")), "| **exceeded** | peak |")) << read_file(scratch.file("c.md"));
  const std::string old = read_file(scratch.file("c.xml"));
  const Finished again = check(leaking, "peak = \"1 GiB\"", files);
  EXPECT_EQ(again.status, 2);
  EXPECT_TRUE(contains(again.err, "exists; --force replaces it")) << again.err;
  EXPECT_EQ(read_file(scratch.file("c.xml")), old);
}

TEST_F(Check, SaysInOneSentenceWhatIsWrong) {
  expect_refused(leaking, "peak = 1\npaek = 2\n", 2, "budget.toml, line 2: 'paek' is no key of a budget");
  expect_refused(leaking, "peak = -1", 2, "less than 0");
  expect_refused(leaking, "peak = = 1", 2, "budget.toml, line 1: ");
  expect_refused(leaking, "", 2, "sets no limit");
  expect_refused(leaking, "[[range]]\nfrom = \"mark:a\"\npeak = 1", 2,
                 "budget.toml, line 1: range 'from mark:a' is not on");
  expect_refused(leaking, "[[range]]\nfrom = \"peak\"", 2,
                 "range 'from peak' sets no limit, and there is no --baseline");
  expect_refused(leaking, "[growth_per_mark]\nlunch = 1", 2, "the tape has no mark 'lunch'");
  expect_refused(tape_of("threads"), "growth_per_mark = 1", 2, "has no mark twice");
  expect_refused("/nowhere.tape", "peak = 1", 3, "does not exist");
  const auto refused = [](const std::vector<std::string>& words, int status, const std::string& part) {
    const Finished run = heaptape(words);
    EXPECT_EQ(run.status, status) << run.err;
    EXPECT_TRUE(is_one_sentence(run.err) && contains(run.err, part)) << run.err;
  };
  refused({"check", leaking}, 2, "nothing to check against");
  refused({"check", leaking, "--budget", budget("peak = 1"), "--layer", "all"}, 2, "a budget names layers itself");
  refused({"check"}, 2, "see 'heaptape check --help'");
  refused({"check", leaking, "--budget", "/nowhere.toml"}, 2, "can't read the budget '/nowhere.toml'");
  refused({"check", leaking, "--budget", scratch.path()}, 2, "can't read the budget");
  refused({"check", leaking, "--baseline", tape_of("phases")}, 2, "give --any-program");
  refused({"check", leaking, "--tolerance", "often", "--baseline", leaking}, 2, "'often' is no tolerance");
}

}  // namespace
}  // namespace heaptape::testing
