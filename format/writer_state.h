// What a TapeWriter is made of. For writer.cc and writer_blocks.cc alone.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "format/accounting.h"
#include "format/definitions_encoder.h"
#include "format/event_encoder.h"
#include "format/index.h"
#include "format/keeper.h"
#include "format/sealer.h"
#include "format/tape_file.h"
#include "format/writer.h"

namespace heaptape {

struct TapeWriter::State {
  State(const std::string& path, const Meta& meta, const WriterOptions& options)
      : file(path, options.overwrite),
        sealer(file, options.zstd_level),
        encoder(Keeper::events_per_block(options.keep_bytes, options.events_per_block), meta.clock_step_ns),
        accounting(meta.forked, options.max_live == 0 ? Accounting::kUnlimited : options.max_live, meta.is_filtered()),
        progressed(options.progressed),
        max_bytes(options.max_bytes) {
    if (options.keep_bytes != 0) keeper.emplace(path, options, meta);
    index.meta = meta;
    index.threads = 0;
    for (const std::string& argument : meta.arguments) meta_bytes += argument.size() + 16;
    meta_bytes += meta.program.size() + meta.host.size() + meta.recorder.size();
  }

  // Throws if it could not be begun, and leaves none.
  void require_file(const std::string& path) const;
  void write_opening();
  void copy(const TapeContents& cut, const StoredBlock& block);
  void take_over(const TapeContents& cut);
  std::uint64_t index_bytes() const;
  std::uint64_t bytes_left() const;
  std::optional<StoredBlock> seal_block(BlockKind kind);
  bool add_block(BlockKind kind);
  void check(const Event& event) const;
  void admit(Event& event);
  void seal_definitions();
  void seal_events();
  void seal_rss();
  void make_room_if_due();
  void seal_definitions_if_large() {
    if (definitions.is_large()) seal_definitions();
  }

  TapeFile file;
  Sealer sealer;
  flatbuffers::FlatBufferBuilder builder;
  DefinitionsEncoder definitions;
  EventEncoder encoder;
  Accounting accounting;
  std::optional<Keeper> keeper;         // empty: all is kept
  std::vector<bool> in_program{false};  // by frame
  std::vector<RssSample> rss;
  TapeIndex index;
  std::function<void(std::uint64_t)> before_block;
  std::function<void()> progressed;
  std::uint64_t given_ns = 0, time_ns = 0;  // of the last event: as given, as taken
  std::uint64_t unwritten = 0;
  std::uint64_t max_bytes = 0;
  std::uint64_t meta_bytes = 0;
  bool is_full = false;  // a block found no room: what comes after may name what it defined, so it ends there
  bool is_finished = false;
  mutable Ledger ledger;
};

}  // namespace heaptape
