#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>

#include "analyzer/budget.h"
#include "format/size_words.h"

namespace heaptape {
namespace {

class BudgetParser {
 public:
  explicit BudgetParser(std::string name) : name_(std::move(name)) {}

  Budget parse(const std::string& text) {
    try {
      read(toml::parse(text, name_));
    } catch (const toml::parse_error& error) {
      throw BudgetError(fmt::format("{}, line {}: {}", name_, error.source().begin.line, error.description()));
    }
    const auto order = [](const Limit& limit) {
      return std::tuple(limit.range ? *limit.range + 1 : 0, limit.layer != Layer::program, limit.figure);
    };
    std::stable_sort(budget_.limits.begin(), budget_.limits.end(),
                     [&](const Limit& a, const Limit& b) { return order(a) < order(b); });
    return std::move(budget_);
  }

 private:
  std::string place_of(const toml::source_region& place) const {
    return fmt::format("{}, line {}", name_, place.begin.line);
  }

  [[noreturn]] void refuse(const toml::source_region& place, const std::string& what) const {
    throw BudgetError(fmt::format("{}: {}", place_of(place), what));
  }

  void read(const toml::table& table) {
    // Allowances name ranges.
    if (const toml::node* ranges = table.get("range")) read_ranges(*ranges);
    for (const auto& [key, node] : table) {
      const std::string_view word = key.str();
      if (word == "layer")
        read_layers(node);
      else if (word == "tolerance")
        read_tolerances(node);
      else if (word == "allow")
        read_allowances(node);
      else if (word != "range")
        read_limit(key, node, {});
    }
  }

  // `part`: the limit's range and layer.
  void read_limit(const toml::key& key, const toml::node& node, const Limit& part) {
    const std::string word(key.str());
    const std::optional<Figure> figure = figure_called(word);
    if (!figure)
      refuse(key.source(), fmt::format("'{}' is no key of a budget; its figures are {}", word, figure_names()));
    if (const toml::table* table = node.as_table(); table != nullptr && has_names(*figure)) {
      for (const auto& [name, value] : *table)
        add({part.range, part.layer, *figure, std::string(name.str()), amount(name, value, *figure)}, name);
    } else if (*figure == Figure::allocations_in) {
      refuse(key.source(), "'allocations_in' is a table: [allocations_in], then \"function\" = 100");
    } else {
      add({part.range, part.layer, *figure, "", amount(key, node, *figure)}, key);
    }
  }

  static std::string figure_names() {
    std::string names;
    for (int i = 0; i < kFigures; ++i) names += (i == 0 ? "" : ", ") + std::string(name_of(static_cast<Figure>(i)));
    return names;
  }

  void add(Limit limit, const toml::key& key) {
    if (limit.figure == Figure::allocations_in && limit.name.empty()) refuse(key.source(), "a function has no name");
    budget_.limits.push_back(std::move(limit));
  }

  std::uint64_t amount(const toml::key& key, const toml::node& node, Figure figure) const {
    const std::string name(key.str());
    if (const auto number = node.value_exact<std::int64_t>()) {
      if (*number >= 0) return static_cast<std::uint64_t>(*number);
      refuse(node.source(), fmt::format("'{}' is {}, less than 0", name, *number));
    }
    if (!is_bytes(figure)) refuse(node.source(), fmt::format("'{}' is no whole number, such as 1000", name));
    if (const auto word = node.value_exact<std::string>()) {
      const std::optional<double> bytes = size_in(*word);
      if (bytes && *bytes <= kMostBudgetBytes) return static_cast<std::uint64_t>(*bytes);
      refuse(node.source(), fmt::format("'{}' is '{}', which is no size such as \"64 MiB\"", name, *word));
    }
    refuse(node.source(), fmt::format("'{}' is no size: bytes, or text such as \"64 MiB\"", name));
  }

