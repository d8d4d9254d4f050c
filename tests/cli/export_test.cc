// Exported files say what the reports say, as the formats' own tools read them.
#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

const std::array kSampleNames = {"basic_usage", "leaking", "phases", "threads"};

std::uint64_t at(const nlohmann::json& json, const char* key) { return json.at(key).get<std::uint64_t>(); }

std::string exported(const std::string& tape, const std::string& format, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"export", tape, "--to", format};
  words.insert(words.end(), more.begin(), more.end());
  return answer(words);
}

const std::array<std::pair<const char*, const char*>, 5> kCostKeys = {{{"peak", "peak_bytes"},
                                                                       {"allocated", "allocated_bytes"},
                                                                       {"count", "allocations"},
                                                                       {"temporary", "temporary"},
                                                                       {"leaked", "leaked_bytes"}}};

TEST(Export, FoldedStacksSumUpToTheTotalsOfTop) {
  for (const char* name : kSampleNames) {
    const nlohmann::json total = json_answer({"top", tape_of(name)}).at("total");
    for (const auto& [cost, key] : kCostKeys) {
      std::istringstream lines(exported(tape_of(name), "folded", {"--cost", cost}));
      std::uint64_t sum = 0;
      for (std::string line; std::getline(lines, line);) sum += std::stoull(line.substr(line.rfind(' ') + 1));
      EXPECT_EQ(sum, at(total, key)) << name << " " << cost;
    }
  }
}

TEST(Export, FoldedStacksBeginAtMain) { EXPECT_EQ(exported(tape_of("phases"), "folded").rfind("main;", 0), 0u); }

TEST(Export, SpeedscopeHasAProfilePerCostWithTheTotalsOfTop) {
  for (const char* name : kSampleNames) {
    const nlohmann::json total = json_answer({"top", tape_of(name)}).at("total");
    const nlohmann::json scope = nlohmann::json::parse(exported(tape_of(name), "speedscope", {"--cost", "count"}));
    EXPECT_EQ(scope.at("activeProfileIndex"), 2);
    ASSERT_EQ(scope.at("profiles").size(), kCostKeys.size());
    for (std::size_t i = 0; i < kCostKeys.size(); ++i) {
      const nlohmann::json& profile = scope["profiles"][i];
      EXPECT_EQ(profile.at("type"), "sampled");
      EXPECT_EQ(profile.at("samples").size(), profile.at("weights").size());
      std::uint64_t sum = 0;
      for (const auto& weight : profile["weights"]) sum += weight.get<std::uint64_t>();
      EXPECT_EQ(sum, at(total, kCostKeys[i].second)) << name << " " << kCostKeys[i].first;
      EXPECT_EQ(sum, at(profile, "endValue"));
      for (const auto& sample : profile["samples"])
        for (const auto& frame : sample) EXPECT_LT(frame.get<std::size_t>(), scope["shared"]["frames"].size());
    }
  }
}

// As python's csv module reads them: objects by the columns' names.
nlohmann::json csv_rows(const std::string& text) {
  const ScratchFolder folder;
  const std::string csv = folder.file("sites.csv");
  write_file(csv, text);
  const std::string script =
      "import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1],newline='')))))";
  const Finished read = run_command({"python3", "-c", script, csv});
  EXPECT_EQ(read.status, 0) << read.err;
  return nlohmann::json::parse(read.out);
}

TEST(Export, CsvHasALinePerSiteThatPythonReads) {
  const nlohmann::json rows = csv_rows(exported(tape_of("leaking"), "csv"));
  const nlohmann::json sites = json_answer({"top", tape_of("leaking")}).at("sites");
  ASSERT_EQ(rows.size(), sites.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at("function"), sites[i].at("function"));
    for (const char* key :
         {"peak_bytes", "peak_blocks", "allocated_bytes", "allocations", "temporary", "leaked_bytes", "leaked_blocks"})
      EXPECT_EQ(std::stoull(rows[i].at(key).get<std::string>()), at(sites[i], key)) << key;
  }
}

