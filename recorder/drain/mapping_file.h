// The drain's end of one mapping: makes the file, grows it, frees its chunks, knows when it is over.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "recorder/launcher/record_options.h"
#include "recorder/mapping.h"

namespace heaptape {

class MappingFile {
 public:
  // Makes the file NUMBER in `folder`: header, first stack level and 1 MiB of chunks really allocated,
  // address space for the buffer asked for. Throws std::system_error.
  MappingFile(const std::string& folder, std::uint32_t number, const RecordOptions& options);
  ~MappingFile();  // unmaps and removes the file
  MappingFile(const MappingFile&) = delete;
  MappingFile& operator=(const MappingFile&) = delete;

  const CaptureOptions& capture() const { return capture_; }
  MappingHeader& header() const { return *header_; }
  Chunk& chunk(std::uint32_t index) const { return chunks_[index]; }
  std::uint32_t chunks() const { return ready_; }

  // Doubles the number of chunks, up to the limit. False: nothing could be added.
  bool grow();
  // Adds a few chunks beyond the limit: threads wait, and all others are held by threads that may never let go.
  bool overdraw();
  // Doubles the table of processes when it is half claimed.
  void grow_process_table();
  // Publishes the next stack level when the newest is half full.
  void grow_stack_table();
  // Lends the chunk out again. All its records are in the tape.
  void free_chunk(std::uint32_t index);
  // The same for a dead thread's chunk, unless a successor of the thread is closing it.
  bool take_back(std::uint32_t index, std::uint64_t owner);
  // Wakes threads that wait for a chunk.
  void announce_free();
  // Whether no process has it mapped any more.
  bool is_over() const;

 private:
  bool add_chunks(std::uint32_t more);
  bool allocate(std::uint64_t offset, std::uint64_t bytes) const;

  std::string path_;
  CaptureOptions capture_;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
  std::uint32_t ready_ = 0;
  std::uint32_t limit_ = 0;
  MappingHeader* header_ = nullptr;
  Chunk* chunks_ = nullptr;
};

// Wakes everybody who waits on a futex in shared memory.
void wake_all(std::atomic<std::uint32_t>& word);

}  // namespace heaptape
