// Which blocks a layer holds.
#pragma once

#include <vector>

#include "format/opening.h"
#include "format/tape.h"

namespace heaptape {

class Membership {
 public:
  // For layer `user` `owned` lists the birth events of the blocks that variables came to own, in
  // rising order; the other layers ignore it.
  Membership(Layer layer, const std::vector<Frame>& frames, std::vector<std::uint64_t> owned);

  Layer layer() const { return layer_; }
  // What it holds of the blocks that live on from before the tape's events, in order of birth.
  std::vector<const Block*> held(const Opening& opening) const;
  bool holds(const Block& block) const {
    if (layer_ == Layer::all) return true;
    if (layer_ == Layer::program) return in_program_[static_cast<std::size_t>(block.stack)] != 0;
    return is_owned(block.birth_event);
  }

 private:
  bool is_owned(std::uint64_t birth_event) const;

  Layer layer_;
  std::vector<std::uint8_t> in_program_;  // by stack
  std::vector<std::uint64_t> owned_;
};

}  // namespace heaptape
