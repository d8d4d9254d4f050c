// A cache of rendered pages, as it was before a change: at most 64 pages are kept, each in a buffer that is used again.
// Beside after/cache.cc it shows what `heaptape diff` tells, and what `heaptape check` catches. Try:
//   heaptape record -o before.tape -- before/cache; heaptape record -o after.tape -- after/cache
//   heaptape diff before.tape after.tape
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "heaptape/heaptape.h"

namespace {

struct Page {
  std::string title;
  std::string body;
};

class Cache {
 public:
  // The page's slot is filled anew when another page lies there.
  const Page& get(int number) {
    std::unique_ptr<Page>& slot = slots_[static_cast<std::size_t>(number) % slots_.size()];
    if (!slot) slot = std::make_unique<Page>();
    render(number, *slot);
    return *slot;
  }

 private:
  static void render(int number, Page& page) {
    page.title = "A page with quite a long title, number " + std::to_string(number);
    page.body.assign(2000, static_cast<char>('a' + number % 26));
  }

  std::vector<std::unique_ptr<Page>> slots_{64};
};

std::size_t answer(Cache& cache, int request) { return cache.get(request * 7 % 512).body.size(); }

}  // namespace

int main() {
  Cache cache;
  std::size_t sum = 0;
  for (int request = 0; request < 1000; ++request) {
    if (request % 100 == 0) heaptape_mark("100 requests");
    sum += answer(cache, request);
  }
  std::printf("%zu bytes\n", sum);
}