TEST(Export, CsvWithStacksHasThoseOfFoldedAndTheSumsOfItsSites) {
  for (const std::vector<std::string>& part : {std::vector<std::string>{}, {"--at", "peak"}}) {
    const std::string cost = part.empty() ? "peak_bytes" : "live_bytes";
    const auto written = [&](const char* format, bool with_stacks) {  // standard error names the part
      std::vector<std::string> words{"export", tape_of("phases"), "--to", format};
      words.insert(words.end(), part.begin(), part.end());
      if (with_stacks) words.emplace_back("--stacks");
      return heaptape(words).out;
    };
    const nlohmann::json sites = csv_rows(written("csv", false)), stacks = csv_rows(written("csv", true));
    std::map<std::string, std::map<std::string, std::uint64_t>> sums;  // by place, by column
    std::map<std::string, std::uint64_t> folded, expected;
    const auto place_of = [](const nlohmann::json& row) {
      return nlohmann::json{row.at("function"), row.at("file"), row.at("line"), row.at("module")}.dump();
    };
    for (const nlohmann::json& row : stacks) {
      for (const auto& [column, value] : row.items())
        if (sites[0].contains(column) && column != "line" && std::isdigit(value.get<std::string>()[0]))
          sums[place_of(row)][column] += std::stoull(value.get<std::string>());
      const std::uint64_t bytes = std::stoull(row.at(cost).get<std::string>());
      if (bytes != 0) folded[row.at("stack").get<std::string>()] += bytes;
    }
    for (const nlohmann::json& row : sites)
      for (const auto& [column, sum] : sums[place_of(row)])
        EXPECT_EQ(sum, std::stoull(row.at(column).get<std::string>())) << row;
    EXPECT_LE(sites.size(), stacks.size());
    std::istringstream lines(written("folded", false));
    for (std::string line; std::getline(lines, line);)
      expected[line.substr(0, line.rfind(' '))] = std::stoull(line.substr(line.rfind(' ') + 1));
    EXPECT_EQ(folded, expected);
  }
  const Finished refused = heaptape({"export", tape_of("phases"), "--to", "folded", "--stacks"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
}

TEST(Export, JsonHoldsTheReportsAsTheyAre) {
  const std::string& tape = tape_of("phases");
  const nlohmann::json all = nlohmann::json::parse(exported(tape, "json"));
  EXPECT_EQ(all.at("schema"), "heaptape.export");
  EXPECT_EQ(all.at("version"), 1);
  for (const char* report : {"summary", "leaks", "top"}) EXPECT_EQ(all.at(report), json_answer({report, tape}));
  EXPECT_EQ(all.at("peaks").at("sites"), json_answer({"peaks", tape}).at("sites"));
}

TEST(Export, JsonLinesAreThoseOfDump) {
  EXPECT_EQ(exported(tape_of("basic_usage"), "jsonl"), answer({"dump", "--json", tape_of("basic_usage")}));
}

// Sums of the sample types, by name, as protoc decodes them.
nlohmann::json pprof_sums(const std::string& tape, const ScratchFolder& folder, std::string& decoded) {
  const std::string packed = folder.file("p.gz");
  answer({"export", tape, "--to", "pprof", "--force", "-o", packed});
  write_file(folder.file("p"), run_command({"gzip", "-dc", packed}).out);
  const Finished read = run_command({"protoc", "--proto_path", HEAPTAPE_TEST_FOLDER, "--decode",
                                     "perftools.profiles.Profile", HEAPTAPE_TEST_FOLDER "/profile.proto"},
                                    {.input = folder.file("p"), .folder = "", .environment = {}});
  EXPECT_EQ(read.status, 0) << read.err;
  decoded = read.out;
  std::vector<std::string> strings;
  std::vector<std::size_t> types;
  std::vector<std::uint64_t> sums(7);
  std::istringstream lines(decoded);
  std::string inside;
  std::size_t next = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(" {")) {
      if (line[0] != ' ') inside = line;
      next = 0;
    } else if (line.rfind("string_table: ", 0) == 0) {
      strings.push_back(line.substr(15, line.size() - 16));
    } else if (inside == "sample_type {" && line.rfind("  type: ", 0) == 0) {
      types.push_back(std::stoull(line.substr(8)));
    } else if (inside == "sample {" && line.rfind("  value: ", 0) == 0) {
      sums.at(next++) += std::stoull(line.substr(9));
    }
  }
  nlohmann::json named;
  for (std::size_t i = 0; i < types.size(); ++i) named[strings.at(types[i])] = sums.at(i);
  return named;
}

