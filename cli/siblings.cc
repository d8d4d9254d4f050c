#include "cli/siblings.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "analyzer/account.h"
#include "analyzer/caveats.h"
#include "format/reader.h"

namespace heaptape::cli {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `name` is `stem`.<pid>.<n>.tape
bool is_sibling(std::string_view name, std::string_view stem) {
  constexpr std::string_view kSuffix = ".tape";
  if (!name.starts_with(stem) || !name.ends_with(kSuffix) || name.size() < stem.size() + kSuffix.size()) return false;
  std::string_view middle = name.substr(stem.size(), name.size() - stem.size() - kSuffix.size());
  if (!middle.starts_with('.')) return false;
  middle.remove_prefix(1);
  const std::size_t dot = middle.find('.');
  return dot != std::string_view::npos && is_number(middle.substr(0, dot)) && is_number(middle.substr(dot + 1));
}

}  // namespace

std::optional<Sibling> heaviest_sibling(const std::string& tape_path, Layer layer) {
  namespace fs = std::filesystem;
  const fs::path tape(tape_path);
  const fs::path folder = tape.has_parent_path() ? tape.parent_path() : fs::path(".");
  const std::string stem = tape.extension() == ".tape" ? tape.stem().string() : tape.filename().string();
  std::optional<Sibling> heaviest;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (!is_sibling(entry->path().filename().string(), stem)) continue;
    try {
      const TapeReader reader((tape.parent_path() / entry->path().filename()).string());
      const std::uint64_t peak = totals_of(reader).of(layer).peak_bytes;
      if (!heaviest || peak > heaviest->peak_bytes) heaviest = {reader.path(), program_of(reader), peak};
    } catch (const TapeError&) {
      continue;
    }
  }
  return heaviest;
}

}  // namespace heaptape::cli