  void read_layers(const toml::node& node) {
    const toml::table* layers = node.as_table();
    if (layers == nullptr) refuse(node.source(), "'layer' is a table: [layer.all]");
    for (const auto& [name, section] : *layers) {
      const std::string_view word = name.str();
      const Layer layer = layer_called(word, name.source());
      const toml::table* limits = section.as_table();
      if (limits == nullptr) refuse(name.source(), fmt::format("'layer.{}' is a table: [layer.{}]", word, word));
      for (const auto& [key, value] : *limits) read_limit(key, value, {.layer = layer});
    }
  }

  Layer layer_called(std::string_view word, const toml::source_region& place) const {
    for (const Layer known : {Layer::user, Layer::program, Layer::all})
      if (word == name_of(known)) return known;
    refuse(place, fmt::format("'{}' is no layer: user, program or all", word));
  }

  void read_ranges(const toml::node& node) {
    const toml::array* entries = node.as_array();
    if (entries == nullptr) refuse(node.source(), "'range' is a list: [[range]]");
    for (const toml::node& entry : *entries) {
      const toml::table* table = entry.as_table();
      if (table == nullptr) refuse(entry.source(), "'range' is a list of tables: [[range]]");
      read_range(*table);
    }
  }

  void read_range(const toml::table& table) {
    BudgetRange range{.place = place_of(table.source())};
    std::string from, to;
    for (const auto& [key, value] : table) {
      const std::string_view word = key.str();
      if (word == "name")
        range.name = text_of(key, value);
      else if (word == "layer")
        range.layer = layer_called(text_of(key, value), value.source());
      else if (word == "from")
        range.from = instant(key, value, from);
      else if (word == "to")
        range.to = instant(key, value, to);
    }
    if (!range.from && !range.to) refuse(table.source(), "[[range]] has neither 'from' nor 'to'");
    if (range.from && range.from->kind == Instant::Kind::end)
      refuse(table.source(), "[[range]] is empty: nothing is behind the 'end'");
    if (from == to) refuse(table.source(), fmt::format("[[range]] is empty: it goes from '{}' to '{}'", from, to));
    if (range.name.empty()) range.name = from.empty() ? "to " + to : to.empty() ? "from " + from : from + " to " + to;
    for (const BudgetRange& other : budget_.ranges)
      if (other.name == range.name)
        refuse(table.source(), fmt::format("two ranges are called '{}'; give each a 'name' of its own", range.name));
    const Limit part{.range = budget_.ranges.size(), .layer = range.layer};
    budget_.ranges.push_back(std::move(range));
    for (const auto& [key, value] : table) {
      const std::string_view word = key.str();
      if (word == "name" || word == "layer" || word == "from" || word == "to") continue;
      if (!figure_called(word))
        refuse(key.source(), fmt::format("'{}' is no key of [[range]]: from, to, name, layer, or a figure", word));
      read_limit(key, value, part);
    }
  }

  std::string text_of(const toml::key& key, const toml::node& node) const {
    const auto text = node.value_exact<std::string>();
    if (!text || text->empty()) refuse(node.source(), fmt::format("'{}' is no text", key.str()));
    return *text;
  }

  Instant instant(const toml::key& key, const toml::node& node, std::string& word) const {
    word = text_of(key, node);
    const std::optional<Instant> instant = instant_in(word);
    if (!instant)
      refuse(node.source(), fmt::format("'{}' is '{}', which is no instant: {}", key.str(), word, kInstantShapes));
    return *instant;
  }

