// heaptape ctl ACTION [SESSION] : steers a recording that runs, from outside.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/view.h"
#include "recorder/control/client.h"
#include "render/units.h"

namespace heaptape::cli {
namespace ctl_command {
namespace {

namespace fs = std::filesystem;

constexpr int kSeconds = 30;  // the drain answers within a round, unless it is starved

struct Options {
  std::string session, name, output;
  bool force = false;
};

// What to know beside an answer: of these it is not known what they record.
std::string silent_in(const Sessions& sessions) {
  if (sessions.silent.empty()) return "";
  return fmt::format("; process {} records as well, and does not answer: it is stopped, or has no time",
                     fmt::join(sessions.silent, ", "));
}

RunningSession one_session(const std::string& name) {
  const Sessions sessions = name.empty() ? running_sessions() : sessions_named(name);
  if (sessions.running.size() == 1) return sessions.running[0];
  if (sessions.running.size() > 1)
    throw Failure(kWrongUse, name.empty() ? "several recordings are running; name one of 'heaptape ctl status'"
                                          : fmt::format("'{}' means several recordings; name one by a pid", name));
  const std::string what =
      name.empty() ? "no recording of yours is running"
                   : fmt::format(
                         "no recording of yours that is running is called '{}'; 'heaptape ctl status' lists "
                         "them",
                         name);
  throw Failure(kBadTape, what + silent_in(sessions));
}

void request(const std::string& name, const std::vector<std::string>& words, int seconds) {
  const Asked asked = ask(one_session(name).socket, words, seconds);
  if (asked.silent != 0)
    throw Failure(kRecordFailed, fmt::format("the recording did not answer within {} s; it may still do what was asked "
                                             "(process {} is stopped, or has no time)",
                                             seconds, asked.silent));
  if (!asked.answer) throw Failure(kBadTape, "the recording ended before it could answer, or its drain does not run");
  if (asked.answer->status != 0) throw Failure(asked.answer->status, asked.answer->text);
  put(safe(asked.answer->text) + "\n");
}

void snapshot(const Options& options) {
  const std::string file = options.output.empty() ? "" : fs::absolute(options.output).lexically_normal().string();
  request(options.session, {"snapshot", file, options.force ? "force" : ""}, 0);
}

// Sessions with the tapes that each is writing.
void status(const Options& options) {
  const Sessions sessions = options.session.empty() ? running_sessions() : Sessions{{one_session(options.session)}, {}};
  if (sessions.running.empty()) return put("no recording of yours is running" + silent_in(sessions) + "\n");
  const Terminal terminal = standard_output();
  std::string text;
  for (const auto& [socket, session] : sessions.running) {
    text +=
        fmt::format("{}{}: {} (command {}, heaptape {}, drain {}, session {})\n", text.empty() ? "" : "\n",
                    terminal.paint(Style::bold, safe(session.command_line)), session.paused ? "paused" : "recording",
                    session.command, session.launcher, session.drain, safe(session.session));
    using enum Column::Side;
    Table table({{"pid", right}, {"events", right}, {"bytes", right}, {"tape"}});
    for (const SessionStatus::Tape& tape : session.tapes)
      table.add({std::to_string(tape.pid), grouped(tape.events), human_bytes(tape.bytes), safe(tape.path)});
    if (!session.tapes.empty()) text += table.text(terminal);
  }
  put(text);
  if (!sessions.silent.empty()) complain(silent_in(sessions).substr(2));
}

Arguments& add_action(Arguments& ctl, const std::shared_ptr<Options>& options, const std::string& name,
                      const std::string& help) {
  Arguments& action = ctl.subcommand(name, help);
  if (name == "mark") action.text("name", "NAME", options->name, "The mark's name", Arguments::Need::required);
  action.text(
      "session", "SESSION", options->session,
      "A pid of the command, of heaptape or of a recorded process; a tape; or what HEAPTAPE_SESSION is (default: "
      "the one that is running)");
  return action;
}

}  // namespace
}  // namespace ctl_command

void add_ctl(Arguments& heaptape) {
  using namespace ctl_command;
  auto options = std::make_shared<Options>();
  Arguments& ctl = heaptape.subcommand("ctl", "Start, stop, mark or copy a recording that runs");
  add_action(ctl, options, "start", "Record from now on").on_run([options] {
    request(options->session, {"start"}, kSeconds);
  });
  add_action(ctl, options, "stop", "Pause: record nothing from now on; the program goes on").on_run([options] {
    request(options->session, {"stop"}, kSeconds);
  });
  add_action(ctl, options, "mark", "Put a named mark on the tapes, at this instant").on_run([options] {
    if (options->name.empty() || options->name.size() > kMaxMarkBytes)
      throw Failure(kWrongUse, fmt::format("a mark's name has 1 to {} bytes", kMaxMarkBytes));
    request(options->session, {"mark", options->name}, kSeconds);
  });
  Arguments& copy = add_action(ctl, options, "snapshot", "Write what is recorded so far as whole tapes");
  copy.text("-o,--output", "FILE", options->output,
            "The command's tape goes there, others beside it (default: NAME.snapshot-N.tape beside each)");
  copy.flag("--force", options->force, "Replace what is there");
  copy.on_run([options] { snapshot(*options); });
  add_action(ctl, options, "status", "What runs, or one recording: its state, pids and tapes").on_run([options] {
    status(*options);
  });
}

}  // namespace heaptape::cli
