// Keeps a tape within a size: when the file has grown beyond it, the oldest blocks of events leave for an aggregate.
//
// The tape is written anew beside itself, with about half of the size free, and takes its own place by a rename: at any
// instant there is one whole file or the other. So each byte is written about twice, and each event that leaves is
// taken once more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "format/aggregate.h"
#include "format/event_decoder.h"
#include "format/index.h"
#include "format/sealer.h"
#include "format/writer.h"

namespace heaptape {

inline constexpr char kDraftSuffix[] = ".keeping";  // of the tape that is being written anew, until its rename

class Keeper {
 public:
  // Of a tape with options.keep_bytes.
  Keeper(std::string path, const WriterOptions& options, const Meta& meta);

  // How many events a block of such a tape should have: of the size a block takes little. `bytes` 0: all is kept.
  static std::uint32_t events_per_block(std::uint64_t bytes, std::uint32_t asked);

  bool is_due(std::uint64_t file_bytes) const { return file_bytes > limit_; }
  // Writes the tape anew. Definitions of all that the blocks name, and all RSS samples, are in the file. `builder` is
  // used. If it fails, the file has the error and stays as it was.
  void make_room(TapeFile& file, TapeIndex& index, Sealer& sealer, flatbuffers::FlatBufferBuilder& builder,
                 const IdLimits& ids, const std::vector<bool>& in_program);

  void sample(RssSample sample);

 private:
  bool take(const TapeFile& file, const BlockEntry& entry, const IdLimits& ids, const std::vector<bool>& in_program);
  std::size_t first_kept(const TapeIndex& index, std::uint64_t file_bytes) const;

  std::string path_;
  std::function<void()> progressed_;
  std::uint64_t bytes_, limit_;
  Aggregate aggregate_;
  std::vector<RssSample> rss_;  // of all the run, thinned
};

}  // namespace heaptape