  void read_tolerances(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) refuse(node.source(), "'tolerance' is a table: [tolerance], then peak = \"5 %\"");
    for (const auto& [key, value] : *table) {
      const std::optional<Figure> figure = figure_called(key.str());
      const bool is_default = key.str() == "default";
      if (!is_default && (!figure || has_names(*figure)))
        refuse(key.source(), fmt::format("'{}' is no figure of a baseline, nor 'default'", key.str()));
      std::string word;
      if (const auto number = value.value_exact<std::int64_t>())
        word = std::to_string(*number);
      else if (const auto text = value.value_exact<std::string>())
        word = *text;
      else
        refuse(value.source(), fmt::format("'{}' is no tolerance: \"learnt\", \"5 %\", or an amount", key.str()));
      Tolerance tolerance;
      const std::string wrong = tolerance.take(word, figure);
      if (!wrong.empty()) refuse(value.source(), wrong);
      if (is_default)
        budget_.tolerances.general = tolerance;
      else
        budget_.tolerances.special[*figure] = tolerance;
    }
  }

  void read_allowances(const toml::node& node) {
    const toml::array* entries = node.as_array();
    if (entries == nullptr) refuse(node.source(), "'allow' is a list: [[allow]]");
    for (const toml::node& entry : *entries) {
      const toml::table* table = entry.as_table();
      if (table == nullptr) refuse(entry.source(), "'allow' is a list of tables: [[allow]]");
      budget_.allowances.push_back(allowance(*table));
    }
  }

  Allowance allowance(const toml::table& table) const {
    Allowance allowed;
    bool dated = false;
    for (const auto& [key, value] : table) {
      const std::string_view word = key.str();
      if (word == "function" || word == "reason") {
        (word == "function" ? allowed.function : allowed.reason) = text_of(key, value);
      } else if (word == "until") {
        const auto date = value.value_exact<toml::date>();
        if (!date) refuse(value.source(), "'until' is no date such as 2027-01-31, without quotes");
        allowed.until = {std::chrono::year(date->year), std::chrono::month(date->month), std::chrono::day(date->day)};
        dated = true;
      } else if (word == "for") {
        allowed.figures = figures(value);
      } else if (word == "ranges") {
        allowed.ranges = known_ranges(value);
      } else {
        refuse(key.source(), fmt::format("'{}' is no key of [[allow]]: function, until, reason, for, ranges", word));
      }
    }
    if (allowed.function.empty()) refuse(table.source(), "[[allow]] has no 'function'");
    if (!dated) refuse(table.source(), "[[allow]] has no 'until', the last day that it holds");
    if (allowed.reason.empty()) refuse(table.source(), "[[allow]] has no 'reason'");
    return allowed;
  }

  std::vector<Figure> figures(const toml::node& node) const {
    const toml::array* words = node.as_array();
    if (words == nullptr) refuse(node.source(), "'for' is a list of figures, such as [\"live_at_end\"]");
    std::vector<Figure> figures;
    for (const toml::node& one : *words) {
      const std::optional<Figure> figure = figure_called(one.value_or(std::string_view{}));
      if (!figure || *figure == Figure::growth_per_mark)
        refuse(one.source(), "'for' lists what is no figure that an allowance can be for");
      figures.push_back(*figure);
    }
    if (figures.empty()) refuse(node.source(), "'for' lists no figure");
    return figures;
  }

  std::vector<std::string> known_ranges(const toml::node& node) const {
    const toml::array* words = node.as_array();
    if (words == nullptr) refuse(node.source(), "'ranges' is a list of names, such as [\"serving\"]");
    std::vector<std::string> ranges;
    for (const toml::node& one : *words) {
      const std::string name = one.value_or(std::string{});
      const bool is_known = std::any_of(budget_.ranges.begin(), budget_.ranges.end(),
                                        [&](const BudgetRange& range) { return range.name == name; });
      if (!is_known) refuse(one.source(), fmt::format("'ranges' lists '{}', which no [[range]] is called", name));
      ranges.push_back(name);
    }
    if (ranges.empty()) refuse(node.source(), "'ranges' lists no range");
    return ranges;
  }

  std::string name_;
  Budget budget_;
};

}  // namespace

Budget parse_budget(const std::string& toml, const std::string& name) { return BudgetParser(name).parse(toml); }

}  // namespace heaptape
