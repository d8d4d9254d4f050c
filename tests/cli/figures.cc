#include "tests/cli/figures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/cli/tapes.h"

namespace heaptape::testing {
namespace {

std::string picture(const std::string& tape, const std::string& layer, const std::vector<std::string>& options,
                    const std::string& extension) {
  const ScratchFolder scratch;
  const std::string path = scratch.file("picture." + extension);
  std::vector<std::string> words{"render", tape, "--layer", layer, "-o", path};
  words.insert(words.end(), options.begin(), options.end());
  answer(words);
  return read_file(path);
}

std::string description(const std::string& svg) { return between(svg, "<desc>", "</desc>"); }

// A PDF's text strings that aren't plain ASCII are UTF-16, in hexadecimal: plain figures are read out of both.
std::string subject(const std::string& pdf) {
  const std::string plain = between(pdf, "/Subject (", ")");
  if (!plain.empty()) return plain;
  const std::string hex = between(pdf, "/Subject <", ">");
  std::string text;
  for (std::size_t at = 4; at + 4 <= hex.size(); at += 4) {
    const auto unit = std::stoul(hex.substr(at, 4), nullptr, 16);
    text += unit < 0x80 ? static_cast<char>(unit) : '?';
  }
  return text;
}

std::uint64_t peak_in(const std::string& sentence) {
  return exact_bytes_in(sentence.substr(std::min(sentence.rfind("peak "), sentence.size())));
}

}  // namespace

std::uint64_t exact_bytes_in(const std::string& text) {
  static const std::regex kBytes("([0-9][0-9,]*) bytes?");
  std::smatch found;
  if (!std::regex_search(text, found, kBytes)) {
    ADD_FAILURE() << "no bytes in: " << text;
    return 0;
  }
  std::string digits = found[1];
  std::erase(digits, ',');
  return std::stoull(digits);
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  const std::size_t to = text.find(end, from + begin.size());
  return to == std::string::npos ? "" : text.substr(from + begin.size(), to - from - begin.size());
}

std::map<std::string, std::uint64_t> peaks_everywhere(const std::string& tape, const std::string& layer) {
  const std::vector<std::string> timeline{"--view", "timeline"}, icicle{"--view", "icicle", "--cost", "peak"};
  const auto ask = [&](const std::string& report) { return answer({report, tape, "--layer", layer}); };
  const auto ask_json = [&](const std::string& report) { return json_answer({report, tape, "--layer", layer}); };
  const nlohmann::json top = ask_json("top");
  const nlohmann::json tree = json_answer({"top", tape, "--layer", layer, "--tree", "callees"});
  const nlohmann::json peaks = ask_json("peaks");
  std::uint64_t sites = 0;
  for (const auto& site : top.at("sites")) sites += site.at("peak_bytes").get<std::uint64_t>();
  std::uint64_t shares = 0;
  for (const auto& site : peaks.at("sites")) shares += site.at("bytes").get<std::uint64_t>();
  const std::string icicle_svg = description(picture(tape, layer, icicle, "svg"));
  const ScratchFolder scratch;
  answer({"report", tape, "--layer", layer, "-o", scratch.file("x.html")});
  const std::string page = read_file(scratch.file("x.html"));
  const nlohmann::json report = nlohmann::json::parse(between(page, "id=\"data\">", "</script>"));
  return {
      {"report, page", report.at("peak").at("bytes")},
      {"report, page, summary", report.at("summary").at("peak_bytes")},
      {"summary, text", exact_bytes_in(line_with(ask("summary"), "  peak  "))},
      {"summary, JSON", ask_json("summary").at("peak_bytes")},
      {"top, text", exact_bytes_in(ask("top"))},
      {"top, JSON, peak", top.at("peak").at("bytes")},
      {"top, JSON, total", top.at("total").at("peak_bytes")},
      {"top, JSON, sum of sites", sites},
      {"tree, JSON", tree.at("total")},
      {"tree, JSON, root", tree.at("nodes").at(0).at("total")},
      {"peaks, text", exact_bytes_in(line_with(ask("peaks"), "  peak  "))},
      {"peaks, JSON", peaks.at("peak").at("bytes")},
      {"peaks, JSON, sum of sites", shares},
      {"timeline, text", exact_bytes_in(line_with(ask("timeline"), "  peak  "))},
      {"timeline, JSON", ask_json("timeline").at("peak").at("bytes")},
      {"overview, SVG", peak_in(description(picture(tape, layer, {"--view", "overview"}, "svg")))},
      {"timeline, SVG", peak_in(description(picture(tape, layer, timeline, "svg")))},
      {"timeline, PDF", peak_in(subject(picture(tape, layer, timeline, "pdf")))},
      {"icicle, SVG, peak", peak_in(icicle_svg)},
      {"icicle, SVG, whole", exact_bytes_in(icicle_svg)},
      {"icicle, PDF", peak_in(subject(picture(tape, layer, icicle, "pdf")))},
  };
}

}  // namespace heaptape::testing
