// info, verify, dump, cut and pack, as people run them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "tests/cli/broken_tapes.h"
#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

using Json = nlohmann::json;

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(Dump, ItsLinesReplayedByHandGiveTheSummarysFigures) {
  for (const char* name : {"basic_usage", "leaking", "threads"}) {
    SCOPED_TRACE(name);
    const std::vector<Json> lines = lines_of(answer({"dump", "--json", tape_of(name)}));
    std::map<std::uint64_t, std::uint64_t> live;
    std::map<std::uint64_t, bool> in_program;
    std::uint64_t allocations = 0, frees = 0, bytes = 0, now = 0, peak = 0, events = 0;
    std::map<std::uint64_t, bool> is_programs;  // by address
    for (const Json& line : lines) {
      if (line.value("define", "") == "stack") in_program[line["id"]] = line["in_program"];
      if (!line.contains("event")) continue;
      EXPECT_EQ(line["event"], events++);
      if (line["kind"] == "birth" && in_program.at(line["stack"])) {
        ++allocations;
        bytes += line["size"].get<std::uint64_t>();
        live[line["address"]] = line["size"];
        peak = std::max(peak, now += line["size"].get<std::uint64_t>());
      } else if (line["kind"] == "release") {
        const auto block = live.find(line["address"]);
        if (block == live.end()) continue;
        ++frees;
        now -= block->second;
        live.erase(block);
      }
    }
    const Json summary = json_answer({"summary", tape_of(name)});
    EXPECT_EQ(summary["allocations"], allocations);
    EXPECT_EQ(summary["frees"], frees);
    EXPECT_EQ(summary["allocated_bytes"], bytes);
    EXPECT_EQ(summary["peak_bytes"], peak);
    EXPECT_EQ(summary["live_blocks"], live.size());
    EXPECT_EQ(lines[0]["schema"], "heaptape.dump");
    EXPECT_EQ(lines[0]["events"], events);
  }
}

TEST(Dump, ShowsTheRangeAskedForAndEachStackOnce) {
  const std::string& tape = tape_of("threads");
  const std::string all = answer({"dump", tape});
  std::istringstream stream(all);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  ASSERT_GT(lines.size(), 12u);
  EXPECT_EQ(answer({"dump", tape, "--events", "5..7"}), lines[5] + "\n" + lines[6] + "\n");
  EXPECT_EQ(answer({"dump", tape, "--from", "0s", "--to", "end"}), all);
  EXPECT_EQ(answer({"dump", tape, "--to", "peak"}) + answer({"dump", tape, "--from", "peak"}), all);
  const std::string stacks = answer({"dump", tape, "--stacks"});
  EXPECT_TRUE(contains(stacks, " in threads\n"));
  EXPECT_EQ(stacks.find("\nstack 1\n"), stacks.rfind("\nstack 1\n"));
}

TEST(Verify, AnswersByItsStatusWhatBecameOfATape) {
  const ScratchFolder scratch;
  const std::string& good = tape_of("threads");
  EXPECT_TRUE(contains(answer({"verify", good}), ": whole\n"));
  write_file(scratch.file("cut.tape"), cut_in_half(read_file(good)));
  write_file(scratch.file("damaged.tape"), with_damaged_events(good));
  const Finished cut = heaptape({"verify", scratch.file("cut.tape")});
  EXPECT_EQ(cut.status, 4);
  EXPECT_TRUE(contains(cut.out, "'heaptape recover' makes it whole")) << cut.out;
  const Finished damaged = heaptape({"verify", scratch.file("damaged.tape")});
  EXPECT_EQ(damaged.status, 3);
  EXPECT_TRUE(contains(damaged.out, "damaged in 1 place\n")) << damaged.out;
  EXPECT_TRUE(contains(damaged.out, "  at byte ")) << damaged.out;
  // Of several the worst.
  EXPECT_EQ(heaptape({"verify", good, scratch.file("cut.tape")}).status, 4);
  EXPECT_EQ(heaptape({"verify", scratch.file("damaged.tape"), scratch.file("cut.tape")}).status, 3);
  const Json json = Json::parse(heaptape({"verify", "--json", scratch.file("damaged.tape")}).out);
  EXPECT_EQ(json["condition"], "damaged");
  EXPECT_EQ(json["faults"].size(), 1u);
}

