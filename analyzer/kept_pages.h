// The pages that live blocks lie in, which an allocator can't give back.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace heaptape {

class KeptPages {
 public:
  void add(std::uint64_t address, std::uint64_t size) { change(address, size, 1); }
  // Of a block that was added.
  void remove(std::uint64_t address, std::uint64_t size) { change(address, size, UINT32_MAX); }

  std::uint64_t page_bytes() const { return (pages_ + large_pages_) << kPageBits; }
  // From the first to the last page in each stretch; 64 MiB, as that is what an arena of glibc's has. Blocks of
  // a MiB or more are mapped alone, or as good as that, and count as they are.
  std::uint64_t span_bytes() const;

 private:
  static constexpr unsigned kPageBits = 12, kStretchBits = 26;
  static constexpr std::uint64_t kPage = 1 << kPageBits, kLarge = 1 << 20;
  static constexpr std::size_t kMostStretches = 4096;  // 64 KiB each
  // How many blocks lie in each page.
  using Stretch = std::array<std::uint32_t, 1 << (kStretchBits - kPageBits)>;

  void change(std::uint64_t address, std::uint64_t size, std::uint32_t by);
  // Null where there are too many: what lies there counts by itself then, page for page.
  Stretch* stretch_of(std::uint64_t page);

  std::unordered_map<std::uint64_t, std::unique_ptr<Stretch>> stretches_;
  std::uint64_t pages_ = 0, large_pages_ = 0;
  std::uint64_t last_number_ = UINT64_MAX;
  Stretch* last_ = nullptr;
};

}  // namespace heaptape
