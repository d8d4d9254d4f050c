// A program in four phases, each begun by a mark, and one tracked variable that is read at each. Try:
//   heaptape record -o phases.tape -- phases && heaptape render phases.tape --view timeline -o phases.svg
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "heaptape/heaptape.h"

namespace {

constexpr int kWords = 20000;

std::string word(int number) { return "a rather long word, number " + std::to_string(number % 997); }

std::vector<std::string> load() {
  std::vector<std::string> words;
  for (int number = 0; number < kWords; ++number) words.push_back(word(number));  // not reserved: watch it grow
  return words;
}

using Index = std::map<std::string, std::vector<int>>;

Index build(const std::vector<std::string>& words) {
  Index index;
  for (std::size_t at = 0; at < words.size(); ++at) index[words[at]].push_back(static_cast<int>(at));
  return index;
}

// Allocates much and keeps nothing.
std::size_t query(const Index& index) {
  std::size_t hits = 0;
  for (int number = 0; number < kWords / 4; ++number) {
    const auto found = index.find(word(number));
    std::vector<int> copy = found->second;
    std::reverse(copy.begin(), copy.end());
    hits += copy.size();
  }
  return hits;
}

}  // namespace

int main() {
  heaptape_mark("load");
  std::vector<std::string> words = load();

  heaptape_mark("build");
  Index index = build(words);
  HEAPTAPE_TRACK(index);

  heaptape_mark("query");
  const std::size_t hits = query(index);

  heaptape_mark("teardown");
  words = {};
  index.clear();
  std::printf("%zu hits\n", hits);
}
