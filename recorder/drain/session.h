// One recording session: its folder in /dev/shm, the directory where program images come to, and the
// mappings made ready for them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "recorder/drain/mapping_file.h"
#include "recorder/launcher/record_options.h"

namespace heaptape {

class Session {
 public:
  // Makes folder and directory. `options` outlives it. The calling thread is from now on the one whose death means the drain's. Throws
  // std::system_error.
  explicit Session(const RecordOptions& options);
  ~Session();  // removes the folder and all in it
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::string& folder() const { return folder_; }
  SessionDirectory& directory() { return *directory_; }
  // Has `count` mappings ready. What can't be made now is tried again at the next call.
  void make_ready(std::size_t count);
  // Of the mappings that are ready, and of those to come.
  void set_paused(bool paused);
  // The mappings claimed since the last call; whoever claimed them may not be attached yet.
  std::vector<std::unique_ptr<MappingFile>> take_claimed();

 private:
  struct Ready {
    std::size_t slot;
    std::unique_ptr<MappingFile> file;
  };
  const RecordOptions& options_;
  std::string folder_;
  SessionDirectory* directory_ = nullptr;
  bool paused_;
  std::uint32_t next_number_ = 0;
  std::vector<Ready> ready_;
};

}  // namespace heaptape
