// Which tape a program image came out of, by pid: the newest tape of each process.
#pragma once

#include <cstdint>
#include <map>

namespace heaptape {

class TapeNumbers {
 public:
  // The pid's newest tape is this one.
  void note(std::uint32_t pid, std::uint32_t number) { newest_[pid] = {number, false}; }
  // The process ended, and its pid may come back as another.
  void note_end(std::uint32_t pid, std::uint32_t number) {
    const auto known = newest_.find(pid);
    if (known != newest_.end() && known->second.number == number) known->second.ended = true;
  }
  // Of an image that has attached: the process's tape before, else its parent's; 0: not known. A parent may have ended
  // meanwhile.
  std::uint32_t origin_of(std::uint32_t pid, std::uint32_t parent) const {
    const auto before = newest_.find(pid);
    if (before != newest_.end() && !before->second.ended) return before->second.number;
    const auto starter = newest_.find(parent);
    return starter == newest_.end() ? 0 : starter->second.number;
  }

 private:
  struct Newest {
    std::uint32_t number = 0;
    bool ended = false;
  };
  std::map<std::uint32_t, Newest> newest_;
};

}  // namespace heaptape
