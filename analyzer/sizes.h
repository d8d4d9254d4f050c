// How large blocks are: counts and bytes by power of two.
#pragma once

#include <array>
#include <vector>

#include "analyzer/ranged_pass.h"
#include "analyzer/reports.h"

namespace heaptape {

// Of what was allocated in the range, or of what was live at the instant that was chosen.
struct SizesReport {
  struct Bucket {
    std::uint64_t least = 0, most = 0;  // sizes, both inclusive: 0, 1, 2..3, 4..7 …
    std::uint64_t blocks = 0, bytes = 0;
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  std::uint64_t blocks = 0, bytes = 0;
  std::vector<Bucket> buckets;     // from the first to the last that holds a block, empty ones between included
  std::optional<Margins> margins;  // empty: figures are exact
  std::uint64_t unknown = 0;       // see unknown_births()
  std::vector<Caveat> caveats;
};

// Behind a Window.
class SizesPass : public RangedPass {
 public:
  struct Parts {  // see Weight
    WideCount bytes = 0;
    std::uint64_t blocks = 0;
  };
  explicit SizesPass(const Selection& selection) : selection_(&selection) {}

  void born(const Block& block, Moment now) override;
  void ended(const Block& block, Fate fate, Moment) override;
  void restored(const Block& block, Fate fate, Moment now) override;
  void range_begins() override {}

  const std::array<Parts, 65>& buckets() const { return buckets_; }
  Estimate estimate() const { return all_.estimate(); }

 private:
  Parts& of(const Block& block);
  bool counts(const Block& block) const { return selection_->is_instant() || block.birth_event > selection_->begin(); }

  const Selection* selection_;
  std::array<Parts, 65> buckets_;  // by the number of bits of the size
  Estimator all_;
};

SizesReport sizes(const TapeReader& tape, const Selection& selection);

}  // namespace heaptape
