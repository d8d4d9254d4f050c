// Where the program, or somebody from outside, set marks.
#pragma once

#include <vector>

#include "analyzer/replay.h"
#include "analyzer/reports.h"

namespace heaptape {

class MarksPass : public Pass {
 public:
  explicit MarksPass(const TapeReader& tape) : tape_(&tape) {}
  void opened(const Opening& opening) override {
    for (const OpeningMark& mark : opening.marks) add(mark.time_ns, mark.name, mark.thread);
  }
  void other(const Event& event, Moment) override {
    if (event.kind == EventKind::mark) add(event.time_ns, TextId{event.reference}, event.thread);
  }
  std::vector<TimelineReport::Mark> marks;

 private:
  void add(std::uint64_t time_ns, TextId name, ThreadId thread) {
    marks.push_back({time_ns, tape_->texts()[static_cast<std::size_t>(name)],
                     tape_->threads()[static_cast<std::size_t>(thread)].name});
  }
  const TapeReader* tape_;
};

}  // namespace heaptape
