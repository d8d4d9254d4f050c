// heaptape verify TAPE… : every byte, every id, the order, and the index against the events.
#include <fmt/format.h>

#include <memory>

#include "analyzer/json_parts.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/view.h"
#include "format/verify.h"
#include "render/units.h"

namespace heaptape::cli {
namespace verify_command {
namespace {

constexpr std::size_t kMostShown = 20;

struct Options {
  std::vector<std::string> tapes;
  bool json = false;
  bool conservation = false;
};

int status_of(Condition condition) {
  return condition == Condition::whole ? kFine : condition == Condition::cut ? kInexact : kBadTape;
}

std::string text_of(const std::string& path, const Verification& result) {
  std::string text = fmt::format("{}: {}", safe(path), name_of(result.condition));
  switch (result.condition) {
    case Condition::whole:
      break;
    case Condition::cut:
      text += ", it has no index (killed, or still being written)";
      if (result.torn_bytes != 0) text += fmt::format(" and {} of a torn block", counted(result.torn_bytes, "byte"));
      text += "; 'heaptape recover' makes it whole";
      break;
    case Condition::damaged:
      text += fmt::format(" in {}", counted(result.faults.size(), "place"));
      break;
  }
  text += fmt::format("\n  checked {}, {}, {}\n", counted(result.bytes, "byte"), counted(result.blocks, "block"),
                      counted(result.events, "event"));
  if (result.unknown_blocks != 0)
    text += fmt::format("  {} of kinds that this heaptape does not know: their checksums hold\n",
                        counted(result.unknown_blocks, "block"));
  for (std::size_t i = 0; i < result.faults.size() && i < kMostShown; ++i)
    text += fmt::format("  at byte {}: {}\n", result.faults[i].offset, result.faults[i].reason);
  if (result.faults.size() > kMostShown) text += fmt::format("  … and {} more\n", result.faults.size() - kMostShown);
  return text;
}

std::string conservation_text(const Verification& result) {
  if (!result.conservation)
    return "  this tape does not say how many calls of the hooks its events came from: it is a part of a tape, has no "
           "index, or is of before heaptape 1.1\n";
  const Conservation& figures = *result.conservation;
  std::string text;
  const auto line = [&](const char* what, std::uint64_t count, const char* note = "") {
    text += fmt::format("  {:<22}{:>18}{}{}\n", what, grouped(count), *note == '\0' ? "" : "  ", note);
  };
  const auto less = [&](const char* what, std::uint64_t count, const char* note) {
    if (count != 0) line(what, count, note);
  };
  line("calls of the hooks", figures.calls.called, "counted in the program: allocations, frees, failed reallocs");
  less("- dropped", figures.calls.dropped, "found no room");
  less("- under way", figures.under_way(), "when their process ended");
  line("= read from lanes", figures.calls.read);
  less("- left out", figures.calls.left_out, "by the layer, a sample or a pause");
  less("- aggregated, unwritten", figures.missing(), "the ledger has them");
  line("= events on the tape", figures.on_tape, "births, releases, failed reallocs");
  line("= replayed", figures.replayed);
  return text + (figures.faults().empty() ? "  conserved\n" : "  not conserved\n");
}

Json conservation_json(const Conservation& figures) {
  return {{"calls", figures.calls.called},        {"dropped", figures.calls.dropped},
          {"under_way", figures.under_way()},     {"read", figures.calls.read},
          {"left_out", figures.calls.left_out},   {"aggregated_or_unwritten", figures.missing()},
          {"on_tape", figures.on_tape},           {"replayed", figures.replayed},
          {"conserved", figures.faults().empty()}};
}

Json to_json(const std::string& path, const Verification& result) {
  return {{"schema", "heaptape.verify"},
          {"version", 1},
          {"tape", path},
          {"condition", name_of(result.condition)},
          {"bytes", result.bytes},
          {"torn_bytes", result.torn_bytes},
          {"blocks", result.blocks},
          {"unknown_blocks", result.unknown_blocks},
          {"events", result.events},
          {"faults", heaptape::to_json(result.faults)},
          {"conservation", result.conservation ? conservation_json(*result.conservation) : Json()}};
}

// 3 beats 4.
int worse(int a, int b) { return a == kBadTape || b == kFine ? a : b; }

void run(const Options& options) {
  int status = kFine;
  Json all = Json::array();
  const bool all_read = show_each(options.tapes, [&](const std::string& path) {
    Progress progress("verifying " + path);
    const Verification result =
        verify_tape(path, [&](std::uint64_t done, std::uint64_t bytes) { progress.reach(done, bytes); });
    status = worse(status, status_of(result.condition));
    if (options.conservation && !result.conservation) status = worse(status, kInexact);
    if (options.json)
      all.push_back(to_json(path, result));
    else
      put(text_of(path, result) + (options.conservation ? conservation_text(result) : ""));
  });
  if (!all_read) status = kBadTape;
  if (options.json) put(to_text(one_or_list(all, options.tapes.size())));
  if (status != kFine) throw Exit{status};
}

}  // namespace
}  // namespace verify_command

void add_verify(Arguments& heaptape) {
  using namespace verify_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("verify", "Check every byte of a tape, and its index against its events");
  command.texts("tape", "TAPE", options->tapes, "The tapes to check", Arguments::Need::required);
  command.flag("--conservation", options->conservation,
               "Show that every call of the hooks is an event of the tape, or in its ledger");
  add_json(command, options->json);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
