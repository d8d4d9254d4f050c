// What heaptape.h calls when a recorder is loaded.
#include "recorder/include/heaptape/api.h"

#include <string.h>

#include "recorder/clock.h"
#include "recorder/guest/events.h"
#include "recorder/guest/image.h"

namespace {

using namespace heaptape::guest;
using heaptape::MappingHeader;
using heaptape::SlotKind;

constexpr std::size_t kMostText = 1000;  // of a mark's name, or of a variable's name, type and file in all

// Told to the drain while the session is paused too: it knows then what to expect when that goes on.
void start() noexcept {
  is_attached();                                                      // joins the image if nobody has yet
  if (attach_by_wish()) return record_plain(SlotKind::resume, 0, 0);  // frees of earlier blocks are no mistake
  auto expected = Recording::paused;
  if (recording.compare_exchange_strong(expected, Recording::on)) record_plain(SlotKind::resume, 0, 0);
}

void stop() noexcept {
  if (!is_attached() || recording.load(std::memory_order_acquire) != Recording::on) return;
  record_plain(SlotKind::pause, 0, 0);
  auto expected = Recording::on;
  recording.compare_exchange_strong(expected, Recording::paused);
}

// Waits until everything committed so far is in the file. Not for a drain that is dead.
void flush() noexcept {
  if (!is_attached()) return;
  const KeepErrno keep;
  MappingHeader& header = *image.header;
  const std::uint64_t wanted = heaptape::stamp_now();
  std::uint64_t newest = header.flush_wanted.load(std::memory_order_relaxed);
  while (newest < wanted && !header.flush_wanted.compare_exchange_weak(newest, wanted, std::memory_order_release)) {
  }
  while (!drain_has_died(*image.directory)) {
    const std::uint32_t seen = header.flushed.load(std::memory_order_acquire);
    if (header.flush_done.load(std::memory_order_acquire) >= wanted) return;
    ring_doorbell();
    futex_wait(header.flushed, seen, 20);
  }
}

void mark(const char* name) noexcept {
  if (name == nullptr || !is_recording()) return;
  record_text(SlotKind::mark, 0, 0, name, strnlen(name, kMostText));
}

// Appends a terminated text as far as it fits.
std::size_t put(char* to, std::size_t room, const char* text) noexcept {
  const std::size_t length = text == nullptr ? 0 : strnlen(text, room - 1);
  if (length != 0) memcpy(to, text, length);
  to[length] = '\0';
  return length + 1;
}

std::uint64_t scope_begin(const heaptape_site* site, const void* variable, std::size_t bytes) noexcept {
  if (!is_recording()) return 0;
  const std::uint32_t scope = image.header->next_scope.fetch_add(1, std::memory_order_relaxed) + 1;
  // bytes:64, line:32, then name, type and file, each terminated.
  char payload[12 + kMostText];
  const std::uint64_t size = bytes;
  memcpy(payload, &size, sizeof size);
  memcpy(payload + 8, &site->line, 4);
  std::size_t used = 12;
  used += put(payload + used, 200, site->name);
  used += put(payload + used, 400, site->type);
  used += put(payload + used, sizeof payload - used, site->file);
  record_text(SlotKind::scope_begin, reinterpret_cast<std::uint64_t>(variable), scope, payload, used);
  return scope;
}

void scope_read(std::uint64_t scope) noexcept {
  if (scope != 0 && is_recording()) record_plain(SlotKind::scope_read, 0, scope);
}

void owns(std::uint64_t scope, const void* pointer, std::size_t use_count) noexcept {
  if (scope == 0 || !is_recording()) return;
  const std::uint64_t count = use_count < 0xffff'ffff ? use_count : 0xffff'ffff;
  record_plain(SlotKind::owns, reinterpret_cast<std::uint64_t>(pointer), count << 32 | scope);
}

void scope_end(std::uint64_t scope) noexcept {
  if (scope != 0 && is_recording()) record_plain(SlotKind::scope_end, 0, scope);
}

}  // namespace

extern "C" [[gnu::visibility("default")]] const heaptape_api heaptape_api_v1 = {
    1, sizeof(heaptape_api), start, stop, flush, mark, scope_begin, scope_read, owns, scope_end,
};
