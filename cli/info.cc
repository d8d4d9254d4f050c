// heaptape info TAPE… : what a tape is: whose, of when, and what takes which part of the file.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <memory>

#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/strip_words.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace info_command {
namespace {

struct Options {
  std::vector<std::string> tapes;
  bool json = false;
};

std::string date_of(std::uint64_t unix_ns) {
  if (unix_ns == 0) return "unknown";
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(unix_ns / 1'000'000'000)));
}

std::string process_of(const Meta& meta) {
  std::string text = fmt::format("pid {}, parent {}", meta.pid, meta.parent_pid);
  if (meta.image != 0) text += fmt::format(", its program image {}", meta.image + 1);
  if (meta.forked) text += ", born by fork";
  if (meta.number != 0) text += fmt::format("; tape {} of its session", meta.number);
  return text;
}

std::string stripped_of(const Meta& meta) {
  std::string list;
  for (const auto& [word, strip] : kStripWords)
    if (meta.stripped & strip) list += (list.empty() ? "" : ", ") + std::string(word);
  if (meta.stripped & kStripToSites) list.append(list.empty() ? "" : ", ").append(kSitesLack);
  return list;
}

std::string events_of(const InfoReport& report) {
  std::uint64_t bytes = 0;
  for (const InfoReport::Blocks& blocks : report.blocks)
    if (blocks.kind == BlockKind::events) bytes = blocks.storage.stored_bytes;
  std::string text = grouped(report.events);
  if (report.events != 0)
    text += fmt::format(", {:.2f} bytes each", static_cast<double>(bytes) / static_cast<double>(report.events));
  text += fmt::format(", in steps of {}", human_time(std::max(report.meta.clock_step_ns, 1u)));
  if (const std::uint64_t gone = report.ledger[Loss::aggregated_events]; gone != 0)
    text += fmt::format("; {} older ones as one aggregate", grouped(gone));
  return text;
}

std::string facts(const InfoReport& report, const Terminal& terminal) {
  Table table({{.style = Style::dim}, {.shrinks = true}});
  const Meta& meta = report.meta;
  table.add({"tape", fmt::format("{}, {}, format 1.{}, {}", safe(report.path), human_bytes(report.file_bytes),
                                 report.format_minor, name_of(report.condition))});
  table.add({"program", safe(meta.program)});
  table.add({"command", safe(report.command)});
  table.add({"host", safe(meta.host)});
  table.add({"recorder", safe(meta.recorder)});
  table.add({"started", date_of(meta.started_unix_ns)});
  table.add({"process", process_of(meta)});
  table.add({"ending", fmt::format("{}, after {}", in_words(report.ending), human_time(report.duration_ns))});
  if (!report.filters.empty()) table.add({"recorded with", report.filters});
  if (const std::string list = stripped_of(report.meta); !list.empty()) table.add({"stripped of", list});
  table.add({"events", events_of(report)});
  table.add({"stacks",
             fmt::format("a tree of {}, in {}", counted(report.frames, "frame"), counted(report.modules, "module"))});
  table.add({"threads", grouped(report.threads)});
  if (report.texts != 0) table.add({"marks", counted(report.texts, "name")});
  if (report.variables != 0) table.add({"variables", grouped(report.variables)});
  return table.text(terminal);
}

std::string blocks(const InfoReport& report, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{"blocks"}, {"number", right}, {"in the file", right}, {"unpacked", right}, {"ratio", right}});
  for (const InfoReport::Blocks& one : report.blocks) {
    const TapeReader::Storage& storage = one.storage;
    table.add(
        {name_of(one.kind), grouped(storage.blocks), human_bytes(storage.stored_bytes), human_bytes(storage.raw_bytes),
         fmt::format("{:.1f}", static_cast<double>(storage.raw_bytes) / static_cast<double>(storage.stored_bytes))});
  }
  return "\n" + table.text(terminal);
}

std::string ledger(const InfoReport& report, const Terminal& terminal) {
  Table table({{"ledger"}, {.title = "", .side = Column::Side::right}});
  for (int i = 0; i < kLosses; ++i)
    if (const auto loss = static_cast<Loss>(i); report.ledger[loss] != 0)
      table.add({name_of(loss), grouped(report.ledger[loss])});
  return "\n" + (table.empty() ? "  ledger: nothing lost, nothing left out\n" : table.text(terminal));
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  bool is_damaged = false;
  Json all = Json::array();
  std::string text;
  const bool all_read = show_each(options.tapes, [&](const std::string& path) {
    const InfoReport report = info(TapeReader(path));
    all.push_back(to_json(report));
    text += (text.empty() ? "" : "\n") + facts(report, terminal) + blocks(report, terminal) + ledger(report, terminal);
    for (const Damage& damage : report.damage)
      complain(fmt::format("{}: damaged at byte {} ({}); see 'heaptape verify'", path, damage.offset, damage.reason));
    is_damaged |= !report.damage.empty();
  });
  put(options.json ? to_text(one_or_list(all, options.tapes.size())) : text);
  if (is_damaged || !all_read) throw Exit{kBadTape};
}

}  // namespace
}  // namespace info_command

void add_info(Arguments& heaptape) {
  using namespace info_command;
  auto options = std::make_shared<Options>();
  Arguments& command =
      heaptape.subcommand("info", "What a tape is: whose, of when, and what takes how much of the file");
  command.texts("tape", "TAPE", options->tapes, "The tapes to look at", Arguments::Need::required);
  add_json(command, options->json);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
