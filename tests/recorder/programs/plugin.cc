// A library in C++ for a program in C: it brings libstdc++ along, where the program has none.
#include <stdexcept>
#include <string>
#include <vector>

extern "C" [[gnu::visibility("default")]] int work() {
  std::vector<std::string*> texts;
  for (int i = 0; i < 100; ++i) texts.push_back(new std::string(100, 'x'));  // 101 bytes each
  for (const std::string* text : texts) delete text;
  try {
    throw std::runtime_error("caught here");
  } catch (const std::exception&) {
    return static_cast<int>(texts.size());
  }
}
