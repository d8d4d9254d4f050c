// What speaks for or against recording a command, found out before it is run. The launcher and `heaptape doctor` go by
// the same checks.
//
// Nothing here runs the command or changes anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/launcher/program.h"

namespace heaptape {

enum class Mark {
  ok,
  warning,  // can be recorded, but something of it will be missing
  problem,  // can't be recorded
};
const char* name_of(Mark mark);

struct Check {
  const char* name;  // one word, stable
  Mark mark = Mark::ok;
  std::string finding;  // without a full stop
  std::string remedy;   // empty where there is nothing to do
};
// Both in one sentence.
std::string sentence_of(const Check& check);

// Of one executable: whether the recorder gets into it …
Check check_linkage(const ElfFile& file);
Check check_rights(const std::string& path);
// … and whether what it finds there is what there is.
Check check_malloc(const ElfFile& file);
Check check_sanitizers(const ElfFile& file);
Check check_unwind_tables(const ElfFile& file);
Check check_symbols(const ElfFile& file);

// Of the environment that the command would run in.
Check check_preload(const char* preload);  // LD_PRELOAD; null: not set
Check check_output(const std::string& output, bool force);

// Of the machine.
Check check_clock();
Check check_kernel();
Check check_libc();
Check check_proc();
Check check_shared_memory(std::uint64_t buffer_bytes);
Check check_memory(std::uint64_t buffer_bytes);
Check check_limits(std::uint64_t buffer_bytes);

}  // namespace heaptape