TEST(Info, SaysWhoseTapeItIsAndAddsUpToTheFile) {
  const std::string& tape = tape_of("threads");
  const Json json = json_answer({"info", tape});
  std::uint64_t bytes = 0;
  for (const Json& kind : json["blocks"]) bytes += kind["stored_bytes"].get<std::uint64_t>();
  // Header, index and trailer are the rest.
  EXPECT_LT(bytes, json["file_bytes"]);
  EXPECT_GT(bytes + 4096, json["file_bytes"]);
  EXPECT_EQ(json["threads"], json_answer({"summary", tape})["threads"]);
  EXPECT_EQ(json["format"], Json({1, 1}));
  const std::string text = answer({"info", tape});
  EXPECT_TRUE(contains(text, "ending    exited with status 0")) << text;
  EXPECT_TRUE(contains(text, "nothing lost, nothing left out")) << text;
}

TEST(Pack, APackedTapeShowsTheSameReportsWithoutTheProgram) {
  const ScratchFolder scratch;
  std::filesystem::copy_file(sample("phases"), scratch.file("phases"));
  ASSERT_EQ(record(scratch.file("a.tape"), {scratch.file("phases")}).status, 0);
  const std::vector<std::vector<std::string>> reports{
      {"top"}, {"top", "--tree", "callers"}, {"peaks"}, {"leaks", "--layer", "all"}, {"summary"}};
  std::vector<Json> before;
  for (std::vector<std::string> words : reports) {
    words.push_back(scratch.file("a.tape"));
    before.push_back(json_answer(words));
  }
  EXPECT_TRUE(contains(before[0].dump(), "phases.cc")) << "the sample's symbols are missing";
  answer({"pack", scratch.file("a.tape")});
  std::filesystem::remove(scratch.file("phases"));
  answer({"cut", scratch.file("a.packed.tape"), "--from", "0", "-o", scratch.file("cut.tape")});
  EXPECT_TRUE(contains(answer({"verify", scratch.file("a.packed.tape")}), ": whole\n"));
  for (std::size_t i = 0; i < reports.size(); ++i) {
    std::vector<std::string> words = reports[i];
    for (const char* made : {"a.packed.tape", "cut.tape"}) {
      words.push_back(scratch.file(made));
      Json after = json_answer(words);
      if (after.contains("tape")) after["tape"] = before[i]["tape"];
      EXPECT_EQ(after, before[i]) << words[0] << " of " << made;
      words.pop_back();
    }
  }
}

void expect_same_figures_of_all_kept(const std::string& keep) {
  const ScratchFolder scratch;
  for (const char* name : {"leaking", "threads"}) {
    SCOPED_TRACE(name);
    const std::string& tape = tape_of(name);
    const std::string small = scratch.file(std::string(name) + ".tape");
    answer({"pack", tape, "--keep", keep, "-o", small});
    for (const char* report : {"top", "leaks"}) {
      Json before = json_answer({report, tape}), after = json_answer({report, small});
      for (Json* json : {&before, &after}) {
        for (const char* key : {"caveats", "growth_from_ns"}) json->erase(key);
        if (report == std::string("leaks"))  // how they grew is not told where a tape has an aggregate alone
          for (const char* list : {"sites", "residue"})
            for (Json& site : (*json)[list]) {
              site.erase("levels"), site.erase("growth");
              if (keep == "sites") site.erase("stacks");  // whose callers are gone
            }
      }
      EXPECT_EQ(after, before) << report;
    }
    const Json leaks = json_answer({"leaks", small});
    EXPECT_TRUE(leaks["growth_from_ns"].is_null());
    for (const Json& site : leaks["sites"]) EXPECT_TRUE(site["levels"].empty() && site["growth"] == "unclear");
    EXPECT_TRUE(contains(answer({"leaks", small}), "note: how sites grew is not told"));
    const Json before = json_answer({"summary", tape}), after = json_answer({"summary", small});
    for (const char* key : {"duration_ns", "threads", "rss_peak_bytes", "ending"})
      EXPECT_EQ(after[key], before[key]) << key;
    for (const char* layer : {"program", "all"}) EXPECT_EQ(after["layers"][layer], before["layers"][layer]) << layer;
    EXPECT_EQ(json_answer({"peaks", small})["peak"], json_answer({"peaks", tape})["peak"]);
    EXPECT_EQ(answer({"dump", small}), "");
  }
}

