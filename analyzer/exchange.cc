#include "analyzer/exchange.h"

#include <algorithm>
#include <unordered_map>

#include "analyzer/account.h"
#include "analyzer/caveats.h"
#include "analyzer/ranged_pass.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostPairs = 65'536;

class ExchangePass : public RangedPass {
 public:
  struct Parts {  // see Weight
    WideCount bytes = 0;
    std::uint64_t blocks = 0;
    void add(const Weight& weight) {
      bytes += weight.bytes;
      blocks += weight.blocks;
    }
    void remove(const Weight& weight) {
      bytes -= weight.bytes;
      blocks -= weight.blocks;
    }
    ExchangeReport::Amount amount() const { return {whole(blocks), whole(bytes)}; }
  };
  struct Own {
    Parts allocated, live;
  };

  explicit ExchangePass(const Selection& selection) : selection_(&selection) {}

  void coming(std::span<const Event> events, std::uint64_t before) override {
    events_ = events;
    before_ = before;
  }
  void born(const Block& block, Moment now) override {
    if (!counts(block)) return;
    const Weight weight = weigh(block);
    own(block.thread).allocated.add(weight);
    own(block.thread).live.add(weight);
    all_.bear(weight, now.time_ns, now.event);
  }
  void ended(const Block& block, Fate fate, Moment now) override {
    if (!counts(block)) return;
    const Weight weight = weigh(block);
    own(block.thread).live.remove(weight);
    if (fate == Fate::overwritten) {
      unseen_.add(weight);
      return all_.drop(weight);
    }
    flow(block.thread, thread_at(now)).add(weight);
    all_.release(weight, fate == Fate::temporary);
  }
  void restored(const Block& block, Fate fate, Moment now) override {
    if (!counts(block)) return;
    const Weight weight = weigh(block);
    own(block.thread).live.add(weight);
    flow(block.thread, thread_at(now)).remove(weight);
    all_.restore(weight, fate == Fate::temporary, now.time_ns, now.event);
  }
  void range_begins() override {}

  const std::vector<Own>& owns() const { return own_; }
  const std::unordered_map<std::uint64_t, Parts>& flows() const { return flows_; }
  Parts unseen() const { return unseen_; }
  Estimate estimate() const { return all_.estimate(); }

 private:
  bool counts(const Block& block) const { return block.birth_event > selection_->begin(); }
  ThreadId thread_at(Moment now) const { return events_[now.event - before_ - 1].thread; }
  Own& own(ThreadId thread) {
    const auto id = static_cast<std::size_t>(thread);
    if (id >= own_.size()) own_.resize(id + 1);
    return own_[id];
  }
  Parts& flow(ThreadId from, ThreadId to) {
    const std::uint64_t key = std::uint64_t{static_cast<std::uint32_t>(from)} << 32 | static_cast<std::uint32_t>(to);
    if (recent_ != nullptr && key == recent_key_) return *recent_;
    if (flows_.size() >= kMostPairs && !flows_.contains(key)) return unseen_;
    recent_key_ = key;
    return *(recent_ = &flows_[key]);  // its place stays
  }

  const Selection* selection_;
  std::span<const Event> events_;
  std::uint64_t before_ = 0;
  std::vector<Own> own_;  // by thread
  std::unordered_map<std::uint64_t, Parts> flows_;
  std::uint64_t recent_key_ = 0;
  Parts* recent_ = nullptr;
  Parts unseen_;
  Estimator all_;
};

ExchangeReport::Amount& operator+=(ExchangeReport::Amount& sum, const ExchangeReport::Amount& more) {
  sum.blocks += more.blocks;
  sum.bytes += more.bytes;
  return sum;
}

}  // namespace

ExchangeReport exchange(const TapeReader& tape, const Selection& selection) {
  ExchangePass pass(selection);
  const std::vector<Damage> unread = replay(tape, selection, pass);

  auto report = begun_report<ExchangeReport>(tape, selection);
  const auto owned = [&](std::size_t id) { return id < pass.owns().size() ? pass.owns()[id] : ExchangePass::Own{}; };
  std::vector<std::size_t> ids(tape.threads().size());
  std::vector<bool> frees(ids.size());
  for (const auto& [key, parts] : pass.flows())
    if (parts.blocks != 0) frees[key & UINT32_MAX] = true;
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = i;
  std::erase_if(ids, [&](std::size_t id) { return owned(id).allocated.blocks == 0 && !frees[id]; });
  std::stable_sort(ids.begin(), ids.end(),
                   [&](std::size_t a, std::size_t b) { return owned(a).allocated.blocks > owned(b).allocated.blocks; });
  std::vector<std::size_t> places(tape.threads().size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Thread& thread = tape.threads()[ids[i]];
    places[ids[i]] = i;
    report.threads.push_back({thread.name, thread.tid, owned(ids[i]).allocated.amount(), owned(ids[i]).live.amount()});
    report.total += report.threads.back().allocated;
    report.live += report.threads.back().live;
  }
  for (const auto& [key, parts] : pass.flows()) {
    if (parts.blocks == 0) continue;
    report.flows.push_back({places[key >> 32], places[key & UINT32_MAX], parts.amount()});
    if (key >> 32 != (key & UINT32_MAX)) report.elsewhere += parts.amount();
  }
  std::sort(report.flows.begin(), report.flows.end(), [](const auto& a, const auto& b) {
    if (a.amount.blocks != b.amount.blocks) return a.amount.blocks > b.amount.blocks;
    return a.from != b.from ? a.from < b.from : a.to < b.to;
  });
  report.unseen = pass.unseen().amount();
  report.unknown = unknown_births(tape, selection);
  report.margins = margins_of(tape, pass.estimate());
  report.caveats = caveats_of(tape, unread);
  return report;
}

}  // namespace heaptape
