#include "tests/format/tape_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace heaptape {

TapeFolder::TapeFolder() {
  std::string name = ::testing::TempDir() + "/heaptape-format-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

TapeFolder::~TapeFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TapeFolder::put(const std::string& name, const FileBytes& bytes) const {
  // A new file each time: truncating one makes some file systems write it to disk at once.
  std::filesystem::remove(path(name));
  std::ofstream file(path(name), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path(name);
}

FileBytes read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return FileBytes(std::istreambuf_iterator<char>(file), {});
}

FileBytes cut_at(FileBytes bytes, std::size_t size) {
  bytes.resize(size);
  return bytes;
}

FileBytes flip_bit(FileBytes bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
  return bytes;
}

}  // namespace heaptape
