#include "recorder/guest/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>

#include "recorder/guest/image.h"

namespace heaptape::guest {
namespace {

constexpr std::size_t kMostPath = 4000;

// The build-id from the notes of a loaded module. Answers its length, 0 if there is none.
std::uint32_t read_build_id(const dl_find_object& found, std::uint64_t bias, unsigned char (&build_id)[32]) noexcept {
  const auto* base = static_cast<const unsigned char*>(found.dlfo_map_start);
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(base);
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof(ElfW(Phdr))) return 0;
  const auto* segments = reinterpret_cast<const ElfW(Phdr)*>(base + header->e_phoff);
  const auto end = reinterpret_cast<std::uint64_t>(found.dlfo_map_end);
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type != PT_NOTE) continue;
    std::uint64_t at = bias + segments[i].p_vaddr;
    const std::uint64_t stop = at + segments[i].p_memsz;
    if (at < reinterpret_cast<std::uint64_t>(base) || stop > end) continue;
    while (at + sizeof(ElfW(Nhdr)) <= stop) {
      const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
      const std::uint64_t name = at + sizeof *note;
      const std::uint64_t content = name + ((note->n_namesz + 3u) & ~3u);
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
          memcmp(reinterpret_cast<const void*>(name), "GNU", 4) == 0) {
        const std::uint32_t bytes = note->n_descsz < sizeof build_id ? note->n_descsz : sizeof build_id;
        memcpy(build_id, reinterpret_cast<const void*>(content), bytes);
        return bytes;
      }
      at = content + ((note->n_descsz + 3u) & ~3u);
    }
  }
  return 0;
}

void tell(ThreadState& thread, const dl_find_object& found, std::uint32_t epoch) noexcept {
  const link_map& map = *found.dlfo_link_map;
  const char* path = map.l_name != nullptr && map.l_name[0] != '\0' ? map.l_name : image.header->executable;
  std::size_t length = strlen(path);
  if (length > kMostPath) length = kMostPath;
  ModulePayload front{};
  front.bias = map.l_addr;
  front.epoch = epoch;
  front.build_id_bytes = read_build_id(found, map.l_addr, front.build_id);
  static_assert(sizeof front == 48, "fills two payload slots, so that the path begins a slot of its own");
  Append record(thread, 1 + 2 + payload_slots(length));
  if (!record) return;
  record.head().stamp = event_stamp();
  record.head().address = reinterpret_cast<std::uint64_t>(found.dlfo_map_start);
  const auto extent = reinterpret_cast<std::uint64_t>(found.dlfo_map_end) - record.head().address;
  // In pages, so that it leaves room for the payload's length.
  record.head().size = std::uint64_t{sizeof front + length} << 32 | ((extent + 4095) / 4096 & 0xffff'ffff);
  record.payload(0, &front, sizeof front);
  record.payload(2, path, length);
  record.commit(SlotKind::module, 0, 0);
}

void note(ThreadState& thread, const dl_find_object& found) noexcept {
  ProcessState& process = *image.process;
  const std::uint32_t epoch = image.epoch.load(std::memory_order_acquire);
  // Page number and epoch: entries of earlier epochs make room for new ones.
  const std::uint64_t key = reinterpret_cast<std::uint64_t>(found.dlfo_map_start) / 4096 << 16 | (epoch & 0xffff);
  constexpr std::size_t kKnown = sizeof process.known_modules / sizeof process.known_modules[0];
  const std::size_t home = (key * 0x9e3779b97f4a7c15) >> 55;
  static_assert(kKnown == 512, "55 leaves 9 bits");
  for (std::size_t probe = 0; probe < 16; ++probe) {
    std::atomic<std::uint64_t>& word = process.known_modules[(home + probe) % kKnown];
    std::uint64_t there = word.load(std::memory_order_acquire);
    if (there == key) return;
    if (there != 0 && (there & 0xffff) == (key & 0xffff)) continue;
    tell(thread, found, epoch);  // told before it is known: others may rely on it
    word.compare_exchange_strong(there, key, std::memory_order_acq_rel);
    return;
  }
  tell(thread, found, epoch);  // no room: told again each time; the drain takes equal ones for one
}

}  // namespace

void note_modules(ThreadState& thread, const std::uint64_t* addresses, std::uint32_t count) noexcept {
  std::uint64_t begin = 0, bytes = 0;  // of the last one found: most frames' callers are in the same one
  for (std::uint32_t i = 0; i < count; ++i) {
    dl_find_object found;
    if (addresses[i] - begin < bytes || _dl_find_object(reinterpret_cast<void*>(addresses[i]), &found) != 0) continue;
    begin = reinterpret_cast<std::uint64_t>(found.dlfo_map_start);
    bytes = reinterpret_cast<std::uint64_t>(found.dlfo_map_end) - begin;
    note(thread, found);
  }
}

std::uint64_t modules_unloaded() noexcept {
  std::uint64_t count = 0;
  const auto first = [](dl_phdr_info* info, std::size_t, void* answer) {
    *static_cast<std::uint64_t*>(answer) = info->dlpi_subs;
    return 1;
  };
  dl_iterate_phdr(first, &count);
  return count;
}

void begin_epoch() noexcept { image.epoch.fetch_add(1, std::memory_order_acq_rel); }

}  // namespace heaptape::guest
