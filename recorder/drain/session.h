// One recording session: its folder in shared memory, the directory where program images come to, and the
// mappings made ready for them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "recorder/drain/mapping_file.h"
#include "recorder/drain/session_notes.h"
#include "recorder/launcher/record_options.h"

namespace heaptape {

class Session {
 public:
  // Makes folder and directory. `options` outlives it. The calling thread is from now on the one whose death means the
  // drain's. Throws std::system_error.
  Session(const RecordOptions& options, const SessionNotes& notes);
  ~Session();  // removes the folder and all in it
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // What HEAPTAPE_SESSION is to be.
  const std::string& name() const { return name_; }
  std::uint64_t id() const { return id_; }  // drawn at random, never 0
  SessionDirectory& directory() { return *directory_; }
  // Lets nobody join any more. False: somebody just has, and is among the claimed.
  bool close_doors();
  // Claims a mapping for a program that can't do it, and opens it and the directory; -1: there is none.
  struct Claim {
    int directory = -1, mapping = -1;
  };
  Claim claim();
  // Only this process, of our own pid namespace, may join from now on.
  void admit_only(std::uint32_t pid);
  // Has `count` mappings ready. What can't be made now is tried again at the next call.
  void make_ready(std::size_t count);
  // Of the mappings that are ready, and of those to come.
  void set_paused(bool paused);
  // The mappings claimed since the last call; whoever claimed them may not be attached yet.
  std::vector<std::unique_ptr<MappingFile>> take_claimed();

 private:
  bool make_in(const std::string& place, const SessionNotes& notes);
  bool map_directory(int file);
  void make_of_memfds();
  std::unique_ptr<MappingFile> make_mapping();

  struct Ready {
    std::size_t slot;
    std::unique_ptr<MappingFile> file;
  };
  const RecordOptions& options_;
  std::uint64_t buffer_bytes_;
  std::string folder_, name_;  // folder: empty where there is none
  int notes_ = -1;             // holds their lock
  int directory_file_ = -1;    // a memfd's
  std::uint64_t id_ = 0;
  SessionDirectory* directory_ = nullptr;
  bool paused_;
  std::uint32_t next_number_ = 0;
  std::vector<Ready> ready_;
};

}  // namespace heaptape
