// The drain's end of one mapping: makes the file, grows it, frees its chunks, knows when it is over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "recorder/launcher/record_options.h"
#include "recorder/mapping.h"

namespace heaptape {

class MappingFile {
 public:
  static constexpr std::uint32_t kFirstChunks = (1u << 20) / kChunkBytes;
  // Makes the file NUMBER in `folder`, or a memfd if there is no folder: header, first stack level and 1 MiB of chunks
  // really allocated, address space for the buffer asked for. Throws std::system_error.
  MappingFile(const std::string& folder, std::uint32_t number, const CaptureOptions& capture, Verdict verdict,
              std::uint64_t buffer_bytes);
  // Opens one whose drain is dead; its program may have claimed to have any number of chunks. What is changed here is
  // seen by nobody else. Null: the drain died while it made it, so that nobody came to use it.
  // Throws std::system_error, or std::runtime_error if it is no mapping.
  static std::unique_ptr<MappingFile> adopt(const std::string& path, std::uint32_t most_chunks);
  ~MappingFile();  // unmaps the file; removes it if it was made here
  MappingFile(const MappingFile&) = delete;
  MappingFile& operator=(const MappingFile&) = delete;

  const std::string& path() const { return path_; }
  // Whether it is a file in a folder, rather than a memfd.
  bool has_path() const { return !path_.empty(); }
  int descriptor() const { return file_; }
  std::uint32_t most_chunks() const;
  MappingHeader& header() const { return *header_; }
  Chunk& chunk(std::uint32_t index) const { return chunks_[index]; }
  std::uint32_t chunks() const { return ready_; }
  // Where threads count by themselves.
  std::span<CountLine> count_lines() const {
    const std::uint32_t used = header_->count_lines_used.load(std::memory_order_acquire);
    return {heaptape::count_lines(*header_), std::min(used, kCountLines)};
  }

  // Whether the hooks only forward.
  void set_paused(bool paused) { header_->control.paused.store(paused ? 1 : 0, std::memory_order_seq_cst); }

  // Doubles the number of chunks, up to the limit. False: nothing could be added.
  bool grow();
  // Adds a few chunks beyond the limit: threads wait, and all others are held by threads that may never let go.
  bool overdraw();
  // Doubles the table of processes when it is half claimed.
  void grow_process_table();
  // Publishes the next stack level when the newest is half full.
  void grow_stack_table();
  // Share of the ids of stacks that are given out.
  double stacks_used() const;
  // Frames that the hooks keep of a stack.
  std::uint32_t depth() const { return depth_; }
  bool was_depth_lowered() const { return was_depth_lowered_; }
  void lower_depth(std::uint32_t depth);
  // Lends the chunk out again. All its records are in the tape.
  void free_chunk(std::uint32_t index);
  // The same for a dead thread's chunk, unless a successor of the thread is closing it.
  bool take_back(std::uint32_t index, std::uint64_t owner);
  // Wakes threads that wait for a chunk.
  void announce_free();
  // Whether no process has it mapped any more.
  bool is_over() const;

 private:
  MappingFile() = default;
  bool add_chunks(std::uint32_t more);
  bool allocate(std::uint64_t offset, std::uint64_t bytes) const;

  std::string path_;
  bool is_ours_ = true;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
  std::uint32_t ready_ = 0;
  std::uint32_t limit_ = 0;
  std::uint32_t max_stacks_ = 0, depth_ = 0;
  bool was_depth_lowered_ = false;
  MappingHeader* header_ = nullptr;
  Chunk* chunks_ = nullptr;
};

// Wakes everybody who waits on a futex in shared memory.
void wake_all(std::atomic<std::uint32_t>& word);

}  // namespace heaptape
