#include "format/verify.h"

#include <algorithm>
#include <optional>

#include "format/accounting.h"
#include "format/definitions.h"
#include "format/event_decoder.h"
#include "format/file_header.h"
#include "format/index.h"
#include "format/live_replay.h"
#include "format/mapped_file.h"
#include "format/meta_codec.h"
#include "format/opening_codec.h"
#include "format/rss_codec.h"
#include "format/scan.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

bool is_same_block(const StoredBlock& a, const StoredBlock& b) {
  return a.offset == b.offset && a.kind == b.kind && a.stored_bytes == b.stored_bytes && a.raw_bytes == b.raw_bytes;
}

bool is_same_place(const BlockEntry& a, const BlockEntry& b) {
  return a.offset == b.offset && a.stored_bytes == b.stored_bytes && a.raw_bytes == b.raw_bytes &&
         a.first_event == b.first_event && a.events == b.events && a.begin_ns == b.begin_ns && a.end_ns == b.end_ns;
}

// `recompute`: with unaccounted births only these figures are right.
bool is_same_total(const BlockEntry& a, const BlockEntry& b, bool recompute) {
  const auto births = [](const Totals& x, const Totals& y) {
    return x.allocations == y.allocations && x.allocated_bytes == y.allocated_bytes;
  };
  if (recompute) return births(a.at_end.program, b.at_end.program) && births(a.at_end.all, b.at_end.all);
  return a.at_end == b.at_end && a.program_max_bytes == b.program_max_bytes && a.all_max_bytes == b.all_max_bytes;
}

// Counts what a replay makes something of.
struct Replayed {
  std::uint64_t events = 0;
  void born(const Block&, Moment) { ++events; }
  void ended(const Block&, Fate fate, Moment) { events += fate != Fate::overwritten; }
  void restored(const Block&, Fate, Moment) { ++events; }
  void other(const Event&, Moment) {}
  Loss unmatched() { return ++events, Loss::unmatched_frees; }
  void matched_after_all(Loss) { ++events; }
};

class Verifier {
 public:
  explicit Verifier(const std::string& path) : file_(path), begin_(check_header(file_.bytes(), path)) {
    result_.bytes = file_.bytes().size();
  }

  Verification run(const VerifyProgress& progress) {
    Scan scan = scan_blocks(file_.bytes(), begin_);
    result_.faults = std::move(scan.damage);
    is_complete_ = result_.faults.empty();
    result_.blocks = scan.blocks.size();
    for (const StoredBlock& block : scan.blocks) {
      if (index_) fault(block.offset, "a block follows the index");
      take(block);
      if (progress) progress(block.end(), result_.bytes);
    }
    check_conservation();
    check_end(scan.blocks.empty() ? begin_ : scan.blocks.back().end());
    std::stable_sort(result_.faults.begin(), result_.faults.end(),
                     [](const Damage& a, const Damage& b) { return a.offset < b.offset; });
    if (!result_.faults.empty()) result_.condition = Condition::damaged;
    return std::move(result_);
  }

 private:
  void fault(std::uint64_t offset, const std::string& reason) { result_.faults.push_back({offset, reason}); }
  void fault(const StoredBlock& block, std::string_view reason) {
    is_complete_ = is_complete_ && block.kind == BlockKind::rss;
    fault(block.offset, "the block " + std::string(reason));
  }

  void take(const StoredBlock& block) {
    std::string_view reason;
    const bool is_known = block.kind >= BlockKind::meta && block.kind <= kLastBlockKind;
    if (!is_known) {
      ++result_.unknown_blocks;
      others_.push_back(block);
      return;
    }
    if (block.kind != BlockKind::events && block.kind != BlockKind::index) others_.push_back(block);
    if (!decompress(file_.bytes(), block, decoded_.raw, reason)) return fault(block, reason);
    reason = take_raw(block);
    if (!reason.empty()) fault(block, reason);
  }

  std::string_view take_raw(const StoredBlock& block) {
    std::string_view reason;
    switch (block.kind) {
      case BlockKind::meta:
        return take_meta(block);
      case BlockKind::definitions:
        return definitions_.add_block(decoded_.raw, reason) ? "" : reason;
      case BlockKind::aggregate:
        return take_opening();
      case BlockKind::events:
        return take_events(block);
      case BlockKind::rss:
        rss_.clear();
        return decode_rss(decoded_.raw, rss_, reason) ? "" : reason;
      case BlockKind::symbols:
        return decode_symbols(decoded_.raw, definitions_.modules.items().size(), symbols_, reason) ? "" : reason;
      case BlockKind::index:
        index_ = decode_index(decoded_.raw, begin_, block.offset, reason);
        index_place_ = block;
        if (index_) check_index();
        return index_ ? "" : reason;
    }
    return "";
  }

  std::string_view take_meta(const StoredBlock& block) {
    const auto* stored = verify_root<fb::Meta>(decoded_.raw);
    if (stored == nullptr || !decode_meta(*stored, decoded_.raw.size(), meta_))
      return "is no well-formed description of the recording";
    return block.offset == begin_ ? "" : "describes the recording, and is not the first";
  }

  std::string_view take_opening() {
    std::string_view reason;
    if (opening_.events != 0) return "is a second aggregate";
    if (!entries_.empty()) return "is an aggregate behind events";
    if (!decode_opening(decoded_.raw, definitions_, opening_, reason)) return reason;
    result_.events = opening_.events;
    time_ns_ = opening_.time_ns;
    return "";
  }

