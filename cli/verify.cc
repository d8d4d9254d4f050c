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
namespace {

constexpr std::size_t kMostShown = 20;

struct Options {
  std::vector<std::string> tapes;
  bool json = false;
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
          {"faults", heaptape::to_json(result.faults)}};
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
    if (options.json)
      all.push_back(to_json(path, result));
    else
      put(text_of(path, result));
  });
  if (!all_read) status = kBadTape;
  if (options.json) put(to_text(one_or_list(all, options.tapes.size())));
  if (status != kFine) throw Exit{status};
}

}  // namespace

void add_verify(Arguments& heaptape) {
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("verify", "Check every byte of a tape, and its index against its events");
  command.texts("tape", "TAPE", options->tapes, "The tapes to check", Arguments::Need::required);
  add_json(command, options->json);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
