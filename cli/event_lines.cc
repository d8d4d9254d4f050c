#include "cli/event_lines.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "analyzer/json.h"
#include "cli/commands.h"
#include "cli/view.h"
#include "format/base_name.h"
#include "format/block_stream.h"
#include "format/event_fields.h"

namespace heaptape::cli {
namespace {

constexpr std::size_t kEnough = 1 << 16;  // bytes that are printed at once

const char* name_of(EventKind kind) {
  static constexpr const char* kNames[] = {"birth",      "release", "restored",  "mark",  "scope_begin",
                                           "scope_read", "owns",    "scope_end", "pause", "resume",
                                           "rate",       "depth",   "passed"};
  static_assert(std::size(kNames) == kEventKinds);
  return kNames[static_cast<std::size_t>(kind)];
}

const char* name_of(Function function) {
  static constexpr const char* kNames[] = {"malloc",       "calloc",          "realloc",         "aligned_alloc",
                                           "memalign",     "posix_memalign",  "valloc",          "pvalloc",
                                           "free",         "cfree",           "free_sized",      "free_aligned_sized",
                                           "operator new", "operator delete", "allocator's own", "allocator's own"};
  static_assert(std::size(kNames) == kFunctions);
  return kNames[static_cast<std::size_t>(function)];
}

bool has_function(EventKind kind) { return kind == EventKind::birth || kind == EventKind::release; }

class Dump {
 public:
  Dump(const TapeReader& tape, const DumpOptions& options)
      : tape_(tape), options_(options), is_shown_(tape.frames().size()) {}

  void begin(Range range) {
    if (!options_.json) return;
    out_ += fmt::format(
        R"({{"schema":"heaptape.dump","version":1,"program":{},"first":{},"events":{},"aggregated_events":{}}})"
        "\n",
        json_text(tape_.meta().program), range.begin, range.end - range.begin, tape_.opening().events);
    for (std::size_t i = 0; i < tape_.modules().size(); ++i) {
      const Module& module = tape_.modules()[i];
      out_ += fmt::format(R"({{"define":"module","id":{},"path":{},"build_id":{},"bias":{}}})"
                          "\n",
                          i, json_text(module.path), json_text(module.build_id), module.bias);
    }
    for (std::size_t i = 0; i < tape_.threads().size(); ++i)
      out_ += fmt::format(R"({{"define":"thread","id":{},"tid":{},"name":{}}})"
                          "\n",
                          i, tape_.threads()[i].tid, json_text(tape_.threads()[i].name));
  }

  void take(std::uint64_t number, const Event& event) {
    if (fields_of(event.kind) & kHasStack) show_stack(event.stack);
    if (options_.json)
      take_json(number, event);
    else
      take_text(number, event);
    if (out_.size() >= kEnough) flush();
  }

  void flush() {
    options_.take(out_);
    out_.clear();
  }

 private:
  void take_json(std::uint64_t number, const Event& event) {
    const auto to = std::back_inserter(out_);
    const unsigned fields = fields_of(event.kind);
    fmt::format_to(to, R"({{"event":{},"time_ns":{},"thread":{},"kind":"{}")", number, event.time_ns,
                   static_cast<std::uint32_t>(event.thread), name_of(event.kind));
    if (has_function(event.kind)) fmt::format_to(to, R"(,"function":"{}")", name_of(event.function));
    if (fields & kHasAddress) fmt::format_to(to, R"(,"address":{})", event.address);
    if (fields & kHasSize) fmt::format_to(to, R"(,"size":{})", event.size);
    if (fields & kHasStack) fmt::format_to(to, R"(,"stack":{})", static_cast<std::uint32_t>(event.stack));
    if (fields & kHasScope) fmt::format_to(to, R"(,"scope":{})", event.scope);
    if (fields & kHasReference) fmt::format_to(to, R"(,"name":{})", json_text(name_in(event)));
    out_ += "}\n";
  }

