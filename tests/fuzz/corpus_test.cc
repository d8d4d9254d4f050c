// The corpus once more, and some thousand changes of it, in every run of the tests and under every sanitizer; a fuzzer
// goes on from there (run.sh). What a fuzzer has found wrong once lies in corpus/.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <vector>

#include "tests/format/tape_folder.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/targets.h"
#include "tests/support/soak.h"

namespace heaptape::fuzz {
namespace {

using Target = void (*)(std::span<const std::uint8_t>);

// What fuzzers do to their inputs, in short.
FileBytes changed(FileBytes bytes, std::mt19937& random) {
  for (std::uint32_t i = 0, changes = 1 + static_cast<std::uint32_t>(random() % 4); i < changes && !bytes.empty();
       ++i) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 5) {
      case 0:
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1u << random() % 8);
        break;
      case 1:
        bytes[at] = static_cast<std::uint8_t>(random());
        break;
      case 2:
        bytes[at] = random() % 2 == 0 ? 0xff : 0;
        break;
      case 3:
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + random() % 16, bytes.size())));
        break;
      default:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random()));
    }
  }
  return bytes;
}

void try_all(const std::string& name, Target target, int times) {
  std::vector<FileBytes> inputs = seeds(name);
  ASSERT_FALSE(inputs.empty());
  for (const auto& entry : std::filesystem::directory_iterator(HEAPTAPE_CORPUS "/" + name))
    inputs.push_back(read_bytes(entry.path().string()));
  for (const FileBytes& input : inputs) target(input);
  std::mt19937 random(1);
  for (int i = 0; i < times; ++i) target(changed(inputs[random() % inputs.size()], random));
}

TEST(Corpus, OfBlocksIsRefusedOrRead) { try_all("decode_block", decode_block, testing::sized(4000, 1'000'000)); }
TEST(Corpus, OfTapesIsRefusedOrRead) { try_all("read_tape", read_tape, testing::sized(1000, 100'000)); }
TEST(Corpus, OfFilesToImportIsRefusedOrRead) { try_all("import", import, testing::sized(1000, 100'000)); }

}  // namespace
}  // namespace heaptape::fuzz
