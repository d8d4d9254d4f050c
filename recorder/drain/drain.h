// The drain: a process of its own between the launcher and the command. Makes the session, starts the
// command, turns what lanes hold into tapes, and outlives the command for as long as any of its
// descendants does.
#pragma once

#include "recorder/launcher/record_options.h"

namespace heaptape {

// Runs in the launcher's forked child; never returns. `library`: path of libheaptape.so.
// `report`: the pipe's write end.
[[noreturn]] void run_drain(const RecordOptions& options, const std::string& library, int report);

// Runs in a process that a program's own recorder has started; never returns. `options.command`: the program's path.
// `answer`: a pipe to that recorder, closed when it has been told the folder of the session, or `!` and why there is
// none. Ends when nobody uses the session any more.
[[noreturn]] void serve_program(const RecordOptions& options, std::uint32_t program, int answer);

}  // namespace heaptape