TEST(Export, PprofHasTheTotalsOfTheSummaryAsProtocReadsThem) {
  const ScratchFolder folder;
  for (const char* name : kSampleNames) {
    const nlohmann::json summary = json_answer({"summary", tape_of(name)});
    std::string decoded;
    const nlohmann::json sums = pprof_sums(tape_of(name), folder, decoded);
    EXPECT_EQ(sums.at("alloc_objects"), summary.at("allocations")) << name;
    EXPECT_EQ(sums.at("alloc_space"), summary.at("allocated_bytes")) << name;
    EXPECT_EQ(sums.at("inuse_objects"), summary.at("live_blocks")) << name;
    EXPECT_EQ(sums.at("inuse_space"), summary.at("live_bytes")) << name;
    EXPECT_EQ(sums.at("peak_objects"), summary.at("peak_blocks")) << name;
    EXPECT_EQ(sums.at("peak_space"), summary.at("peak_bytes")) << name;
    EXPECT_EQ(sums.at("temporary_objects"), summary.at("temporary")) << name;
    EXPECT_TRUE(contains(decoded, "string_table: \"main\"")) << name;
  }
}

TEST(Export, MsPrintShowsThePeakOfAMassifFile) {
  const ScratchFolder folder;
  for (const char* name : kSampleNames) {
    const std::uint64_t peak = at(json_answer({"summary", tape_of(name)}), "peak_bytes");
    const std::string file = folder.file(std::string(name) + ".massif");
    answer({"export", tape_of(name), "--to", "massif", "-o", file});
    EXPECT_TRUE(contains(read_file(file), "mem_heap_B=" + std::to_string(peak) + "\nmem_heap_extra_B=0"));
    const Finished shown = run_command({"ms_print", file});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_TRUE(contains(shown.out, "(peak)")) << name;
    EXPECT_TRUE(contains(shown.out, "100.00% (")) << name;
    EXPECT_TRUE(contains(shown.out, ": main (")) << name;
  }
}

TEST(Export, TapeThatIsASampleSaysSoInTheFileAndBesideIt) {
  const ScratchFolder folder;
  const std::string tape = folder.file("s.tape");
  ASSERT_EQ(record(tape, {sample("threads")}, {"--sample", "4KiB"}).status, 0);
  for (const char* format : {"json", "speedscope", "massif"}) {
    const Finished run = heaptape({"export", tape, "--to", format});
    EXPECT_EQ(run.status, 0);
    EXPECT_TRUE(contains(run.out, "figures are estimates")) << format;
    EXPECT_TRUE(contains(run.err, "figures are estimates")) << format;
  }
}

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string exported_part(const std::string& tape, const std::string& format, const std::vector<std::string>& more) {
  const Finished run = heaptape(joined({"export", tape, "--to", format}, more));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("a part of the run"), std::string::npos) << run.err;
  return run.out;
}

