// Which blocks a layer holds.
#pragma once

#include <vector>

#include "format/opening.h"
#include "format/tape.h"

namespace heaptape {

class Membership {
 public:
  // For layer `user` `owned` lists the birth events of the blocks that variables came to own, in
  // rising order; the other layers ignore it. `frames` must outlive this.
  Membership(Layer layer, const std::vector<Frame>& frames, std::vector<std::uint64_t> owned);

  Layer layer() const { return layer_; }
  // What it holds of the blocks that live on from before the tape's events, in order of birth.
  std::vector<const Block*> held(const Opening& opening) const;
  bool holds(const Block& block) const {
    if (layer_ == Layer::all) return true;
    if (layer_ == Layer::program) return (*frames_)[static_cast<std::size_t>(block.stack)].in_program;
    return is_owned(block.birth_event);
  }

 private:
  bool is_owned(std::uint64_t birth_event) const;

  Layer layer_;
  const std::vector<Frame>* frames_;
  std::vector<std::uint64_t> owned_;
};

}  // namespace heaptape
