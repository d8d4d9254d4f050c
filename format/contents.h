// What is in a tape's file: opened by its index where that is whole, else by looking at every block.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/decoded_block.h"
#include "format/definitions.h"
#include "format/index.h"
#include "format/mapped_file.h"
#include "format/opening.h"
#include "format/scan.h"
#include "format/symbol_table.h"

namespace heaptape {

class TapeContents {
 public:
  // `index_alone`: definitions and opening wait for read_definitions(), where there is an index; their checksums are
  // checked. Throws TapeError.
  enum class Reading { all, index_alone };
  explicit TapeContents(const std::string& path, Reading reading = Reading::all);
  void read_definitions();

  // The FlatBuffer of one block of events, checked by its checksum. False: `reason` says what is wrong.
  [[nodiscard]] bool unwrap(const StoredBlock& stored, RawBlock& raw, std::string_view& reason) const;
  // Decodes one block of events, checked in every way. Needs the definitions. False: `reason` says what is wrong.
  [[nodiscard]] bool decode(const StoredBlock& stored, DecodedBlock& block, std::string_view& reason) const;
  // Whether `index` was stored: the tape had come to its end, even if its last bytes are torn.
  bool has_index() const { return has_index_; }
  // Where the last whole block ends: what follows is torn.
  std::uint64_t whole_bytes() const { return whole_bytes_; }
  // Events that were written, by the number that the last block bears; some may be in damaged blocks.
  std::uint64_t numbered_events() const { return numbered_events_; }

  std::string path;
  MappedFile file;
  Condition condition = Condition::whole;
  std::vector<Damage> damage;
  TapeIndex index;  // as stored, or as found out from the events
  Definitions definitions;
  Opening opening;  // `events` 0: the tape begins at the beginning
  std::vector<RssSample> rss;
  SymbolTable symbols;  // empty, but on a packed tape

 private:
  std::optional<TapeIndex> index_by_trailer() const;
  std::optional<TapeIndex> read_index(const StoredBlock& block, std::string_view& reason) const;
  // Takes the index among the blocks found, or makes one of the events; damage is listed.
  void open_by_scan();
  void take_blocks(const std::vector<StoredBlock>& blocks);
  std::uint64_t account(const std::vector<StoredBlock>& blocks);
  // The index lists the blocks, but its figures are not right: takes them from the events.
  void recompute();
  // The FlatBuffer of a block that is where and what it should be. Else null, and listed as damage.
  std::optional<RawBlock> raw_of(const StoredBlock& block);
  std::optional<RawBlock> definitions_of(const StoredBlock& block);
  void check_others();
  void take_meta(const StoredBlock& block);
  void take_definitions(const StoredBlock& block);
  void take_opening(const StoredBlock& block);
  void take_rss(const StoredBlock& block);
  void take_symbols(const StoredBlock& block);
  bool is_listed(const StoredBlock& block) const;
  void list_damage(std::uint64_t offset, std::string_view reason);
  void judge();
  std::string_view check_place(const StoredBlock& block) const;

  std::uint64_t first_block_ = 0;
  bool has_index_ = false;
  bool has_definitions_ = true;
  std::uint64_t whole_bytes_ = 0;
  std::uint64_t numbered_events_ = 0;
  std::uint64_t definition_bytes_ = 0;  // decompressed so far
};

}  // namespace heaptape
