// Seven variables, seven heap blocks. Try:
//   heaptape record -o basic.tape -- basic_usage && heaptape summary basic.tape --layer user
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "heaptape/heaptape.h"

int main() {
  std::vector<int> numbers_vec{1, 2, 3, 4, 5};
  HEAPTAPE_TRACK(numbers_vec);
  std::string text_string = "Hello, Trace Tools!";  // too long to lie inside the string itself
  HEAPTAPE_TRACK(text_string);
  auto boxed_value = std::make_unique<int>(100);
  HEAPTAPE_TRACK(boxed_value);
  auto boxed_value2 = std::make_unique<int>(200);
  HEAPTAPE_TRACK(boxed_value2);

  // One block for the vector with its counts, one for the vector's elements.
  auto rc_data = std::make_shared<std::vector<int>>(std::initializer_list<int>{10, 20, 30});
  HEAPTAPE_TRACK(rc_data);
  auto arc_data = std::make_shared<std::string>("Shared data");  // short: inside the one block
  HEAPTAPE_TRACK(arc_data);
  auto rc_data_clone = rc_data;  // shares both blocks, owns none of its own
  HEAPTAPE_TRACK(rc_data_clone);
  HEAPTAPE_RETRACK(rc_data);  // its use count is 2 by now

  std::printf("numbers_vec: %d..%d\n", numbers_vec.front(), numbers_vec.back());
  std::printf("text_string: %s\n", text_string.c_str());
  std::printf("boxed_value: %d, boxed_value2: %d\n", *boxed_value, *boxed_value2);
  std::printf("rc_data: %d..%d, use count %ld\n", rc_data->front(), rc_data->back(), rc_data.use_count());
  std::printf("arc_data: %s\n", arc_data->c_str());
  std::printf("rc_data_clone: %s\n", rc_data_clone == rc_data ? "the same vector" : "another vector");
}
