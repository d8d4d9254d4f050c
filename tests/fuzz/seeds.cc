#include "tests/fuzz/seeds.h"

#include <zstd.h>

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

// Of heaptrack, interpreted and raw; the first one as zstd packs it too.
std::vector<FileBytes> recordings() {
  const std::string interpreted =
      "v 10400 3\nX ./prog one\nI 1000 100\ns 5 /prog\ns 4 main\ns 4 a.cc\ns 4 grow\ni 1234 1 4 3 7 2 3 9\nt 1 0\n"
      "a 10 1\na 20 1\nc 5\n+ 0\n+ 1\nc 7\nR 3\n- 0\n+ 0\n- 0\nA\nS leak:x\n# end\n";
  const std::string raw =
      "v 10400 3\nx 5 /prog\nX ./prog\nI 1000 100\nm 1 -\nm 1 x 10000 0 1000 2000 800\nm 6 /lib/c 7f000 0 1000\n"
      "t 10010 0\nt 7f123 1\n+ 10 2 5000\nc 3\n- 5000\n- 6000\nR 2\n";
  std::string packed(ZSTD_compressBound(interpreted.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), interpreted.data(), interpreted.size(), 1));
  std::vector<FileBytes> all;
  for (const std::string& text : {interpreted, raw, packed}) all.emplace_back(text.begin(), text.end());
  return all;
}

}  // namespace

std::vector<FileBytes> seeds(const std::string& target) {
  if (target == "import") return recordings();
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
