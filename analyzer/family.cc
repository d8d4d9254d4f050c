#include "analyzer/family.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

namespace heaptape {
namespace {

// One process: its images, and what its images started.
struct Branch {
  std::vector<std::size_t> images;
  std::vector<std::size_t> children;  // indices of branches
};

class Family {
 public:
  explicit Family(std::span<const SummaryReport> reports) : reports_(reports), members_(reports.size()) {
    std::vector<std::size_t> by_time(reports.size());
    std::iota(by_time.begin(), by_time.end(), std::size_t{0});
    std::stable_sort(by_time.begin(), by_time.end(), [&](std::size_t a, std::size_t b) {
      const Origin &one = reports[a].origin, &other = reports[b].origin;
      return std::tie(one.started_unix_ns, one.number) < std::tie(other.started_unix_ns, other.number);
    });
    for (const std::size_t report : by_time) place(report);
  }

  std::vector<FamilyMember> members() const {
    std::vector<FamilyMember> all;
    std::vector<std::pair<std::size_t, std::size_t>> pending;  // branch and depth, the next one last
    for (auto root = roots_.rbegin(); root != roots_.rend(); ++root) pending.emplace_back(*root, 0);
    while (!pending.empty()) {
      const auto [at, depth] = pending.back();
      pending.pop_back();
      const Branch& branch = branches_[at];
      for (const std::size_t image : branch.images) all.push_back({image, depth, members_[image].parent});
      for (auto child = branch.children.rbegin(); child != branch.children.rend(); ++child)
        pending.emplace_back(*child, depth + 1);
    }
    return all;
  }

 private:
  struct Member {
    std::optional<std::size_t> parent;
    std::size_t branch = 0;
  };

  // Reports come in order of time: whatever a report came out of has been placed.
  void place(std::size_t report) {
    const Origin& origin = reports_[report].origin;
    const std::optional<std::size_t> parent = parent_of(origin);
    Member& member = members_[report];
    member.parent = parent;
    const bool same_process = parent && !origin.forked && reports_[*parent].origin.pid == origin.pid;
    if (same_process) {
      member.branch = members_[*parent].branch;
    } else {
      member.branch = branches_.size();
      branches_.emplace_back();
      if (parent)
        branches_[members_[*parent].branch].children.push_back(member.branch);
      else
        roots_.push_back(member.branch);
    }
    branches_[member.branch].images.push_back(report);
    if (origin.number != 0) by_number_.try_emplace({origin.session, origin.number}, report);
    by_pid_[{origin.host, origin.pid}] = report;
  }

  std::optional<std::size_t> parent_of(const Origin& origin) const {
    if (origin.parent != 0) {
      const auto known = by_number_.find({origin.session, origin.parent});
      if (known != by_number_.end()) return known->second;
    }
    if (origin.image != 0 && !origin.forked)
      if (const auto image = by_pid_.find({origin.host, origin.pid}); image != by_pid_.end()) return image->second;
    const auto known = by_pid_.find({origin.host, origin.parent_pid});
    return origin.parent_pid == 0 || known == by_pid_.end() ? std::nullopt : std::optional(known->second);
  }

  std::span<const SummaryReport> reports_;
  std::vector<Member> members_;  // by report
  std::vector<Branch> branches_;
  std::vector<std::size_t> roots_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::size_t> by_number_;  // session, number: report
  std::map<std::pair<std::string, std::uint32_t>, std::size_t> by_pid_;       // host, pid: the newest report so far
};

}  // namespace

std::vector<FamilyMember> family_of(std::span<const SummaryReport> reports) { return Family(reports).members(); }

FamilyTotal total_of(std::span<const SummaryReport> reports) {
  FamilyTotal all;
  for (const SummaryReport& report : reports) {
    all.totals.allocations += report.totals.allocations;
    all.totals.frees += report.totals.frees;
    all.totals.allocated_bytes += report.totals.allocated_bytes;
    all.totals.temporary += report.totals.temporary;
    all.totals.live_bytes += report.totals.live_bytes;
    all.totals.live_blocks += report.totals.live_blocks;
    if (report.totals.peak_bytes > all.totals.peak_bytes) {
      all.totals.peak_bytes = report.totals.peak_bytes;
      all.totals.peak_blocks = report.totals.peak_blocks;
      all.totals.peak_time_ns = report.totals.peak_time_ns;
    }
    for (int i = 0; i < kLosses; ++i) all.ledger[static_cast<Loss>(i)] += report.ledger[static_cast<Loss>(i)];
    all.threads += report.threads;
    all.duration_ns = std::max(all.duration_ns, report.duration_ns);
  }
  return all;
}

}  // namespace heaptape
