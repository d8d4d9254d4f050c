#include "render/report/report_page.h"

#include <fmt/format.h>
#include <glib.h>

#include <map>
#include <memory>
#include <string_view>

#include "analyzer/gzip.h"
#include "render/printable.h"
#include "render/report/report_data.h"

namespace heaptape {
namespace {

std::string base64(std::string_view bytes) {
  const std::unique_ptr<char, decltype(&g_free)> text(
      g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size()), g_free);
  return text.get();
}

// As a Content-Security-Policy takes it.
std::string hash_of(std::string_view text) {
  const std::unique_ptr<GChecksum, decltype(&g_checksum_free)> sum(g_checksum_new(G_CHECKSUM_SHA256), g_checksum_free);
  g_checksum_update(sum.get(), reinterpret_cast<const guchar*>(text.data()), static_cast<gssize>(text.size()));
  std::string digest(32, '\0');
  gsize size = digest.size();
  g_checksum_get_digest(sum.get(), reinterpret_cast<guint8*>(digest.data()), &size);
  return "'sha256-" + base64(digest) + "'";
}

// ASCII without anything that HTML knows. In JSON such characters stand in strings alone.
std::string inert(const Json& json) {
  std::string safe;
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<' || c == '>' || c == '&' || c == '\'')
      safe += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      safe += c;
  }
  return safe;
}

// Puts each value where its {{name}} stands. Values are not looked through.
std::string filled(std::string_view page, const std::map<std::string_view, std::string>& values) {
  std::string text;
  while (true) {
    const std::size_t begin = page.find("{{"), end = page.find("}}", begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return text.append(page);
    text.append(page.substr(0, begin));
    text.append(values.at(page.substr(begin + 2, end - begin - 2)));
    page.remove_prefix(end + 2);
  }
}

std::string page_of(const ReportData& data) {
  const std::string policy =
      fmt::format("default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
                  hash_of(kPageParts.script), hash_of(kPageParts.style));
  return filled(kPageParts.html, {{"policy", policy},
                                  {"title", xml_escaped(data.json["title"].get<std::string>())},
                                  {"style", kPageParts.style},
                                  {"script", kPageParts.script},
                                  {"data", inert(data.json)},
                                  {"columns", base64(gzipped(data.columns))}});
}

}  // namespace

std::string report_page(const RunReport& report, const RunComparison* comparison, const std::string& title) {
  ReportLimits limits;
  std::string page = page_of(report_data(report, comparison, title, limits));
  // What only a brush needs goes first.
  while (page.size() > kLargestPage && limits.parts > 50'000) {
    limits.parts /= 2;
    page = page_of(report_data(report, comparison, title, limits));
  }
  if (page.size() <= kLargestPage) return page;
  RunReport smaller = report;
  std::unique_ptr<RunComparison> smaller_comparison;
  if (comparison != nullptr) smaller_comparison = std::make_unique<RunComparison>(*comparison);
  while (page.size() > kLargestPage && limits.nodes > 1) {
    limits.nodes = limits.nodes * 2 / 3;
    limits.rows = limits.rows * 2 / 3;
    if (limits.nodes < 1000) limits.name = std::max<std::size_t>(limits.name / 2, 40);
    for (FoldedTree* tree : {&smaller.callees, &smaller.callers}) *tree = folded(*tree, limits.nodes);
    if (smaller_comparison)
      for (FoldedTree* tree : {&smaller_comparison->callees, &smaller_comparison->callers})
        *tree = folded(*tree, limits.nodes);
    page = page_of(report_data(smaller, smaller_comparison.get(), title, limits));
  }
  return page;
}

}  // namespace heaptape
