#include "recorder/drain/steering.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "recorder/clock.h"

namespace heaptape {
namespace {

namespace fs = std::filesystem;

std::uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::string without_suffix(const std::string& path) {
  return path.ends_with(".tape") ? path.substr(0, path.size() - 5) : path;
}

// A folder that is gone is no reason to fail.
std::string absolute(const std::string& path) {
  std::error_code failed;
  const fs::path found = fs::absolute(path, failed);
  return failed ? path : found.string();
}

bool exists(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

std::string in_words(std::uint64_t tapes) { return fmt::format("{} {}", tapes, tapes == 1 ? "tape" : "tapes"); }

}  // namespace

Steering::Steering(const RecordOptions& options, Session& session, const Clock& clock, SessionFacts facts)
    : session_(session),
      clock_(clock),
      facts_(std::move(facts)),
      command_line_(fmt::format("{}", fmt::join(options.command, " "))),
      log_(options.start_paused),
      socket_(control_name(session.id())),
      paused_(options.start_paused),
      after_ns_(options.start_after_ns),
      for_ns_(options.record_for_ns) {}

void Steering::begin() {
  const std::uint64_t now = now_ns();
  if (after_ns_ != 0) start_at_ns_ = now + std::exchange(after_ns_, 0);
  if (!paused_ && for_ns_ != 0) stop_at_ns_ = now + std::exchange(for_ns_, 0);
}

bool Steering::set_paused(bool paused, Images& images) {
  start_at_ns_ = stop_at_ns_ = 0;  // whoever asks later has the say
  if (!paused && for_ns_ != 0) stop_at_ns_ = now_ns() + std::exchange(for_ns_, 0);
  if (paused == paused_) return false;
  paused_ = paused;
  const std::uint64_t before = stamp_now();
  session_.set_paused(paused);
  for (auto& image : images) image->set_paused(paused);
  log_.add({.stamp = paused ? before : stamp_now(), .kind = paused ? EventKind::pause : EventKind::resume, .name = {}});
  return true;
}

void Steering::act(Images& images) {
  const std::uint64_t now = now_ns();
  if (start_at_ns_ != 0 && now >= start_at_ns_) set_paused(false, images);
  if (stop_at_ns_ != 0 && now >= stop_at_ns_) set_paused(true, images);
  for (ControlSocket::Request& request : socket_.take(now)) act_on(request, images);
}

void Steering::act_on(ControlSocket::Request& request, Images& images) {
  const std::vector<std::string>& words = request.words;
  const std::string action = words.empty() ? "" : words[0];
  Answer answer{Answer::kWrongUse,
                "this recording's heaptape does not know what was asked; use the same heaptape for ctl"};
  if (action == "start" && words.size() == 1)
    answer = {0, set_paused(false, images) ? "recording" : "recording already"};
  if (action == "stop" && words.size() == 1) answer = {0, set_paused(true, images) ? "paused" : "paused already"};
  if (action == "mark" && words.size() == 2) answer = mark(words[1], images);
  if (action == "status" && words.size() == 1) return request.asker.answer(status(images));
  if (action == "snapshot" && words.size() == 3)
    waiting_.push_back(std::move(request));
  else
    done_.push_back({std::move(request), std::move(answer)});
}

Answer Steering::mark(const std::string& name, Images& images) {
  std::uint64_t tapes = 0;
  for (auto& image : images) image->for_each_tape([&](ProcessTape&, const Ledger&) { ++tapes; });
  log_.add({.stamp = stamp_now(), .kind = EventKind::mark, .name = name.substr(0, kMaxMarkBytes)});
  return {0, fmt::format("marked '{}' on {}", name, in_words(tapes))};
}

Answer Steering::status(Images& images) const {
  SessionStatus status{.drain = static_cast<std::uint32_t>(getpid()),
                       .launcher = facts_.launcher,
                       .command = facts_.command,
                       .paused = paused_,
                       .session = session_.name(),
                       .command_line = command_line_,
                       .tapes = {}};
  for (auto& image : images)
    image->for_each_tape([&](const ProcessTape& tape, const Ledger&) {
      status.tapes.push_back({tape.pid(), tape.writer().events(), tape.writer().bytes(), absolute(tape.path())});
    });
  return {0, to_text(status)};
}

void Steering::answer(Images& images) {
  for (Done& done : done_) done.request.asker.answer(done.answer);
  done_.clear();
  for (ControlSocket::Request& request : waiting_) snapshot(request, images);
  waiting_.clear();
}

void Steering::snapshot(ControlSocket::Request& request, Images& images) {
  if (snapshots_.busy())
    return request.asker.answer(
        {Answer::kOwnFailure, "other snapshots of this session are still being written; try again"});
  std::vector<Snapshot> snapshots = snapshots_of(images, request.words[1]);
  if (snapshots.empty())
    return request.asker.answer({Answer::kNothingThere, "no tape of this session is being written"});
  const bool failed = std::any_of(snapshots.begin(), snapshots.end(),
                                  [](const Snapshot& snapshot) { return snapshot.source < 0 || snapshot.end.empty(); });
  if (!failed) return snapshots_.write(std::move(snapshots), request.words[2] == "force", std::move(request.asker));
  for (const Snapshot& snapshot : snapshots)
    if (snapshot.source >= 0) close(snapshot.source);
  request.asker.answer(
      {Answer::kOwnFailure, "a tape of this session can't be read again, or is too long for an index"});
}

// Named like the tapes, or, with a file given for the command's own tape, like that.
std::vector<Snapshot> Steering::snapshots_of(Images& images, const std::string& file) {
  const std::string own = without_suffix(absolute(facts_.own_tape));
  const auto name = [&](const std::string& tape) {
    const std::string stem = without_suffix(absolute(tape));
    if (file.empty()) return fmt::format("{}.snapshot-{}.tape", stem, next_snapshot_);
    if (stem == own) return file;
    return without_suffix(file) +
           (stem.starts_with(own) ? stem.substr(own.size()) : "." + fs::path(stem).filename().string()) + ".tape";
  };
  std::vector<Snapshot> snapshots;
  bool taken = file.empty();
  while (taken) {  // an earlier session's may be there
    taken = false;
    for (auto& image : images)
      image->for_each_tape([&](const ProcessTape& tape, const Ledger&) { taken = taken || exists(name(tape.path())); });
    if (taken) ++next_snapshot_;
  }
  for (auto& image : images)
    image->for_each_tape([&](ProcessTape& tape, const Ledger& ledger) {
      Snapshot snapshot;
      snapshot.end = tape.ending_so_far(ledger, clock_.monotonic_ns(UINT64_MAX));
      snapshot.bytes = tape.writer().bytes();
      snapshot.events = tape.writer().events();
      snapshot.path = name(tape.path());
      snapshot.source = open(tape.path().c_str(), O_RDONLY | O_CLOEXEC);
      snapshots.push_back(std::move(snapshot));
    });
  if (file.empty()) ++next_snapshot_;
  return snapshots;
}

}  // namespace heaptape
