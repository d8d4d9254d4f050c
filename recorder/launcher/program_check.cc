#include "recorder/launcher/program_check.h"

#include "recorder/launcher/checks.h"

namespace heaptape {

std::string why_not_recordable(const std::string& command) {
  for (const ElfFile& file : find_program(command, Reading::dynamic).executables)
    for (const Check& check : {check_linkage(file), check_rights(file.path)})
      if (check.mark == Mark::problem) return sentence_of(check);
  return "";
}

bool asks_for_extended_names(const std::string& command) {
  for (const ElfFile& file : find_program(command, Reading::dynamic).executables)
    for (const std::string& name : file.imports)
      if (name.starts_with("mi_") || name.starts_with("tc_") || name == "mallocx" || name == "rallocx" ||
          name == "xallocx" || name == "dallocx" || name == "sdallocx")
        return true;
  return false;
}

}  // namespace heaptape
