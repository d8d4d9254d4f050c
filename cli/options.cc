#include "cli/options.h"

#include <fmt/format.h>

#include <filesystem>

#include "analyzer/json.h"

namespace heaptape::cli {

void add_tape(Arguments& arguments, std::string& path) {
  arguments.text("tape", "TAPE", path, "The tape to read", Arguments::Need::required);
}

void add_layer(Arguments& arguments, Layer& layer) {
  const auto parse = [&layer](const std::string& word) {
    for (const Layer known : {Layer::user, Layer::program, Layer::all}) {
      if (word == name_of(known)) return void(layer = known);
    }
    throw BadValue(fmt::format("'{}' is no layer: user, program or all", word));
  };
  arguments.parsed(
      "--layer", "user|program|all", parse,
      "user: blocks owned by tracked variables; program (default): the program and its own libraries; all: "
      "the runtime too");
}

void add_cost(Arguments& arguments, Cost& cost) {
  const auto parse = [&cost](const std::string& word) {
    for (int i = 0; i < kCosts; ++i) {
      if (word == name_of(static_cast<Cost>(i))) return void(cost = static_cast<Cost>(i));
    }
    throw BadValue(fmt::format("'{}' is no cost: peak, allocated, count, temporary or leaked", word));
  };
  arguments.parsed("--cost", "peak|allocated|count|temporary|leaked", parse, "What is weighed (default: peak)");
}

void add_json(Arguments& arguments, bool& json) {
  arguments.flag("--json", json, "Print JSON, as analyzer/JSON.md describes it");
}

void add_symbol_sources(Arguments& arguments, SymbolSources& sources) {
  const auto folder_of = [](const std::string& word) {
    std::error_code absent;
    if (!std::filesystem::is_directory(word, absent)) throw BadValue(fmt::format("'{}' is no folder", word));
    return std::filesystem::absolute(word).lexically_normal().string();
  };
  arguments.parsed(
      "--sysroot", "FOLDER", [&sources, folder_of](const std::string& word) { sources.sysroot = folder_of(word); },
      "Look for the recorded binaries below this folder, instead of below /");
  arguments.repeated(
      "--debug-path", "FOLDER",
      [&sources, folder_of](const std::string& word) { sources.debug_paths.push_back(folder_of(word)); },
      "Look for binaries and debug files there as well, by build-id or by name; may be given more than once");
  arguments.flag("--debuginfod", sources.debuginfod, "Ask the servers of DEBUGINFOD_URLS for what is not found here");
  arguments.parsed(
      "--symbol-cache", "on|off",
      [&sources](const std::string& word) {
        if (word != "on" && word != "off") throw BadValue(fmt::format("'{}' is neither on nor off", word));
        sources.cache = word == "on";
      },
      "Keep names for the next time, in $HEAPTAPE_CACHE or ~/.cache/heaptape (default: on)");
}

void add_limit(Arguments& arguments, std::size_t& limit) {
  arguments.number("--limit", limit, std::size_t{0}, SIZE_MAX,
                   fmt::format("Lines of each list; 0: all (default: {})", limit));
}

}  // namespace heaptape::cli
