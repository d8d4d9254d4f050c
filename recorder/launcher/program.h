// From a command's first word to the executables that the system would run for it.
#pragma once

#include <string>
#include <vector>

#include "recorder/launcher/elf_file.h"

namespace heaptape {

struct Program {
  std::string path;                  // where execvp finds it; empty: nowhere
  std::string why_not;               // it can't be run for this reason; empty: it can, as far as can be seen
  std::vector<std::string> scripts;  // itself and its interpreters, as long as they are scripts
  std::vector<ElfFile> executables;  // what is run in the end, and what `env` then runs; empty: no ELF file
};

Program find_program(const std::string& command, Reading reading);

}  // namespace heaptape
