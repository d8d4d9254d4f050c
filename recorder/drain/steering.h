// Steers a recording from outside the program: --start-paused, --after, --for, and what `heaptape ctl` asks.
//
// A pause is exact. Its stamp is taken before the hooks are told, so whatever a hook skips is younger; and whatever a
// hook that was not told yet still records is younger too, and left out by the tapes. A resume's stamp is taken after
// the hooks were told: everything younger is recorded.
#pragma once

#include <cstdint>
#include <vector>

#include "recorder/drain/control_socket.h"
#include "recorder/drain/image_drain.h"
#include "recorder/drain/outside_log.h"
#include "recorder/drain/session.h"
#include "recorder/drain/snapshots.h"

namespace heaptape {

// What ctl is told of the session beside its tapes.
struct SessionFacts {
  std::uint32_t launcher = 0, command = 0;
  std::string own_tape;  // path of the command's own
};

class Steering {
 public:
  // `session` and `clock` outlive it.
  Steering(const RecordOptions& options, Session& session, const Clock& clock, SessionFacts facts);

  const OutsideLog& log() const { return log_; }
  bool paused() const { return paused_; }
  // The command starts: --after and --for count from here.
  void begin();
  // Before the clock ticks and the lanes are read: does what is due or asked for, so that it is part of this round.
  void act(Images& images);
  // When this round's events are in the tapes: tells those who asked.
  void answer(Images& images);

 private:
  bool set_paused(bool paused, Images& images);
  void act_on(ControlSocket::Request& request, Images& images);
  Answer mark(const std::string& name, Images& images);
  Answer status(Images& images) const;
  void snapshot(ControlSocket::Request& request, Images& images);
  std::vector<Snapshot> snapshots_of(Images& images, const std::string& file);

  Session& session_;
  const Clock& clock_;
  SessionFacts facts_;
  std::string command_line_;
  OutsideLog log_;
  ControlSocket socket_;
  Snapshots snapshots_;
  struct Done {
    ControlSocket::Request request;
    Answer answer;
  };
  std::vector<Done> done_;                       // to be told at the end of the round
  std::vector<ControlSocket::Request> waiting_;  // snapshots, to be taken at the end of the round
  bool paused_;
  std::uint64_t after_ns_, for_ns_;                 // 0: used up, or not asked for
  std::uint64_t start_at_ns_ = 0, stop_at_ns_ = 0;  // CLOCK_MONOTONIC; 0: never
  std::uint32_t next_snapshot_ = 1;
};

}  // namespace heaptape
