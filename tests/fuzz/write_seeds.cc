// FOLDER TARGET: writes the seeds of the target as files, for a fuzzer to begin with.
#include <fstream>

#include "tests/fuzz/seeds.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  int number = 0;
  for (const heaptape::FileBytes& seed : heaptape::fuzz::seeds(argv[2]))
    std::ofstream(std::string(argv[1]) + "/seed" + std::to_string(number++), std::ios::binary)
        .write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
}
