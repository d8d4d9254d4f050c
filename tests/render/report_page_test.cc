// The report's page: nothing from a tape becomes markup, and it has a limit.
#include "render/report/report_page.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analyzer/symbols.h"
#include "render/report/report_data.h"

namespace heaptape {
namespace {

RunReport small_run() {
  RunReport report;
  report.summary.program = "program";
  report.timeline.steps = {{0, 0, 24, 24}};
  report.timeline.duration_ns = 1000;
  report.borders = {0, 500, 1000};
  report.callees.nodes.push_back({.label = "main", .self = {.peak = 24, .allocated = 24, .count = 1}, .share = 1});
  report.callers = report.callees;
  return report;
}

std::string between_marks(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}
nlohmann::json data_of(const std::string& page) {
  return nlohmann::json::parse(between_marks(page, "id=\"data\">", "</script>"));
}
std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

const std::vector<std::string> kHostile = {
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"><img src=x onerror=alert(1)>",
    "{{script}}",
    "a\xE2\x80\xA8"
    "b\xE2\x80\xA9"
    "c",
    "\xFF\xFE\xC0\xAF",
    std::string("nul\0byte", 8),
    "]]>&lt;",
    "\\u003c/script\\u003e",
    "`${alert(1)}`",
};

TEST(ReportPage, NamesCanNotBecomeMarkup) {
  const std::string harmless = report_page(small_run(), nullptr, "");
  for (const std::string& name : kHostile) {
    RunReport report = small_run();
    report.summary.program = report.summary.command = report.summary.path = report.summary.origin.host = name;
    report.variables.push_back({.name = name, .type = name, .file = name});
    report.variables.back().details.push_back({.thread = name, .shared = {{name, 0, 1, 8}}});
    report.timeline.marks.push_back({1, name, name});
    report.leaks.push_back({.label = name, .detail = name, .bytes = 1, .blocks = 1, .levels = {}});
    report.caveats.push_back({"cut", 1, name});
    for (FoldedTree* tree : {&report.callees, &report.callers})
      tree->nodes[1].label = tree->nodes[1].detail = tree->nodes[1].function = name;
    const std::string page = report_page(report, nullptr, "");
    for (const char* part : {"<script", "</script", "<!--", "<img", "\xE2\x80\xA8"})
      EXPECT_EQ(count_of(page, part), count_of(harmless, part)) << part << " of " << name;
    const nlohmann::json data = data_of(page);
    EXPECT_EQ(data["leaks"]["rows"][0]["label"], data["names"][1]);
    if (name.find('<') != std::string::npos) {
      EXPECT_EQ(data["leaks"]["rows"][0]["label"], name);
    }
  }
}

TEST(ReportPage, AllowsItsOwnScriptAndStyleAlone) {
  const std::string page = report_page(small_run(), nullptr, "");
  const std::string policy = between_marks(page, "Content-Security-Policy\" content=\"", "\"");
  EXPECT_EQ(policy.rfind("default-src 'none'; script-src 'sha256-", 0), 0u) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  for (const char* part : {" style=\"", "onclick=\"", "http://", "https://", "src=", "innerHTML"})
    EXPECT_EQ(count_of(between_marks(page, "<body>", "<script type"), part), 0u) << part;
  EXPECT_EQ(page.find("innerHTML"), std::string::npos);
}

TEST(ReportPage, OfTheSameReportIsTheSame) {
  EXPECT_EQ(report_page(small_run(), nullptr, "x"), report_page(small_run(), nullptr, "x"));
}

TEST(ReportPage, BearsItsTitle) {
  const std::string page = report_page(small_run(), nullptr, "Night & day");
  EXPECT_NE(page.find("<title>Night &amp; day"), std::string::npos);
  EXPECT_EQ(data_of(page)["title"], "Night & day");
}

// Of 5,000 calls with names of a megabyte in all, each with a life in every bucket.
TEST(ReportPage, HasALimit) {
  RunReport report = small_run();
  for (std::uint32_t i = 1; i < 5000; ++i) {
    FoldedTree::Node node{
        .parent = i, .label = std::to_string(i) + std::string(390, static_cast<char>('a' + i % 26)), .share = 1.0 / i};
    for (std::uint32_t birth = 0; birth < 30; ++birth)
      node.cells.push_back(
          {birth, birth + i % 60, static_cast<std::int64_t>(i) * 7919 * birth % 99991, i % 97 + 1, i % 89});
    node.self.allocated = i;
    report.callees.nodes.push_back(node);
    report.callers.nodes.push_back(std::move(node));
  }
  const std::string page = report_page(report, nullptr, "");
  EXPECT_LE(page.size(), kLargestPage);
  EXPECT_GT(data_of(page)["folds"]["callees"]["folded"].get<int>(), 0);
}

TEST(ReportPage, OfNothingIsAPage) {
  RunReport report;
  report.borders = {0, 1};
  EXPECT_NE(report_page(report, nullptr, "").find("</html>"), std::string::npos);
}

}  // namespace
}  // namespace heaptape
