// How long blocks live, who ends them, and what of it was for nothing: one reading for the blocks, and one before it
// for the ends of threads where these are asked for. Memory grows with live blocks, stacks and sites.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "analyzer/quantiles.h"
#include "analyzer/replay.h"
#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "format/address_table.h"

namespace heaptape {

// By thread, the number of its last event, which is what is known of its end; 0: it has none.
std::vector<std::uint64_t> last_events(const TapeReader& tape);

// Of one site or one thread. Counts are in parts, see Weight.
struct LifetimeFigures {
  std::uint64_t count = 0, live = 0, temporary = 0, outlived = 0, freed_elsewhere = 0;
  WideCount byte_time = 0;         // in parts of bytes, times nanoseconds
  Quantiles lifetimes, distances;  // lifetimes in steps of the tape's clock: the shortest are exact
  // Threads that freed its blocks and did not allocate them; of further ones than these their count alone.
  static constexpr std::size_t kFreeing = 16;
  std::vector<std::pair<ThreadId, std::uint64_t>> freed_by;
  std::uint64_t freed_by_others = 0;

  void add_freed_by(ThreadId thread, std::uint64_t blocks);
};

// A chosen block whose life is over, or that lives on at the end.
struct Life {
  const Block& block;
  Weight weight;
  std::optional<std::uint64_t> end_ns;                                   // empty: it lives on
  bool was_seen = false;                                                 // how it ended
  bool is_temporary = false, is_elsewhere = false, is_outlived = false;  // see LifetimesReport
};
class LifeWatcher {
 public:
  virtual ~LifeWatcher() = default;
  // `groups`: which one it belongs to in each grouping. In order of ends, but that reallocs are certain a little later.
  virtual void lived(const Life& life, std::span<const std::uint32_t> groups) = 0;
};

// Takes events one by one, as ends of blocks tell nothing of the thread that ended them.
class LifetimeReading {
 public:
  using GroupOf = std::function<std::uint32_t(const Block&)>;
  enum class Ask : std::uint8_t { all, not_outlived };

  // `groupings`: each by the site or the thread; small numbers.
  // `watcher` is told of each life that counts; null: nobody. All must outlive this.
  LifetimeReading(const TapeReader& tape, const Selection& selection, std::vector<GroupOf> groupings,
                  Ask ask = Ask::all, LifeWatcher* watcher = nullptr);

  // Blocks of the tape that turn out damaged are left out, and answered.
  [[nodiscard]] std::vector<Damage> read();

  const std::vector<LifetimeFigures>& groups(std::size_t grouping) const { return groups_[grouping]; }
  const LifetimeFigures& total() const { return total_; }
  // Parts of temporary blocks, by StackId.
  const std::vector<std::uint64_t>& temporary() const { return temporary_; }
  // Its peak means nothing.
  const Estimator& totals() const { return totals_; }

  // What the replay tells.
  void born(const Block& block, Moment now);
  void ended(const Block& block, Fate fate, Moment now);
  void restored(const Block& block, Fate fate, Moment now);
  void other(const Event&, Moment) {}
  Loss unmatched() { return Loss::unmatched_frees; }
  void matched_after_all(Loss) {}

 private:
  struct End {
    Block block;
    Fate fate{};
    Moment at;
    ThreadId by{};
    std::optional<std::uint64_t> births_before;  // parts born before it; empty: not known
    std::uint64_t births_then = 0;
  };
  void settle(ThreadId thread);
  void take(const End& end);
  void take_live(const Block& block);
  bool counts(const Block& block) const;
  // Whether the thread has had its last event by then; never where that was not asked for.
  bool has_ended(ThreadId thread, std::uint64_t by_event) const {
    return !last_events_.empty() && last_events_[static_cast<std::size_t>(thread)] <= by_event;
  }
  template <class Change>
  void change(const Life& life, const Change& change);

  const TapeReader* tape_;
  const Selection* selection_;
  std::vector<GroupOf> groupings_;
  std::uint64_t step_;  // of the clock
  std::vector<std::uint64_t> last_events_;
  LifeWatcher* watcher_;
  std::vector<std::uint32_t> its_groups_;             // of the life at hand, by grouping
  std::vector<std::vector<LifetimeFigures>> groups_;  // by grouping
  LifetimeFigures total_;
  std::vector<std::uint64_t> temporary_;
  Estimator totals_;
  // Ends by realloc, by thread: the realloc may turn out to have failed.
  std::vector<std::optional<End>> open_;
  Event event_;               // at hand
  std::uint64_t births_ = 0;  // in parts
  AddressTable births_at_;    // before the birth of the live block at an address
};

}  // namespace heaptape
