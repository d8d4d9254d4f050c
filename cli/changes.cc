#include "cli/changes.h"

#include <fmt/format.h>

#include "analyzer/sites.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {

const char* title_of_cost(Cost cost) { return cost == Cost::count ? "allocations" : name_of(cost); }

std::string signed_amount(Cost cost, const Change& change) {
  if (!change.differs()) return "0";
  return (change.now.median > change.base.median ? "+" : "-") + amount(cost, change.size());
}

std::string percent_of(const Change& change) {
  if (!change.differs()) return "";
  if (change.base.median == 0) return "new";
  const double percent = 100 * static_cast<double>(change.size()) / static_cast<double>(change.base.median);
  const char* sign = change.now.median > change.base.median ? "+" : "-";
  if (percent < 0.1) return fmt::format("{}<0.1 %", sign);
  if (percent < 9.95) return fmt::format("{}{:.1f} %", sign, percent);
  if (percent < 1000) return fmt::format("{}{:.0f} %", sign, percent);
  return fmt::format("×{:.0f}", static_cast<double>(change.now.median) / static_cast<double>(change.base.median));
}

std::string spread_text(Cost cost, const Spread& spread, const std::optional<Margins>& margins) {
  const std::string figure = amount(cost, spread.median);
  if (spread.runs > 1 && spread.low != spread.high)
    return fmt::format("{} ({} to {})", figure, amount(cost, spread.low), amount(cost, spread.high));
  return with_margin(figure, margins.has_value(), margins ? amount(cost, margins->of(cost)) : "");
}

std::string lifetime_text(const Spread& lifetime, std::uint64_t clock_step_ns) {
  if (lifetime.runs == 0) return "–";
  return lifetime.median == 0 && clock_step_ns > 1 ? "<" + human_time(clock_step_ns) : human_time(lifetime.median);
}

std::string signed_lifetime(const Change& change) {
  if (change.base.runs == 0 || change.now.runs == 0) return "";
  if (!change.differs()) return "0";
  return (change.now.median > change.base.median ? "+" : "-") + human_time(change.size());
}

std::string distance_text(const Change& change) {
  if (!change.differs()) return grouped(change.now.median);
  return fmt::format("{} to {}", grouped(change.base.median), grouped(change.now.median));
}

std::string signed_byte_time(const Change& byte_ms) {
  constexpr std::uint64_t kMsPerSecond = 1000;
  if (byte_ms.size() < kMsPerSecond) return "0";
  return (byte_ms.now.median > byte_ms.base.median ? "+" : "-") + human_bytes(byte_ms.size() / kMsPerSecond) + "·s";
}

std::string word_of(DiffReport::State state) { return state == DiffReport::State::same ? "" : name_of(state); }

std::string place_text(const DiffReport::Site& site) {
  if (!site.before) return site.detail;
  const std::string before = detail_of(*site.before);
  const bool same_name = site.before->function == site.place.function;
  if (same_name)
    return before == site.detail ? fmt::format("{}, before {}", site.place.module, site.before->module)
                                 : fmt::format("{}, before {}", site.detail, before);
  return fmt::format("{}, before {}", site.detail, label_of(Site{site.before->function, before, {}}));
}

ChangedSites changed_sites(const DiffReport& report, std::size_t limit) {
  ChangedSites sites;
  for (const DiffReport::Site& site : report.sites) {
    const Change& change = site.of(report.cost);
    const bool is_moved = site.state == DiffReport::State::moved && !change.is_noise();
    if (!change.is_change() && !is_moved) {
      bool any = false;
      for (const Change& other : site.changes) any |= other.is_change();
      sites.otherwise += any ? 1 : 0;
    } else if (limit != 0 && sites.shown.size() == limit) {
      ++sites.left_out;
      (change.now.median > change.base.median ? sites.grown : sites.shrunk) += change.size();
    } else {
      sites.shown.push_back(&site);
    }
  }
  return sites;
}

std::vector<std::string> unshown(const DiffReport& report, const ChangedSites& sites) {
  std::vector<std::string> lines;
  const auto has = [](std::size_t count) { return count == 1 ? "has" : "have"; };
  if (sites.left_out > 0) {
    std::string with;
    if (sites.grown > 0) with = "+" + amount(report.cost, sites.grown);
    if (sites.shrunk > 0) with += (with.empty() ? "-" : " and -") + amount(report.cost, sites.shrunk);
    lines.push_back(fmt::format("… and {}{}{} (--limit 0 shows all)", counted(sites.left_out, "more site"),
                                with.empty() ? "" : " with ", with));
  }
  if (sites.otherwise > 0)
    lines.push_back(
        fmt::format("{} changed by other costs alone; --cost shows them", counted(sites.otherwise, "site")));
  if (report.noisy > 0)
    lines.push_back(fmt::format("{} differ{} no more than runs of one side do: noise, not shown",
                                counted(report.noisy, "site"), report.noisy == 1 ? "s" : ""));
  if (report.unchanged > 0)
    lines.push_back(fmt::format("{} {} not changed", counted(report.unchanged, "site"), has(report.unchanged)));
  return lines;
}

std::string runs_text(const std::vector<DiffReport::Run>& runs) {
  if (runs.size() == 1) return safe(runs[0].path);
  return fmt::format("{} and {}", safe(runs[0].path), counted(runs.size() - 1, "more run"));
}

}  // namespace heaptape::cli
