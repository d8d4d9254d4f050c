// libFuzzer's way in; see run.sh.
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  heaptape::fuzz::import({bytes, size});
  return 0;
}