TEST(Pack, AnAggregateHasTheSameTotalsPeakLeaksAndSites) { expect_same_figures_of_all_kept("aggregate"); }

TEST(Pack, SoHasOneOfSites) { expect_same_figures_of_all_kept("sites"); }

TEST(Pack, OfSitesNoCallerIsKept) {
  const ScratchFolder scratch;
  const std::string tape = scratch.file("sites.tape");
  answer({"pack", tape_of("phases"), "--keep", "sites", "-o", tape});
  EXPECT_TRUE(contains(answer({"info", tape}), "stripped of  addresses, callers and ages")) << answer({"info", tape});
  EXPECT_TRUE(contains(answer({"waste", tape}), "addresses are made up"));
  EXPECT_FALSE(contains(answer({"waste", tape_of("phases")}), "addresses are made up"));
  // What is left are calls that were inlined into the site's frame.
  const auto calls = [](const std::string& of) {
    const std::string text = answer({"top", "--tree", "callers", "--layer", "all", of});
    return std::count(text.begin(), text.end(), "←"[2]);
  };
  EXPECT_LT(calls(tape), calls(tape_of("phases")));
  EXPECT_LT(json_answer({"info", tape})["frames"], json_answer({"info", tape_of("phases")})["frames"]);
}

TEST(Pack, WhatIsStrippedIsNowhereInTheFile) {
  const ScratchFolder scratch;
  std::filesystem::copy_file(sample("basic_usage"), scratch.file("basic_usage"));
  ASSERT_EQ(record(scratch.file("a.tape"), {scratch.file("basic_usage"), "a secret"}).status, 0);
  answer({"pack", scratch.file("a.tape"), "--strip", "paths,arguments", "--strip", "variables,host,addresses"});
  Json facts = json_answer({"info", scratch.file("a.packed.tape")});
  facts.erase("tape");  // where the file lies now
  const std::string info = facts.dump();
  const std::string dump = answer({"dump", "--json", scratch.file("a.packed.tape")});
  const std::string tree =
      answer({"top", "--json", "--tree", "callers", "--layer", "all", scratch.file("a.packed.tape")});
  for (const std::string& text : {info, dump, tree}) {
    EXPECT_FALSE(contains(text, "a secret"));
    EXPECT_FALSE(contains(text, std::filesystem::path(scratch.path()).filename())) << text;
    EXPECT_FALSE(contains(text, "/samples/")) << text;
  }
  EXPECT_EQ(json_answer({"summary", "--layer", "user", scratch.file("a.packed.tape")})["peak_bytes"],
            json_answer({"summary", "--layer", "user", scratch.file("a.tape")})["peak_bytes"]);
}

TEST(Cut, TwoPartsGoOnWhereTheOtherEnds) {
  const ScratchFolder scratch;
  const std::string& tape = tape_of("leaking");
  const std::string first = scratch.file("first.tape"), second = scratch.file("second.tape");
  answer({"cut", tape, "--to", "peak", "-o", first});
  answer({"cut", tape, "--from", "peak", "-o", second});
  const Json whole = json_answer({"summary", tape}), begun = json_answer({"summary", first}),
             ended = json_answer({"summary", second});
  EXPECT_EQ(begun["peak_bytes"], whole["peak_bytes"]);
  EXPECT_EQ(begun["live_bytes"], whole["peak_bytes"]);
  EXPECT_EQ(ended["layers"], whole["layers"]);
  EXPECT_EQ(ended["ending"], whole["ending"]);
  EXPECT_EQ(begun["ending"]["kind"], "unknown");
  EXPECT_EQ(answer({"dump", first}).size() + answer({"dump", second}).size(), answer({"dump", tape}).size());
}

