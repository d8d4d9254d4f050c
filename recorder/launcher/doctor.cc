#include "recorder/launcher/doctor.h"

#include <fmt/format.h>
#include <stdlib.h>

namespace heaptape {
namespace {

Check check_command(const std::string& command, const Program& program) {
  Check check{.name = "command", .mark = Mark::problem};
  if (program.path.empty()) {
    check.finding = fmt::format("'{}' was not found", command);
    check.remedy = "give its path, or install it";
  } else if (!program.why_not.empty()) {
    check.finding = fmt::format("'{}' can't be run: {}", program.path, program.why_not);
    check.remedy = "make it executable, or name its interpreter";
  } else {
    check.mark = Mark::ok;
    check.finding = program.path;
    for (std::size_t i = 0; i < program.scripts.size(); ++i)
      check.finding += fmt::format("{}'{}' is a script", i == 0 ? ": " : ", ", program.scripts[i]);
    if (!program.scripts.empty())
      check.finding += fmt::format(", run by {}; what that runs has tapes of its own", program.executables.back().path);
  }
  return check;
}

void examine(const ElfFile& file, std::vector<Check>& checks) {
  checks.push_back(check_linkage(file));
  checks.push_back(check_rights(file.path));
  if (!file.native || file.interpreter.empty()) return;  // of what is linked in statically nothing can be told
  checks.push_back(check_malloc(file));
  checks.push_back(check_sanitizers(file));
  checks.push_back(check_unwind_tables(file));
  checks.push_back(check_symbols(file));
}

}  // namespace

Diagnosis diagnose(const RecordOptions& options) {
  Diagnosis diagnosis;
  std::vector<Check>& checks = diagnosis.checks;
  if (!options.command.empty()) {
    const Program program = find_program(options.command[0], Reading::all);
    checks.push_back(check_command(options.command[0], program));
    if (checks.back().mark == Mark::problem) diagnosis.status = program.path.empty() ? 127 : 126;
    for (const ElfFile& file : program.executables) examine(file, checks);
  }
  for (Check check : {check_preload(getenv("LD_PRELOAD")), check_output(options.output, options.force),
                      check_shared_memory(options.buffer_bytes), check_memory(options.buffer_bytes),
                      check_limits(options.buffer_bytes), check_clock(), check_kernel(), check_libc(), check_proc()})
    checks.push_back(std::move(check));
  for (const Check& check : checks)
    if (check.mark == Mark::problem && diagnosis.status == 0) diagnosis.status = 125;
  return diagnosis;
}

}  // namespace heaptape