  Accounting& accounting() {
    if (!accounting_) {
      accounting_.emplace(meta_.forked, Accounting::kUnlimited, meta_.is_filtered());
      accounting_->open(opening_, [this](StackId stack) { return is_in_program(stack); });
    }
    return *accounting_;
  }
  bool is_in_program(StackId stack) const {
    return definitions_.frames.items()[static_cast<std::size_t>(stack)].in_program;
  }

  std::string_view take_events(const StoredBlock& block) {
    std::string_view reason;
    if (!decode_events(decoded_, definitions_, reason)) return reason;
    const auto& events = decoded_.events;
    if (is_complete_ && decoded_.first_event != result_.events)
      return "does not begin with the number of the next event";
    if (events.front().time_ns < time_ns_) return "runs back in time";
    entries_.push_back(take_block(accounting(), block, decoded_.first_event, events,
                                  [this](StackId stack) { return is_in_program(stack); }));
    if (result_.events == opening_.events) replay_.open(opening_);
    replay_.take(events);
    for (const Event& event : events) {
      on_tape_ += event.kind <= EventKind::restored;
      restored_ += event.kind == EventKind::restored;
    }
    result_.events = decoded_.first_event + events.size();
    time_ns_ = events.back().time_ns;
    return "";
  }

  // Against what was found; where blocks are lost, only against what does not depend on them.
  void check_index() {
    const auto differs = [&](const std::string& what) { fault(index_place_.offset, "the index " + what); };
    if (!is_complete_) return;
    if (!(index_->meta == meta_)) differs("describes another recording than the tape's first block");
    if (!std::equal(index_->others.begin(), index_->others.end(), others_.begin(), others_.end(), is_same_block))
      differs("does not list the blocks that there are");
    if (!std::equal(index_->blocks.begin(), index_->blocks.end(), entries_.begin(), entries_.end(), is_same_place))
      return differs("does not list the blocks of events that there are");
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (!is_same_total(index_->blocks[i], entries_[i], index_->recompute))
        return differs("has other totals than the events up to byte " +
                       std::to_string(entries_[i].offset + kBlockHeaderBytes + entries_[i].stored_bytes));
    const Accounting& figures = accounting();
    if (!index_->recompute)
      for (const Loss loss :
           {Loss::unmatched_frees, Loss::overlapping_births, Loss::earlier_frees, Loss::inherited_frees})
        if (index_->ledger[loss] != figures.ledger()[loss])
          differs(std::string("counts other ") + name_of(loss) + " than the events");
    if (index_->aggregated_events != opening_.events) differs("counts other events in the aggregate than it has");
    const auto estimates = figures.estimates();
    if (!index_->recompute && (estimates.has_value() != index_->estimates.has_value() ||
                               (estimates && (!(estimates->program.totals == index_->estimates->program.totals) ||
                                              !(estimates->all.totals == index_->estimates->all.totals)))))
      differs("has other estimates than the events");
    if (index_->threads != TapeIndex::kUncounted && index_->threads != definitions_.threads_of_program())
      differs("counts other threads than are defined");
    if (index_->variables != TapeIndex::kUncounted && index_->variables != definitions_.variables.items().size())
      differs("counts other variables than are defined");
  }

  void check_conservation() {
    if (!is_complete_ || !index_ || !index_->calls) return;
    const Ledger& ledger = index_->ledger;
    result_.conservation =
        Conservation{.calls = *index_->calls,
                     .on_tape = on_tape_,
                     .restored = restored_,
                     .replayed = replayed_.events,
                     .aggregated = opening_.events,
                     .unwritten = ledger[Loss::unwritten_events],
                     .most_under_way = ledger[Loss::torn_events] + definitions_.threads.items().size()};
    for (const std::string& reason : result_.conservation->faults()) fault(index_place_.offset, reason);
  }

  // What is behind the last whole block.
  void check_end(std::uint64_t end) {
    const std::uint64_t left = result_.bytes - end;
    const auto trailer = trailer_at(file_.bytes(), result_.bytes < kTrailerBytes ? 0 : result_.bytes - kTrailerBytes);
    if (index_ && left == kTrailerBytes && trailer && *trailer == index_place_.offset) return;
    if (trailer && !index_)
      fault(result_.bytes - kTrailerBytes, "the trailer names an index that is not there");
    else if (trailer)
      fault(result_.bytes - kTrailerBytes, "the trailer does not follow the index that it names");
    result_.condition = Condition::cut;
    if (result_.faults.empty()) result_.torn_bytes = left;
  }

  MappedFile file_;
  std::uint64_t begin_;
  Verification result_;
  bool is_complete_ = true;  // nothing is lost that later blocks depend on
  DecodedBlock decoded_;
  Meta meta_;
  Definitions definitions_;
  Opening opening_;
  std::vector<RssSample> rss_;
  SymbolTable symbols_;
  std::optional<Accounting> accounting_;
  std::uint64_t time_ns_ = 0;
  std::uint64_t on_tape_ = 0, restored_ = 0;  // births, releases and restored; the last alone
  Replayed replayed_;
  LiveReplay<Replayed> replay_{replayed_, 0};
  std::vector<BlockEntry> entries_;
  std::vector<StoredBlock> others_;
  std::optional<TapeIndex> index_;
  StoredBlock index_place_;
};

}  // namespace

Verification verify_tape(const std::string& path, const VerifyProgress& progress) {
  return Verifier(path).run(progress);
}

}  // namespace heaptape
