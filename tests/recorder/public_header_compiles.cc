#include <string>
#include <vector>

#include "heaptape/heaptape.h"

namespace {

struct Taught {
  std::vector<int> numbers;
  friend void heaptape_owned(const Taught& taught, heaptape::blocks& found) { found.visit(taught.numbers); }
};

template <class T>
void track_in_a_template(const T& value) {
  HEAPTAPE_TRACK(value);
}

}  // namespace

void use_each_macro();

void use_each_macro() {
  heaptape_start();
  std::vector<std::string> names(3);
  HEAPTAPE_TRACK(names);
  Taught taught;
  HEAPTAPE_TRACK(taught);
  {
    HEAPTAPE_TRACK(names);  // an inner scope may track it again
    track_in_a_template(taught);
  }
  HEAPTAPE_RETRACK(names);
  heaptape_mark("a phase");
  heaptape_flush();
  heaptape_stop();
}
