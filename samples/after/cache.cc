// The cache of before/cache.cc after a change that looks harmless: pages are found by number in a map, so that none is
// rendered twice. But nothing ever leaves the map, and a log line is made for each request. The budget.toml in the
// folder above catches both.
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "heaptape/heaptape.h"

namespace {

struct Page {
  std::string title;
  std::string body;
};

class Cache {
 public:
  const Page& get(int number) {
    std::unique_ptr<Page>& page = pages_[number];
    if (!page) {
      page = std::make_unique<Page>();
      render(number, *page);
    }
    return *page;
  }

 private:
  static void render(int number, Page& page) {
    page.title = "A page with quite a long title, number " + std::to_string(number);
    page.body.assign(2000, static_cast<char>('a' + number % 26));
  }

  std::map<int, std::unique_ptr<Page>> pages_;
};

std::string log_line(int request) {
  return "request " + std::to_string(request) + " was answered from the cache of pages";
}

std::size_t answer(Cache& cache, int request) {
  const std::string line = log_line(request);
  return cache.get(request * 7 % 512).body.size() + (line.empty() ? 1 : 0);
}

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
