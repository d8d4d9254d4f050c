#include "recorder/drain/snapshots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "recorder/drain/reserved_tape.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostAtOnce = 4;

bool append(int file, const std::vector<std::uint8_t>& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t written = ::write(file, bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += static_cast<std::size_t>(written);
  }
  return true;
}

bool copy(int from, std::uint64_t bytes, int to) {
  constexpr std::uint64_t kPiece = 1u << 20;
  for (off_t at = 0; static_cast<std::uint64_t>(at) < bytes;) {
    const ssize_t sent = sendfile(to, from, &at, std::min(kPiece, bytes - static_cast<std::uint64_t>(at)));
    if (sent < 0 && errno == EINTR) continue;
    if (sent == 0) errno = EIO;  // it was cut meanwhile
    if (sent <= 0) return false;
  }
  return true;
}

// Answers errno; 0: it is there.
int write_whole(const Snapshot& snapshot, bool replace) {
  const std::string draft = fmt::format("{}.{}.part", snapshot.path, gettid());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  const bool written = copy(snapshot.source, snapshot.bytes, file) && append(file, snapshot.end);
  int error = written ? 0 : errno;
  if (close(file) != 0 && error == 0) error = errno;
  if (error == 0 &&
      (replace ? rename(draft.c_str(), snapshot.path.c_str()) : link(draft.c_str(), snapshot.path.c_str())) != 0)
    error = errno;
  if (error != 0 || !replace) unlink(draft.c_str());
  return error;
}

Answer write_all(const std::vector<Snapshot>& snapshots, bool replace) {
  Answer answer;
  std::uint64_t events = 0;
  for (const Snapshot& snapshot : snapshots) {
    if (replace && answer.text.empty())
      if (std::string reason = why_irreplaceable(snapshot.path); !reason.empty())
        answer = {Answer::kWrongUse, std::move(reason)};
    const int error = answer.text.empty() ? write_whole(snapshot, replace) : 0;
    close(snapshot.source);
    events += snapshot.events;
    if (error == EEXIST)
      answer = {Answer::kWrongUse,
                fmt::format("'{}' exists; choose another name with -o, or give --force to replace it", snapshot.path)};
    else if (error != 0)
      answer = {Answer::kOwnFailure, fmt::format("can't write the snapshot '{}': {}", snapshot.path, strerror(error))};
  }
  if (!answer.text.empty()) return answer;
  answer.text = fmt::format("{} ({} events)", snapshots.front().path, events);
  if (snapshots.size() > 1)
    answer.text =
        fmt::format("{} and {} more beside it ({} events)", snapshots.front().path, snapshots.size() - 1, events);
  return answer;
}

}  // namespace

Snapshots::~Snapshots() {
  for (Work& work : under_way_) work.thread.join();
}

void Snapshots::forget_done() {
  under_way_.remove_if([](Work& work) {
    if (!work.done.load(std::memory_order_acquire)) return false;
    work.thread.join();
    return true;
  });
}

bool Snapshots::busy() {
  forget_done();
  return under_way_.size() >= kMostAtOnce;
}

void Snapshots::write(std::vector<Snapshot> snapshots, bool replace, Asker asker) {
  Work& work = under_way_.emplace_back(std::move(snapshots), replace, std::move(asker));
  try {
    work.thread = std::thread([&work] {
      work.asker.answer(write_all(work.snapshots, work.replace));
      work.done.store(true, std::memory_order_release);
    });
  } catch (const std::system_error& error) {
    for (const Snapshot& snapshot : work.snapshots) close(snapshot.source);
    work.asker.answer(
        {Answer::kOwnFailure, fmt::format("can't start a thread for the snapshot: {}", error.code().message())});
    under_way_.pop_back();
  }
}

}  // namespace heaptape
