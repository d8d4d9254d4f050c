#include "fake_recorder.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

namespace heaptape::fake {
namespace {

struct Call {
  const char* verb;
  std::uint64_t scope;
  Owned owned;
  char text[16];
};

std::array<Call, 65536> written;
std::size_t count = 0;
std::uint64_t scopes = 0;  // numbered so far
std::uint64_t open_scopes = 0;
bool recording = true;
heaptape_site site_seen;
std::size_t size_seen = 0;
std::size_t news = 0;

void write_down(const char* verb, std::uint64_t scope = 0, Owned owned = {}, const char* text = "") {
  Call& call = written.at(count++);
  call = {verb, scope, owned, {}};
  std::strncpy(call.text, text, sizeof call.text - 1);
}

std::uint64_t begin_scope(const heaptape_site* site, const void*, std::size_t size) {
  if (!recording) return 0;
  site_seen = *site;
  size_seen = size;
  if (open_scopes++ == 0) scopes = 0;
  write_down("begin", ++scopes);
  return scopes;
}

}  // namespace

void forget() { count = 0; }

std::vector<std::string> calls() {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < count; ++at) {
    std::string line = written[at].verb;
    if (*written[at].text) line += std::string(" ") + written[at].text;
    if (written[at].scope) line += " " + std::to_string(written[at].scope);
    lines.push_back(line);
  }
  return lines;
}

Reading last_reading() {
  Reading reading;
  for (std::size_t at = 0; at < count; ++at) {
    const Call& call = written[at];
    if (std::strcmp(call.verb, "read") == 0) reading = Reading{call.scope, {}, 0, 0};
    if (std::strcmp(call.verb, "owns") != 0) continue;
    if (call.owned.pointer) {
      reading.owned.push_back(call.owned);
    } else {
      reading.left_out = call.owned.use_count;
    }
  }
  return reading;
}

const heaptape_site& last_site() { return site_seen; }
std::size_t last_size_of_variable() { return size_seen; }
void record_scopes(bool on) { recording = on; }
std::size_t allocations() { return news; }

}  // namespace heaptape::fake

using heaptape::fake::write_down;

const struct heaptape_api heaptape_api_v1 = {
    1,
    sizeof(heaptape_api),
    [] { write_down("start"); },
    [] { write_down("stop"); },
    [] { write_down("flush"); },
    [](const char* name) { write_down("mark", 0, {}, name); },
    heaptape::fake::begin_scope,
    [](std::uint64_t scope) { write_down("read", scope); },
    [](std::uint64_t scope, const void* pointer, std::size_t use_count) {
      write_down("owns", scope, {pointer, use_count});
    },
    [](std::uint64_t scope) {
      --heaptape::fake::open_scopes;
      write_down("end", scope);
    },
};

void* operator new(std::size_t size) {
  ++heaptape::fake::news;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