TEST(Export, JsonOfAPartHoldsTheReportsOfThatPart) {
  const std::string& tape = tape_of("phases");
  const std::vector<std::string> chosen{"--size", "..64", "--from", "mark:build"},
      range = joined(chosen, {"--to", "mark:query"});
  const nlohmann::json part =
      nlohmann::json::parse(exported_part(tape, "json", joined(chosen, {"--until", "mark:query", "--cost", "count"})));
  const nlohmann::json top = json_answer(joined({"top", tape, "--cost", "count"}, range));
  EXPECT_EQ(part.at("top"), top);
  EXPECT_EQ(part.at("leaks"), json_answer(joined({"leaks", tape}, range)));
  EXPECT_EQ(part.at("peaks").at("sites"), json_answer(joined({"peaks", tape}, range)).at("sites"));
  EXPECT_EQ(part.at("peaks").at("peak"), top.at("peak"));
  EXPECT_EQ(part.at("selection"), top.at("selection"));
  EXPECT_FALSE(part.contains("summary")) << "which is of the whole run";
  const nlohmann::json then = nlohmann::json::parse(exported_part(tape, "json", {"--at", "mark:query"}));
  EXPECT_EQ(then.at("top"), json_answer({"top", tape, "--at", "mark:query"}));
  EXPECT_EQ(then.at("leaks"), json_answer({"leaks", tape, "--at", "mark:query"}));
  EXPECT_FALSE(then.contains("peaks"));
}

TEST(Export, APartOfTheRunHasTheFiguresOfTopAndSaysThatItIsOne) {
  const std::string& tape = tape_of("phases");
  const auto part_as = [&](const char* format, const std::vector<std::string>& more) {
    return exported_part(tape, format, more);
  };
  const auto folded_sum = [&](const std::vector<std::string>& more) {
    std::istringstream lines(part_as("folded", more));
    std::uint64_t sum = 0;
    for (std::string line; std::getline(lines, line);) sum += std::stoull(line.substr(line.rfind(' ') + 1));
    return sum;
  };
  const std::vector<std::string> part{"--from", "peak", "--cost", "allocated"};
  EXPECT_EQ(folded_sum(part),
            at(json_answer({"top", tape, "--from", "peak", "--cost", "allocated"})["total"], "allocated_bytes"));
  EXPECT_EQ(folded_sum({"--at", "peak"}), at(json_answer({"summary", tape}), "peak_bytes"));
  const nlohmann::json json = nlohmann::json::parse(part_as("speedscope", {"--at", "peak"}));
  ASSERT_EQ(json["profiles"].size(), 1u);
  EXPECT_EQ(at(json["profiles"][0], "endValue"), at(json_answer({"summary", tape}), "peak_bytes"));
  EXPECT_NE(json["name"].get<std::string>().find("a part of the run"), std::string::npos);
  EXPECT_EQ(part_as("csv", {"--at", "peak"}).rfind("function,file,line,module,live_bytes,live_blocks", 0), 0u);
  EXPECT_EQ(heaptape({"export", tape, "--to", "jsonl", "--from", "peak"}).status, 2);
  EXPECT_EQ(heaptape({"export", tape, "--to", "massif", "--at", "peak"}).status, 2);
}

TEST(Export, WhatExistsIsReplacedWithForceOnly) {
  const ScratchFolder folder;
  const std::string file = folder.file("there");
  write_file(file, "mine");
  const Finished refused = heaptape({"export", tape_of("phases"), "--to", "csv", "-o", file});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
  EXPECT_EQ(read_file(file), "mine");
  EXPECT_EQ(heaptape({"export", tape_of("phases"), "--to", "csv", "-o", file, "--force"}).status, 0);
  EXPECT_EQ(read_file(file), exported(tape_of("phases"), "csv"));
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(Export, WordsWithoutAMeaningAreRefused) {
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"--to", "xml"}, {"--to", "jsonl", "--layer", "all"}, {"--to", "massif", "--cost", "count"}, {}}) {
    std::vector<std::string> words{"export", tape_of("phases")};
    words.insert(words.end(), more.begin(), more.end());
    const Finished run = heaptape(words);
    EXPECT_EQ(run.status, 2);
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
  }
}

}  // namespace
}  // namespace heaptape::testing
