#include "tests/fuzz/seeds.h"

#include "format/contents.h"
#include "format/extract.h"
#include "format/file_header.h"
#include "tests/format/story.h"

namespace heaptape::fuzz {
namespace {

SymbolTable some_symbols() {
  return {.strings = {"", "main", "a.cc"},
          .places = {{1, 2, 7, false, false}, {1, 0, 0, true, true}},
          .addresses = {{ModuleId{0}, 0x10, 0, 1}, {ModuleId{0}, 0x20, 1, 1}}};
}

// Tapes that together have every kind of block.
std::vector<std::string> tapes(const TapeFolder& folder) {
  std::vector<std::string> paths;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    paths.push_back(folder.path("story" + std::to_string(seed) + ".tape"));
    write_tape(paths.back(), make_story(seed, 60), {.events_per_block = 24});
  }
  const std::string exact = folder.path("exact.tape");
  write_tape(exact, make_exact_story(4, 120), {.events_per_block = 24});
  paths.push_back(folder.path("cut.tape"));
  extract(TapeReader(exact), {.begin = 60}, some_symbols(), paths.back());
  return paths;
}

int number_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::events:
      return 0;
    case BlockKind::definitions:
      return 1;
    case BlockKind::aggregate:
      return 2;
    case BlockKind::symbols:
      return 3;
    case BlockKind::rss:
      return 4;
    case BlockKind::index:
      return 5;
    default:
      return -1;
  }
}

}  // namespace

std::vector<FileBytes> seeds(const std::string& target) {
  const TapeFolder folder;
  std::vector<FileBytes> all;
  for (const std::string& path : tapes(folder)) {
    const FileBytes file = read_bytes(path);
    if (target == "read_tape") {
      for (const std::uint8_t first : {std::uint8_t{0}, std::uint8_t{1}}) {
        all.push_back(file);
        all.back().insert(all.back().begin(), first);
      }
      continue;
    }
    for (const StoredBlock& block : scan_blocks(file, kHeaderBytes).blocks) {
      RawBlock raw;
      std::string_view reason;
      if (number_of(block.kind) < 0 || !decompress(file, block, raw, reason)) continue;
      const Bytes bytes = raw;
      all.emplace_back(bytes.begin(), bytes.end());
      all.back().insert(all.back().begin(), static_cast<std::uint8_t>(number_of(block.kind)));
    }
  }
  return all;
}

}  // namespace heaptape::fuzz