TEST(Split, MakesPartsThatAddUpAndTheLastGoesOnToTheSameFigures) {
  const ScratchFolder scratch;
  const std::string& tape = tape_of("phases");
  for (const std::vector<std::string>& where : {std::vector<std::string>{"--at", "peak"}, {"--every", "10ms"}}) {
    const std::string folder = scratch.file(where[1]);
    std::vector<std::string> words{"split", tape, "-o", folder};
    words.insert(words.end(), where.begin(), where.end());
    answer(words);
    std::vector<std::string> parts;
    for (const auto& file : std::filesystem::directory_iterator(folder)) parts.push_back(file.path());
    std::sort(parts.begin(), parts.end());
    ASSERT_GE(parts.size(), 2u);
    std::uint64_t events = 0;
    for (const std::string& part : parts) {
      EXPECT_TRUE(contains(answer({"verify", part}), ": whole\n"));
      const TapeReader reader(part);
      EXPECT_EQ(reader.opening().events, events) << "a part begins where the one before it ends";
      events = reader.events();
    }
    EXPECT_EQ(events, TapeReader(tape).events());
    Json whole = json_answer({"summary", tape}), last = json_answer({"summary", parts.back()});
    for (const char* figure : {"allocations", "frees", "allocated_bytes", "peak_bytes", "peak_blocks", "live_bytes"})
      EXPECT_EQ(whole[figure], last[figure]) << figure;
  }
}

TEST(TapeTools, OverwriteNothingAndNameTheWordThatIsWrong) {
  const ScratchFolder scratch;
  const std::string& tape = tape_of("leaking");
  const auto expect = [&](int status, const std::vector<std::string>& words, const std::string& part) {
    const Finished run = heaptape(words);
    EXPECT_EQ(run.status, status) << run.err;
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_TRUE(contains(run.err, part)) << run.err;
    EXPECT_EQ(run.out, "");
  };
  write_file(scratch.file("there.tape"), "precious");
  expect(2, {"cut", tape, "-o", scratch.file("there.tape")}, "exists");
  expect(2, {"pack", tape, "-o", scratch.file("there.tape")}, "exists");
  expect(2, {"pack", tape, "-o", tape, "--force"}, "the tape itself");
  expect(3, {"pack", scratch.file("there.tape"), "-o", scratch.file("x.tape")}, "not a heaptape tape");
  expect(2, {"cut", tape}, "-o");
  expect(2, {"cut", tape, "-o", "/none/x.tape"}, "can't be written");
  expect(2, {"cut", tape, "-o", scratch.file("x.tape"), "--from", "soon"}, "'soon' is no instant");
  expect(2, {"cut", tape, "-o", scratch.file("x.tape"), "--from", "end", "--to", "0s"}, "behind --to");
  expect(2, {"split", tape, "-o", scratch.file("parts")}, "--at INSTANT, once or more, or --every DURATION");
  expect(2, {"split", tape, "-o", scratch.file("parts"), "--at", "end"}, "nothing to split");
  expect(2, {"split", tape, "-o", scratch.file("parts"), "--at", "mark:nix"}, "no mark 'nix'");
  expect(2, {"split", tape, "-o", scratch.file("parts"), "--every", "1ns"}, "more than 1000 parts");
  expect(2, {"cut", tape, "-o", scratch.file("x.tape"), "--from", "mark:nix"}, "no mark 'nix'");
  expect(2, {"dump", tape, "--events", "7"}, "'7' is no range");
  expect(2, {"dump", tape, "--events", "7..3"}, "'3' is no number from 7 up");
  expect(2, {"pack", tape, "--strip", "paths,hopes", "-o", scratch.file("x.tape")}, "'hopes' is none of");
  expect(2, {"pack", tape, "--keep", "all", "-o", scratch.file("x.tape")}, "'all' is neither aggregate nor sites");
  write_file(scratch.file("damaged.tape"), with_damaged_events(tape_of("threads")));
  expect(3, {"pack", scratch.file("damaged.tape"), "-o", scratch.file("x.tape")}, "damaged");
  EXPECT_EQ(read_file(scratch.file("there.tape")), "precious");
  EXPECT_EQ(scratch.names().size(), 2u);
}

}  // namespace
}  // namespace heaptape::testing
