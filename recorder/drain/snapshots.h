// Copies tapes that are being written, as whole tapes, while the recording goes on: each copy is a thread's work.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "recorder/drain/control_socket.h"

namespace heaptape {

// The first `bytes` of an open file, and what makes a whole tape of them.
struct Snapshot {
  int source = -1;  // closed when it is copied
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::vector<std::uint8_t> end;
  std::string path;
};

class Snapshots {
 public:
  ~Snapshots();  // waits for what is under way
  // Whether as many are under way as may be at once.
  bool busy();
  // Writes them all, and then answers. Each is put beside its place and renamed, so that it is whole when it is there.
  void write(std::vector<Snapshot> snapshots, bool replace, Asker asker);

 private:
  struct Work {
    std::vector<Snapshot> snapshots;
    bool replace;
    Asker asker;
    std::thread thread{};
    std::atomic<bool> done{false};
  };
  void forget_done();
  std::list<Work> under_way_;
};

}  // namespace heaptape
