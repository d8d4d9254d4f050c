#include "tests/format/story.h"

#include <algorithm>
#include <set>

namespace heaptape {
namespace {

class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  Story write(std::size_t events) {
    define_all();
    for (std::size_t i = 0; i < events; ++i) story_.events.push_back(next_event());
    for (std::uint64_t i = 0; i < events / 8 + 1; ++i) story_.rss.push_back({i * 10'000'000, below(1u << 20) * 4096});
    story_.ending = {EndKind::exited, 3, time_ + 5};
    return std::move(story_);
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  void define_all() {
    story_.meta = {"/opt/story",
                   {"story", "--loud", ""},
                   "node 6.1.0",
                   "heaptape 0.1.0",
                   1'700'000'000'000'000'000,
                   4711,
                   42,
                   1,
                   1,
                   false,
                   false,
                   0xfeed'face'cafe'beef,
                   3,
                   2};
    for (std::uint64_t i = 0; i < 5; ++i) {
      story_.modules.push_back({"/lib/m" + std::to_string(i), i == 0 ? "" : "c0ffee" + std::to_string(i), i << 12,
                                i << 20, (i + 1) << 20, i == 0, i > 2});
    }
    story_.frames.push_back({});
    for (std::uint32_t id = 1; id < 60; ++id) {
      const auto module = one_in(9) ? kNoModule : ModuleId{static_cast<std::uint32_t>(below(story_.modules.size()))};
      story_.frames.push_back(
          {StackId{static_cast<std::uint32_t>(below(id))}, random_() >> below(60), module, one_in(2), one_in(20), one_in(15)});
    }
    for (std::uint32_t i = 0; i < 4; ++i) story_.threads.push_back({1000 + i, "thread " + std::to_string(i)});
    story_.texts = {"start", "", std::string("zero\0inside", 11), "end"};
    story_.variables = {{"numbers", "std::vector<int>", "main.cc", 12}, {"name", "std::string", "main.cc", 13}};
  }

  Event next_event() {
    time_ += one_in(3) ? below(100'000) : 0;
    if (one_in(4)) thread_ = ThreadId{static_cast<std::uint32_t>(below(story_.threads.size()))};
    Event event;
    event.time_ns = time_;
    event.thread = thread_;
    const std::uint64_t dice = below(100);
    if (dice < 50) return birth(event);
    if (dice < 90) return release(event);
    event.kind = static_cast<EventKind>(2 + below(kEventKinds - 2));
    return rare(event);
  }

  Event birth(Event event) {
    event.kind = EventKind::birth;
    event.function = static_cast<Function>(below(8));
    event.address = one_in(200) ? random_() : one_in(300) ? ~0ull : 0x5000'0000 + below(400) * 16;
    event.size = one_in(500) ? 0x7fff'ffff'ffff'ffff : below(1000);
    event.stack = StackId{static_cast<std::uint32_t>(below(story_.frames.size()))};
    live_.push_back(event.address);
    return event;
  }

  Event release(Event event) {
    event.kind = EventKind::release;
    event.function = one_in(3) ? Function::realloc : Function::free;
    event.address = one_in(50) || live_.empty() ? 0x5000'0000 + below(400) * 16 : take_live();
    last_released_ = event.address;
    return event;
  }

  std::uint64_t take_live() {
    const std::size_t at = one_in(2) ? live_.size() - 1 : static_cast<std::size_t>(below(live_.size()));
    std::swap(live_[at], live_.back());
    const std::uint64_t address = live_.back();
    live_.pop_back();
    return address;
  }

  Event rare(Event event) {
    switch (event.kind) {
      case EventKind::restored:
        event.address = last_released_;
        break;
      case EventKind::mark:
        event.reference = static_cast<std::uint32_t>(below(story_.texts.size()));
        break;
      case EventKind::scope_begin:
        event.reference = static_cast<std::uint32_t>(below(story_.variables.size()));
        event.scope = static_cast<std::uint32_t>(random_());
        event.address = random_();
        event.size = 24;
        break;
      case EventKind::owns:
        event.address = random_();
        event.size = below(4);
        [[fallthrough]];
      case EventKind::scope_read:
      case EventKind::scope_end:
        event.scope = static_cast<std::uint32_t>(random_());
        break;
      case EventKind::rate:
      case EventKind::depth:
        event.size = 1 + below(1u << 20);
        break;
      default:
        break;
    }
    return event;
  }

  std::mt19937_64 random_;
  Story story_;
  std::uint64_t time_ = 0, last_released_ = 0;
  ThreadId thread_{};
  std::vector<std::uint64_t> live_;
};

// Defines what the story has up to and with `id`, which the tape may not know yet.
template <typename Items>
void define_up_to(const Items& items, std::size_t id, std::size_t& defined, TapeWriter& writer) {
  for (; defined <= id && defined < items.size(); ++defined) writer.define(items[defined]);
}

}  // namespace

Story make_story(std::uint64_t seed, std::size_t events) { return Author(seed).write(events); }

void tell(const Story& story, TapeWriter& writer) {
  std::size_t modules = 0, frames = 1, threads = 0, texts = 0, variables = 0;
  define_up_to(story.modules, story.modules.size(), modules, writer);
  for (const Event& event : story.events) {
    const std::size_t thread = static_cast<std::size_t>(event.thread);
    while (threads <= thread) {
      const ThreadId id = writer.define(Thread{story.threads[threads].tid, "as it was first"});
      writer.rename(id, story.threads[threads++].name);
    }
    define_up_to(story.frames, static_cast<std::size_t>(event.stack), frames, writer);
    if (event.kind == EventKind::mark) define_up_to(story.texts, event.reference, texts, writer);
    if (event.kind == EventKind::scope_begin) define_up_to(story.variables, event.reference, variables, writer);
    writer.append(event);
  }
  define_up_to(story.frames, story.frames.size(), frames, writer);
  define_up_to(story.threads, story.threads.size(), threads, writer);
  define_up_to(story.texts, story.texts.size(), texts, writer);
  define_up_to(story.variables, story.variables.size(), variables, writer);
  for (const RssSample& sample : story.rss) writer.sample_rss(sample);
}

Story make_exact_story(std::uint64_t seed, std::size_t events) {
  Story story = make_story(seed, events);
  std::erase_if(story.events, [](const Event& event) { return event.kind == EventKind::rate; });
  return story;
}

Story make_orderly_story(std::uint64_t seed, std::size_t events) {
  Story story = make_exact_story(seed, events);
  std::set<std::uint64_t> live;
  std::erase_if(story.events, [&](const Event& event) {
    if (event.kind == EventKind::release) live.erase(event.address);
    const bool begins = event.kind == EventKind::birth || event.kind == EventKind::restored;
    return begins && !live.insert(event.address).second;
  });
  return story;
}

void write_tape(const std::string& path, const Story& story, const WriterOptions& options) {
  TapeWriter writer(path, story.meta, options);
  tell(story, writer);
  if (story.calls) writer.set_calls(*story.calls);
  writer.finish(story.ending, Ledger{});
}

std::vector<Event> all_events(const TapeReader& reader) {
  std::vector<Event> events;
  reader.for_each([&](std::span<const Event> some) { events.insert(events.end(), some.begin(), some.end()); });
  return events;
}

}  // namespace heaptape
