// The one catch of both programs: a sentence on stderr, an exit status.
#pragma once

#include <exception>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "format/reader.h"

namespace heaptape::cli {

// Runs `work`, which answers the exit status or throws.
template <class Work>
int guarded(Work work) {
  try {
    return work();
  } catch (const Exit& exit) {
    return exit.status;
  } catch (const Failure& failure) {
    complain(failure.what());
    return failure.status;
  } catch (const TapeError& error) {
    complain(error.what());
    return kBadTape;
  } catch (const std::exception& error) {
    complain(error.what());
    return kRecordFailed;
  }
}

}  // namespace heaptape::cli
