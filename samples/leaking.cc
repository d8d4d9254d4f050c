// Leaks at two sites, beside a cache that is freed as it should be. Try:
//   heaptape record -o leaking.tape -- leaking && heaptape leaks leaking.tape
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "heaptape/heaptape.h"

namespace {

struct Session {
  int id;
  char user[60];
};

// Leaks once: 4 KiB that nobody gives back.
char* load_settings() {
  auto* settings = new char[4096];
  std::strcpy(settings, "colour=green");
  return settings;
}

// The request being answered. volatile: optimisers remove an allocation whose result nobody sees.
Session* volatile current_session = nullptr;

// Leaks at each call: the next session takes the place of this one, which is forgotten.
int answer(int request) {
  current_session = new Session{request, "guest"};
  return current_session->id + current_session->user[0];
}

// Leaks nothing: 32 entries of 1 KiB are kept, the oldest makes room for the newest.
class Cache {
 public:
  int keep(int request) {
    auto& entry = entries_[static_cast<std::size_t>(request) % entries_.size()];
    entry = std::make_unique<std::vector<char>>(1024, static_cast<char>(request));
    return entry->back();
  }

 private:
  std::vector<std::unique_ptr<std::vector<char>>> entries_{32};
};

}  // namespace

int main() {
  const char* volatile settings = load_settings();
  Cache cache;
  int sum = 0;
  for (int request = 0; request < 500; ++request) {
    sum += answer(request) + cache.keep(request);
    if (request % 100 == 99) heaptape_mark("100 requests");
  }
  std::printf("%s, sum %d\n", static_cast<const char*>(settings), sum);
}
