#include "analyzer/debug_files.h"

#include <filesystem>

#include "format/base_name.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr char kSystemFolder[] = "/usr/lib/debug";

// As a path below a folder: "…/.build-id/ab/cdef". Empty without a build-id.
std::string by_id(const fs::path& folder, const std::string& build_id, const char* suffix) {
  if (build_id.size() < 3) return {};
  return folder / ".build-id" / build_id.substr(0, 2) / (build_id.substr(2) + suffix);
}

fs::path root_of(const SymbolSources& sources) { return sources.sysroot.empty() ? "/" : sources.sysroot; }

void add(std::vector<std::string>& places, const std::string& place) {
  if (!place.empty()) places.push_back(place);
}

}  // namespace

std::vector<std::string> places_of_binary(const std::string& path, const std::string& build_id,
                                          const SymbolSources& sources) {
  std::vector<std::string> places{sources.sysroot + path};
  for (const fs::path folder : sources.debug_paths) {
    add(places, by_id(folder, build_id, ""));
    add(places, folder / fs::path(path).relative_path());
    add(places, folder / base_name(path));
  }
  return places;
}

std::vector<std::string> places_of_debug_file(const std::string& path, const std::string& build_id,
                                              const SymbolSources& sources, const std::string& link) {
  const std::string name = link.empty() ? base_name(path) + ".debug" : base_name(link);
  const fs::path folder = fs::path(path).parent_path(), below = folder.relative_path();
  const fs::path root = root_of(sources);
  std::vector<std::string> places;
  for (const fs::path given : sources.debug_paths) {
    add(places, by_id(given, build_id, ".debug"));
    add(places, given / below / name);
    add(places, given / name);
  }
  const fs::path system = root / fs::path(kSystemFolder).relative_path();
  add(places, by_id(system, build_id, ".debug"));
  add(places, root / below / name);
  add(places, root / below / ".debug" / name);
  add(places, system / below / name);
  return places;
}

std::vector<std::string> places_of_alternate(const std::string& debug_file, const std::string& link,
                                             const std::string& build_id, const SymbolSources& sources) {
  const fs::path root = root_of(sources), named = link;
  std::vector<std::string> places;
  for (const fs::path given : sources.debug_paths) {
    add(places, by_id(given, build_id, ".debug"));
    add(places, given / named.filename());
  }
  add(places, named.is_absolute() ? root / named.relative_path() : fs::path(debug_file).parent_path() / named);
  add(places, by_id(root / fs::path(kSystemFolder).relative_path(), build_id, ".debug"));
  return places;
}

}  // namespace heaptape
