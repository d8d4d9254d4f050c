#include "analyzer/site_match.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "analyzer/site_key.h"

namespace heaptape {
namespace {

using Indices = std::vector<std::size_t>;
using KeyOf = std::function<std::string(const SiteName&)>;  // empty: matches nothing

// Pairs beyond this are not compared path by path: names of a hostile tape may all be alike.
constexpr std::size_t kMostPairs = 1 << 16;

std::string joined(const std::string& a, const std::string& b, const std::string& c = "") {
  return a + '\0' + b + '\0' + c;
}

class Matcher {
 public:
  Matcher(const std::vector<SiteName>& before, const std::vector<SiteName>& after, const PathsOf& paths_before,
          const PathsOf& paths_after)
      : before_(before), after_(after), paths_before_(paths_before), paths_after_(paths_after) {
    for (std::size_t i = 0; i < before.size(); ++i) free_before_.push_back(i);
    for (std::size_t i = 0; i < after.size(); ++i) free_after_.push_back(i);
  }

  // Of what is still free, pairs all that have one key. `may_be`: says of two that they can be one.
  template <class MayBe>
  void pair_by(const KeyOf& key, MatchKind kind, const MayBe& may_be) {
    std::map<std::string, std::pair<Indices, Indices>> groups;
    for (const std::size_t i : free_before_) groups[key(before_[i])].first.push_back(i);
    for (const std::size_t i : free_after_) groups[key(after_[i])].second.push_back(i);
    for (auto& [name, group] : groups) {
      if (name.empty() || group.first.empty() || group.second.empty()) continue;
      pair_group(group.first, group.second, kind, may_be);
    }
    std::erase_if(free_before_, [&](std::size_t i) { return taken_before_.contains(i); });
    std::erase_if(free_after_, [&](std::size_t i) { return taken_after_.contains(i); });
  }

  std::vector<SiteMatch> take() { return std::move(matches_); }

 private:
  struct Choice {
    std::size_t shared, before, after;
  };

  template <class MayBe>
  void pair_group(Indices& before, Indices& after, MatchKind kind, const MayBe& may_be) {
    heaviest_first(before, before_);
    heaviest_first(after, after_);
    const bool has_choice = before.size() > 1 || after.size() > 1;
    if (has_choice && before.size() * after.size() <= kMostPairs) pair_by_paths(before, after, kind, may_be);
    for (const std::size_t i : before) {
      if (taken_before_.contains(i)) continue;
      const auto partner = std::find_if(after.begin(), after.end(), [&](std::size_t k) {
        return !taken_after_.contains(k) && may_be(before_[i], after_[k]);
      });
      if (partner != after.end()) take_pair(i, *partner, kind);
    }
  }

  template <class MayBe>
  void pair_by_paths(const Indices& before, const Indices& after, MatchKind kind, const MayBe& may_be) {
    std::vector<std::vector<std::uint64_t>> paths;
    for (const std::size_t k : after) paths.push_back(paths_after_(k));
    std::vector<Choice> choices;
    for (const std::size_t i : before) {
      const std::vector<std::uint64_t> own = paths_before_(i);
      for (std::size_t k = 0; k < after.size(); ++k) {
        std::vector<std::uint64_t> shared;
        std::set_intersection(own.begin(), own.end(), paths[k].begin(), paths[k].end(), std::back_inserter(shared));
        if (!shared.empty() && may_be(before_[i], after_[after[k]])) choices.push_back({shared.size(), i, after[k]});
      }
    }
    std::stable_sort(choices.begin(), choices.end(),
                     [](const Choice& a, const Choice& b) { return a.shared > b.shared; });
    for (const Choice& choice : choices) {
      if (!taken_before_.contains(choice.before) && !taken_after_.contains(choice.after))
        take_pair(choice.before, choice.after, kind);
    }
  }

  void take_pair(std::size_t before, std::size_t after, MatchKind kind) {
    taken_before_.emplace(before, true);
    taken_after_.emplace(after, true);
    matches_.push_back({before, after, kind});
  }

  static void heaviest_first(Indices& indices, const std::vector<SiteName>& names) {
    std::stable_sort(indices.begin(), indices.end(),
                     [&](std::size_t a, std::size_t b) { return names[a].weight > names[b].weight; });
  }

  const std::vector<SiteName>& before_;
  const std::vector<SiteName>& after_;
  const PathsOf& paths_before_;
  const PathsOf& paths_after_;
  Indices free_before_, free_after_;
  std::unordered_map<std::size_t, bool> taken_before_, taken_after_;
  std::vector<SiteMatch> matches_;
};

// One with debug information and one without may be the same.
bool one_file(const SiteName& a, const SiteName& b) { return a.file.empty() || b.file.empty() || a.file == b.file; }
bool any_file(const SiteName&, const SiteName&) { return true; }

bool has_name(const SiteName& site) { return !is_nameless(site.function) && !site.function.starts_with("(no "); }
std::string normal(const SiteName& site) { return has_name(site) ? normalised_function(site.function) : ""; }

}  // namespace

std::vector<SiteMatch> match_sites(const std::vector<SiteName>& before, const std::vector<SiteName>& after,
                                   const PathsOf& paths_before, const PathsOf& paths_after) {
  Matcher matcher(before, after, paths_before, paths_after);
  matcher.pair_by([](const SiteName& site) { return joined(site.function, site.module, site.file); }, MatchKind::exact,
                  any_file);
  matcher.pair_by([](const SiteName& site) { return joined(site.function, site.module); }, MatchKind::exact, one_file);
  matcher.pair_by(
      [](const SiteName& site) {
        const std::string name = normal(site);
        return name.empty() ? "" : joined(name, site.module);
      },
      MatchKind::renamed, one_file);
  matcher.pair_by([](const SiteName& site) { return has_name(site) ? site.function : ""; }, MatchKind::moved, any_file);
  matcher.pair_by(normal, MatchKind::moved, any_file);
  return matcher.take();
}

}  // namespace heaptape
