// What variables own over time: a vector that grows, a cache that fills and is emptied, a shared table. Try:
//   heaptape record -o variables.tape -- variables && heaptape variables variables.tape --history
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "heaptape/heaptape.h"

namespace {

void fill(std::map<int, std::string>& cache) {
  for (int key = 0; key < 100; ++key) cache[key] = "a value that is too long to lie inside the string";
}

}  // namespace

int main() {
  std::vector<int> samples{0};
  HEAPTAPE_TRACK(samples);
  std::map<int, std::string> cache;
  HEAPTAPE_TRACK(cache);
  auto table = std::make_shared<std::vector<double>>(1000);
  HEAPTAPE_TRACK(table);

  for (int i = 1; i < 1000; ++i) samples.push_back(i);  // each new buffer is inferred, from the one that it replaces
  fill(cache);
  heaptape_mark("filled");  // and read here

  {
    auto view = table;
    HEAPTAPE_TRACK(view);  // owns nothing of its own
  }
  cache.clear();
  HEAPTAPE_RETRACK(cache);
  std::printf("%zu samples, %zu cached, a table of %zu\n", samples.size(), cache.size(), table->size());
}
