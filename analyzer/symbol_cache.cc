#include "analyzer/symbol_cache.h"

#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "analyzer/debug_files.h"
#include "analyzer/symbol_places.h"
#include "format/mapped_file.h"
#include "format/reader.h"
#include "format/sealer.h"
#include "format/tape_file.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFileBytes = 64u << 20, kMostFolderBytes = 256u << 20;
constexpr int kLevel = 1;
constexpr char kSuffix[] = ".names2";  // another number where what is kept changes its meaning

fs::path cache_folder() {
  if (const char* own = std::getenv("HEAPTAPE_CACHE")) return own;
  if (const char* base = std::getenv("XDG_CACHE_HOME"); base != nullptr && *base == '/')
    return fs::path(base) / "heaptape";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? fs::path(home) / ".cache/heaptape" : fs::path();
}

// Of whatever the names depend on beside the build: which files there are, and of when.
std::uint64_t print_of(const std::vector<std::string>& files) {
  std::string told;
  for (const std::string& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;
    told += fmt::format("{}\n{} {} {}\n", file, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return XXH3_64bits(told.data(), told.size());
}

// The oldest files leave until the rest is small enough.
void keep_folder_small(const fs::path& folder) {
  struct Entry {
    fs::file_time_type written;
    std::uint64_t bytes;
    fs::path path;
  };
  std::error_code ignored;
  std::vector<Entry> entries;
  std::uint64_t all = 0;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != kSuffix) continue;
    entries.push_back({entry.last_write_time(ignored), entry.file_size(ignored), entry.path()});
    all += entries.back().bytes;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.written < b.written; });
  for (std::size_t i = 0; i < entries.size() && all > kMostFolderBytes; ++i) {
    fs::remove(entries[i].path, ignored);
    all -= entries[i].bytes;
  }
}

}  // namespace

SymbolCache::SymbolCache(const std::string& path, const std::string& build_id, const SymbolSources& sources) {
  const fs::path folder = cache_folder();
  if (!sources.cache || build_id.empty() || folder.empty()) return;
  std::vector<std::string> files = places_of_binary(path, build_id, sources);
  for (const std::string& place : places_of_debug_file(path, build_id, sources)) files.push_back(place);
  file_ =
      folder / fmt::format("{}-{:016x}{}{}", build_id, print_of(files), sources.debuginfod ? "-served" : "", kSuffix);
  load();
}

SymbolCache::~SymbolCache() {
  if (!is_changed_ || file_.empty()) return;
  try {
    save();
  } catch (const std::exception&) {
    // Looked up again the next time.
  }
}

const std::vector<Location>* SymbolCache::find(std::uint64_t address) const {
  const auto found = known_.find(address);
  return found == known_.end() ? nullptr : &found->second;
}

void SymbolCache::put(std::uint64_t address, const std::vector<Location>& locations) {
  known_[address] = locations;
  is_changed_ = true;
}

// A file is one block of symbols after the other, each with its checksum, as on a packed tape.
void SymbolCache::load() try {
  std::error_code absent;
  if (const auto bytes = fs::file_size(file_, absent); absent || bytes > kMostFileBytes) return;
  const MappedFile file(file_);
  SymbolTable table;
  RawBlock raw;
  std::string_view reason;
  for (std::uint64_t at = 0; at < file.bytes().size();) {
    const auto block = block_at(file.bytes(), at);
    if (!block || block->kind != BlockKind::symbols || !checksum_holds(file.bytes(), *block) ||
        !decompress(file.bytes(), *block, raw, reason) || !decode_symbols(raw, 1, table, reason))
      return;
    at = block->end();
  }
  for (const SymbolTable::Address& address : table.addresses)
    known_[address.address] = locations_of(table, std::span(table.places).subspan(address.first, address.count));
} catch (const TapeError&) {
  known_.clear();
}

void SymbolCache::save() const {
  const fs::path folder = fs::path(file_).parent_path();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return;
  std::vector<std::uint64_t> addresses;
  for (const auto& [address, locations] : known_) addresses.push_back(address);
  std::sort(addresses.begin(), addresses.end());
  SymbolTableMaker maker;
  for (const std::uint64_t address : addresses) maker.add(ModuleId{0}, address, known_.at(address));
  const SymbolTable table = maker.take();
  const std::string draft = fmt::format("{}.{}", file_, ::getpid());
  {
    TapeFile file(draft, true);
    Sealer sealer(file, kLevel);
    flatbuffers::FlatBufferBuilder builder;
    for (std::size_t i = 0; i < table.addresses.size(); i += kMostAddressesPerBlock) {
      encode_symbols(builder, table, i, std::min(i + kMostAddressesPerBlock, table.addresses.size()));
      if (!sealer.seal(BlockKind::symbols, builder)) break;
    }
    if (file.error_number() != 0) return void(fs::remove(draft, failed));
  }
  fs::rename(draft, file_, failed);
  if (failed) fs::remove(draft, failed);
  keep_folder_small(folder);
}

}  // namespace heaptape
