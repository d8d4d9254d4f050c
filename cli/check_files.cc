#include <fmt/format.h>

#include "cli/check_text.h"
#include "cli/check_words.h"
#include "cli/markdown.h"
#include "cli/view.h"
#include "render/printable.h"

namespace heaptape::cli {
namespace {

std::string markdown_row(const CheckReport::Item& item) {
  const bool met = item.verdict == CheckReport::Verdict::met;
  return fmt::format("| {}{}{} | {} | {} | {} |\n", met ? "" : "**", name_of(item.verdict), met ? "" : "**",
                     text_cell(figure_text(item)), value_text(item), limit_text(item));
}

std::string markdown_reasons(const CheckReport::Item& item) {
  if (item.why.empty() && item.sites.empty()) return "";
  std::string text =
      fmt::format("- **{}**{}\n", text_cell(figure_text(item)), item.why.empty() ? "" : ": " + text_cell(item.why));
  for (const CheckReport::Share& share : item.sites)
    text += fmt::format("  - {} {}\n", share_text(item.limit.figure, share), code_cell(site_text(share)));
  return text;
}

std::string attribute(const std::string& text) { return xml_escaped(text, 4000); }

std::string message_of(const CheckReport::Item& item) {
  return fmt::format("{}: {}, limit {}", figure_text(item), value_text(item), limit_text(item));
}

std::string junit_case(const CheckReport::Tape& tape, const CheckReport::Item& item) {
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", attribute(tape.program),
                                 attribute(figure_text(item)));
  if (item.verdict == CheckReport::Verdict::met) return text + "/>\n";
  const char* element = item.verdict == CheckReport::Verdict::exceeded ? "failure" : "error";
  text += fmt::format(">\n      <{} message=\"{}\" type=\"{}\">", element, attribute(message_of(item)),
                      name_of(item.verdict));
  if (!item.why.empty()) text += attribute(item.why) + "\n";
  for (const CheckReport::Share& share : item.sites)
    text += fmt::format("{} {}\n", share_text(item.limit.figure, share), attribute(site_text(share)));
  return text + fmt::format("</{}>\n    </testcase>\n", element);
}

std::string counts_of(const std::vector<const CheckReport::Tape*>& tapes) {
  std::size_t all = 0, failures = 0, errors = 0;
  for (const CheckReport::Tape* tape : tapes) {
    for (const CheckReport::Item& item : tape->items) {
      ++all;
      failures += item.verdict == CheckReport::Verdict::exceeded ? 1 : 0;
      errors += item.verdict == CheckReport::Verdict::unknown ? 1 : 0;
    }
  }
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"0\"", all, failures, errors);
}

}  // namespace

std::string check_markdown(const CheckReport& report) {
  std::string text = fmt::format("### heaptape check: {}\n", text_cell(outcome_text(report)));
  for (const CheckReport::Tape& tape : report.tapes) {
    text += fmt::format("\n{} of {}\n\n| | figure | value | limit |\n|---|---|--:|--:|\n", code_cell(tape.path),
                        code_cell(tape.program));
    for (const CheckReport::Item& item : tape.items) text += markdown_row(item);
    text += "\n";
    for (const CheckReport::Range& range : tape.ranges) text += "- " + text_cell(range_text(range)) + "\n";
    for (const CheckReport::Item& item : tape.items) text += markdown_reasons(item);
    for (const Caveat& caveat : tape.caveats) text += "- note: " + text_cell(caveat.sentence) + "\n";
  }
  for (const Caveat& caveat : report.caveats) text += "- note: " + text_cell(caveat.sentence) + "\n";
  for (const std::string& note : allowance_notes(report)) text += "- note: " + text_cell(note) + "\n";
  return text;
}

std::string check_junit(const CheckReport& report) {
  std::vector<const CheckReport::Tape*> tapes;
  for (const CheckReport::Tape& tape : report.tapes) tapes.push_back(&tape);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text += fmt::format("<testsuites name=\"heaptape check\" {}>\n", counts_of(tapes));
  for (const CheckReport::Tape& tape : report.tapes) {
    text += fmt::format("  <testsuite name=\"{}\" {}>\n", attribute(tape.path), counts_of({&tape}));
    for (const CheckReport::Item& item : tape.items) text += junit_case(tape, item);
    std::string notes;
    for (const CheckReport::Range& range : tape.ranges) notes += range_text(range) + "\n";
    for (const Caveat& caveat : tape.caveats) notes += caveat.sentence + "\n";
    for (const std::string& note : allowance_notes(report)) notes += note + "\n";
    if (!notes.empty()) text += fmt::format("    <system-out>{}</system-out>\n", attribute(notes));
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace heaptape::cli