  void take_text(std::uint64_t number, const Event& event) {
    const auto to = std::back_inserter(out_);
    const unsigned fields = fields_of(event.kind);
    const Thread& thread = tape_.threads()[static_cast<std::size_t>(event.thread)];
    fmt::format_to(to, "{:>10} {:>14.6f} s {:>8}  {:<11}", number, static_cast<double>(event.time_ns) / 1e9,
                   thread.tid == 0 ? "outside" : std::to_string(thread.tid), name_of(event.kind));
    if (has_function(event.kind)) fmt::format_to(to, " {:<15}", name_of(event.function));
    if (fields & kHasAddress) fmt::format_to(to, " {:#014x}", event.address);
    if (event.kind == EventKind::owns)
      fmt::format_to(to, " use count {}", event.size);
    else if (event.kind == EventKind::rate)
      fmt::format_to(to, " one for {} bytes", event.size);
    else if (event.kind == EventKind::depth)
      fmt::format_to(to, " {} frames", event.size);
    else if (fields & kHasSize)
      fmt::format_to(to, " {} bytes", event.size);
    if (fields & kHasStack) fmt::format_to(to, " stack {}", static_cast<std::uint32_t>(event.stack));
    if (fields & kHasScope) fmt::format_to(to, " scope {}", event.scope);
    if (fields & kHasReference) fmt::format_to(to, " {}", safe(name_in(event)));
    out_.resize(out_.find_last_not_of(' ') + 1);
    out_ += '\n';
  }

  std::string name_in(const Event& event) const {
    return event.kind == EventKind::mark ? tape_.texts()[event.reference] : tape_.variables()[event.reference].name;
  }

  // Before the first event that has it.
  void show_stack(StackId stack) {
    if ((!options_.json && !options_.stacks) || is_shown_[static_cast<std::size_t>(stack)]) return;
    is_shown_[static_cast<std::size_t>(stack)] = true;
    const auto to = std::back_inserter(out_);
    if (options_.json)
      fmt::format_to(to, R"({{"define":"stack","id":{},"in_program":{},"frames":[)", static_cast<std::uint32_t>(stack),
                     tape_.frames()[static_cast<std::size_t>(stack)].in_program);
    else
      fmt::format_to(to, "stack {}\n", static_cast<std::uint32_t>(stack));
    const char* separator = "";
    for (StackId at = stack; at != kEmptyStack; at = tape_.frames()[static_cast<std::size_t>(at)].parent) {
      const Frame& frame = tape_.frames()[static_cast<std::size_t>(at)];
      if (options_.json) {
        fmt::format_to(to, R"({}{{"address":{},"module":{}}})", separator, frame.address,
                       frame.module == kNoModule ? "null" : std::to_string(static_cast<std::uint32_t>(frame.module)));
        separator = ",";
      } else if (frame.module == kNoModule) {
        fmt::format_to(to, "    {:#x}\n", frame.address);
      } else {
        const Module& module = tape_.modules()[static_cast<std::size_t>(frame.module)];
        fmt::format_to(to, "    {:#x} in {}\n", frame.address - module.bias, safe(base_name(module.path)));
      }
    }
    if (options_.json) out_ += "]}\n";
  }

  const TapeReader& tape_;
  const DumpOptions& options_;
  std::vector<bool> is_shown_;  // by stack
  std::string out_;
};

}  // namespace

void dump_events(const TapeReader& tape, Range range, const DumpOptions& options) {
  Dump dump(tape, options);
  dump.begin(range);
  std::size_t damaged = 0;
  for_each_run(tape, range.begin, range.end,
               [&](const BlockEntry&, std::uint64_t number, std::span<const Event> events) {
                 damaged += events.empty();
                 for (const Event& event : events) dump.take(number++, event);
               });
  dump.flush();
  if (damaged != 0 || tape.condition() == Condition::damaged)
    throw Failure(kBadTape,
                  fmt::format("'{}' is damaged, and what is lost is left out; see 'heaptape verify'", tape.path()));
}

}  // namespace heaptape::cli
