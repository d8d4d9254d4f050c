// The subcommands of `heaptape`. Each `add_*` declares its options and a callback that does the work.
//
// A callback ends by returning (exit status 0), by throwing `Exit` (another status, its sentence
// already printed or not needed), `Failure` (one sentence for stderr and a status), or by letting
// TapeError (status 3) pass.
#pragma once

#include <stdexcept>
#include <string>

namespace heaptape::cli {

class Arguments;

enum Status : int {
  kFine = 0,
  kExceeded = 1,        // a budget or baseline was exceeded, or leaks were asked to fail
  kWrongUse = 2,        // or the output exists and --force is not given
  kBadTape = 3,         // missing, unreadable or damaged
  kInexact = 4,         // cut or lossy where an exact answer was asked for
  kRecordFailed = 125,  // our own failure, or no room for the output; of `record` 126 and 127: the command can't be run
};

struct Exit {
  int status;
};

class Failure : public std::runtime_error {
 public:
  Failure(int exit_status, const std::string& sentence) : std::runtime_error(sentence), status(exit_status) {}
  int status;
};

void add_summary(Arguments& heaptape);
void add_top(Arguments& heaptape);
void add_peaks(Arguments& heaptape);
void add_leaks(Arguments& heaptape);
void add_check(Arguments& heaptape);
void add_lifetimes(Arguments& heaptape);
void add_variables(Arguments& heaptape);
void add_waste(Arguments& heaptape);
void add_timeline(Arguments& heaptape);
void add_render(Arguments& heaptape);
void add_report(Arguments& heaptape);
void add_info(Arguments& heaptape);
void add_verify(Arguments& heaptape);
void add_dump(Arguments& heaptape);
void add_export(Arguments& heaptape);
void add_import(Arguments& heaptape);
void add_cut(Arguments& heaptape);
void add_split(Arguments& heaptape);
void add_pack(Arguments& heaptape);
void add_wait(Arguments& heaptape);
void add_recover(Arguments& heaptape);
void add_ctl(Arguments& heaptape);

// `record` and `doctor` parse their own part of argv: all behind the first positional or `--` is the command's. So does
// `diff`, whose `--` stands between two lists. Answers the exit status.
int record(int argc, char** argv);
int doctor(int argc, char** argv);
int diff(int argc, char** argv);
// `drain` is what a program that was not started by `record` starts for itself; not for people. Answers the exit
// status.
int drain(int argc, char** argv);

}  // namespace heaptape::cli
