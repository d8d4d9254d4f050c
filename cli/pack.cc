// heaptape pack TAPE : the same tape for an archive, with names, smaller, and rid of what is not to be given away.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>

#include "analyzer/sites.h"
#include "analyzer/symbols.h"
#include "cli/commands.h"
#include "cli/made_tape.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/strip_words.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace pack_command {
namespace {

constexpr std::string_view kSuffix = ".tape";

struct Options {
  std::string tape;
  MadeTape made;
  std::uint8_t strip = 0;
  bool aggregate = false, sites = false, nameless = false;
  int level = 19;
  SymbolSources symbols;
};

std::uint8_t strip_of(const std::string& list) {
  std::uint8_t strip = 0;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string word = list.substr(begin, end - begin);
    const auto known = std::find_if(std::begin(kStripWords), std::end(kStripWords),
                                    [&](const auto& one) { return one.first == word; });
    if (known == std::end(kStripWords))
      throw BadValue(fmt::format("'{}' is none of addresses, paths, arguments, variables and host", word));
    strip |= known->second;
    begin = end + 1;
  }
  return strip;
}

std::string packed_name(const std::string& tape) {
  std::string name = tape.ends_with(kSuffix) ? tape.substr(0, tape.size() - kSuffix.size()) : tape;
  return name.append(".packed").append(kSuffix);
}

SymbolTable names_of(const TapeReader& tape, Symbols& symbols, const Options& options) {
  if (options.nameless) return {};
  Progress progress("finding names for " + options.tape);
  SymbolTable table = symbols.table_of(tape, [&](std::uint64_t done, std::uint64_t all) { progress.reach(done, all); });
  for (const std::string& path : symbols.mismatched())
    complain(fmt::format("'{}' is another build than the one recorded: its frames get no names", path));
  if (options.strip & kStripPaths)
    for (const SymbolTable::Place& place : table.places)
      table.strings[place.file] = base_name(table.strings[place.file]);
  return table;
}

// Modules that frames lie in and that no name was found for.
std::string nameless(const TapeReader& packed) {
  std::set<ModuleId> without;
  for (const Frame& frame : packed.frames())
    if (frame.module != kNoModule) without.insert(frame.module);
  for (const SymbolTable::Address& address : packed.symbols().addresses) without.erase(address.module);
  std::string list;
  for (const ModuleId module : without)
    list += (list.empty() ? "" : ", ") + base_name(packed.modules()[static_cast<std::size_t>(module)].path);
  return list;
}

// By stack.
std::vector<StackId> outermost_frames(const TapeReader& tape, Symbols& symbols) {
  const Sites sites(tape, symbols);
  std::vector<StackId> frames;
  for (std::size_t i = 0; i < tape.frames().size(); ++i)
    frames.push_back(sites.outermost_of_site(StackId{static_cast<std::uint32_t>(i)}));
  return frames;
}

void run(Options options) {
  if (options.made.path.empty()) options.made.path = packed_name(options.tape);
  require_no_file(options.made.path, options.made.force, options.tape);
  const TapeReader tape(options.tape);
  Symbols symbols(tape, options.symbols);
  const SymbolTable names = names_of(tape, symbols, options);
  Extract part{.begin = options.aggregate ? UINT64_MAX : 0, .strip = options.strip};
  if (options.sites) {
    part.strip |= kStripToSites | kStripAddresses;
    part.sites = outermost_frames(tape, symbols);
  }
  part.writer.zstd_level = options.level;
  part.writer.events_per_block = 1 << 18;
  make_tape(tape, part, names, options.made, "packing " + options.tape);
  const TapeReader packed(options.made.path);
  std::string text = fmt::format("{}: {} instead of {}", safe(options.made.path), human_bytes(packed.file_bytes()),
                                 human_bytes(tape.file_bytes()));
  if (!options.nameless) {
    text += fmt::format(", with the names of {}", counted(packed.symbols().addresses.size(), "place"));
    if (const std::string list = nameless(packed); !list.empty())
      text += fmt::format("\n  without names: {}", safe(list));
  }
  if (options.aggregate && tape.variable_count() != 0)
    text += "\n  without tracked variables: what they own is told by the events alone";
  put(text + "\n");
}

}  // namespace
}  // namespace pack_command

void add_pack(Arguments& heaptape) {
  using namespace pack_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("pack", "Make a tape for an archive: with names, packed hard, stripped");
  add_tape(command, options->tape);
  command.text("-o,--output", "FILE", options->made.path, "Write it there (default: NAME.packed.tape beside the tape)");
  command.repeated(
      "--strip", "WHAT,…", [options](const std::string& list) { options->strip |= strip_of(list); },
      "Take away: addresses (of blocks and modules), paths (folders), arguments, variables (names and types of tracked "
      "ones), host");
  command.parsed(
      "--keep", "aggregate|sites",
      [options](const std::string& word) {
        if (word != "aggregate" && word != "sites")
          throw BadValue(fmt::format("'{}' is neither aggregate nor sites", word));
        options->aggregate = true;
        options->sites = word == "sites";
      },
      "Keep no events: totals, peak, leaks, what each stack cost and an outline of the timeline; or the same by site, "
      "without callers and ages, as a small baseline");
  command.flag("--no-symbols", options->nameless, "Put no names on it");
  command.number("--level", options->level, 1, 22, "How hard zstd works (default: 19)");
  command.flag("--force", options->made.force, "Replace the output if it exists");
  add_symbol_sources(command, options->symbols);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
