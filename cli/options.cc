#include "cli/options.h"

#include <fmt/format.h>

#include "analyzer/json.h"

namespace heaptape::cli {

void add_tape(CLI::App& command, std::string& path) {
  command.add_option("tape", path, "The tape to read")->required()->type_name("TAPE");
}

void add_layer(CLI::App& command, Layer& layer) {
  const auto parse = [&layer](const std::string& word) {
    for (const Layer known : {Layer::user, Layer::program, Layer::all}) {
      if (word == name_of(known)) return void(layer = known);
    }
    throw CLI::ValidationError("--layer", fmt::format("'{}' is no layer: user, program or all", word));
  };
  command
      .add_option_function<std::string>("--layer", parse,
                                        "user: blocks owned by tracked variables; program (default): the program and "
                                        "its own libraries; all: the runtime too")
      ->type_name("user|program|all");
}

void add_cost(CLI::App& command, Cost& cost) {
  const auto parse = [&cost](const std::string& word) {
    for (int i = 0; i < kCosts; ++i) {
      if (word == name_of(static_cast<Cost>(i))) return void(cost = static_cast<Cost>(i));
    }
    throw CLI::ValidationError("--cost",
                               fmt::format("'{}' is no cost: peak, allocated, count, temporary or leaked", word));
  };
  command.add_option_function<std::string>("--cost", parse, "What is weighed (default: peak)")
      ->type_name("peak|allocated|count|temporary|leaked");
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print JSON, as analyzer/JSON.md describes it");
}

void add_limit(CLI::App& command, std::size_t& limit) {
  command.add_option("--limit", limit, "Lines of each list; 0: all")
      ->type_name("N")
      ->check([](const std::string& word) {
        const bool is_number = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
        return is_number ? std::string() : fmt::format("'{}' is no number of lines; 0: all", word);
      })
      ->capture_default_str();
}

}  // namespace heaptape::cli
