#include "recorder/launcher/program_check.h"

#include "recorder/launcher/checks.h"

namespace heaptape {

std::string why_not_recordable(const std::string& command) {
  for (const ElfFile& file : find_program(command, Reading::dynamic).executables)
    for (const Check& check : {check_linkage(file), check_rights(file.path)})
      if (check.mark == Mark::problem) return sentence_of(check);
  return "";
}

}  // namespace heaptape
