#include "format/extract.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <tuple>

#include "format/aggregate.h"
#include "format/base_name.h"
#include "format/block_stream.h"
#include "format/event_fields.h"
#include "format/file_places.h"
#include "format/relocation.h"

namespace heaptape {
namespace {

// Of an outline: a picture has about as many columns.
constexpr std::uint64_t kStretches = 1024;

// Which of the tape's stacks are taken, and what they are called on the new tape.
class FrameMap {
 public:
  // `sites`: as Extract has them; empty: stacks stay whole.
  FrameMap(const std::vector<Frame>& frames, const std::vector<StackId>& sites)
      : frames_(frames), sites_(sites), is_used_(frames.size()) {}

  void use(StackId stack) {
    if (!sites_.empty()) return void(is_used_[number(stack)] = true);
    for (; !is_used_[number(stack)]; stack = frames_[number(stack)].parent) is_used_[number(stack)] = true;
  }
  void use_all() { is_used_.assign(is_used_.size(), true); }
  // Callers come before their callees, as they did.
  template <typename Define>
  void define(const Define& define) {
    names_.resize(frames_.size());
    is_kept_.resize(frames_.size());
    for (std::size_t i = 1; i < frames_.size(); ++i) {
      if (!is_used_[i]) continue;
      if (!sites_.empty()) {
        names_[i] = from_site(StackId{static_cast<std::uint32_t>(i)}, define);
        continue;
      }
      is_kept_[i] = true;
      names_[i] = child(names_[number(frames_[i].parent)], frames_[i], define);
    }
  }
  StackId name(StackId stack) const { return names_[number(stack)]; }
  // Whether something of the new tape goes through it.
  bool is_kept(std::size_t frame) const { return is_kept_[frame]; }

 private:
  // Parent, module, address, whether the stack is of the program's layer.
  using Node = std::tuple<StackId, ModuleId, std::uint64_t, bool>;

  static std::size_t number(StackId stack) { return static_cast<std::size_t>(stack); }
  template <typename Define>
  static StackId child(StackId parent, Frame frame, const Define& define) {
    frame.parent = parent;
    return define(frame);
  }
  // Stacks that are one from their site inwards become one.
  template <typename Define>
  StackId from_site(StackId stack, const Define& define) {
    const bool in_program = frames_[number(stack)].in_program;
    path_.clear();
    for (StackId at = stack; at != kEmptyStack; at = frames_[number(at)].parent) {
      path_.push_back(at);
      if (at == sites_[number(stack)]) break;
    }
    StackId name = kEmptyStack;
    for (auto at = path_.rbegin(); at != path_.rend(); ++at) {
      is_kept_[number(*at)] = true;
      Frame frame = frames_[number(*at)];
      frame.in_program = in_program;
      frame.truncated = frame.gap = false;
      const auto [known, is_new] = known_.try_emplace({name, frame.module, frame.address, in_program});
      if (is_new) known->second = child(name, frame, define);
      name = known->second;
    }
    return name;
  }

  const std::vector<Frame>& frames_;
  const std::vector<StackId>& sites_;
  std::vector<bool> is_used_, is_kept_;
  std::vector<StackId> names_;
  std::vector<StackId> path_;
  std::map<Node, StackId> known_;
};

// Rows of one stack become one, and of live blocks is kept what they are, not when and where they were born: nothing
// of this changes a figure of a stack, and a baseline gets small.
void reduce_to_sites(Opening& opening) {
  auto& rows = opening.stacks;
  std::sort(rows.begin(), rows.end(), [](const OpeningStack& a, const OpeningStack& b) { return a.stack < b.stack; });
  std::vector<OpeningStack> sums;
  for (const OpeningStack& row : rows) {
    if (sums.empty() || sums.back().stack != row.stack)
      sums.push_back(row);
    else
      sums.back() += row;
  }
  rows = std::move(sums);
  const auto key = [](const Block& block) { return std::tie(block.stack, block.thread, block.function, block.size); };
  std::sort(opening.live.begin(), opening.live.end(), [&](const Block& a, const Block& b) { return key(a) < key(b); });
  std::uint64_t number = 0;
  for (Block& block : opening.live) {
    block.address = number++;  // Relocation gives them places in this order
    block.birth_ns = 0;
    block.birth_event = std::min(number, opening.events);
  }
  // No event can meet these any more.
  for (OpeningThread& thread : opening.threads) thread = {};
}

class Extraction {
 public:
  Extraction(const TapeReader& tape, const Extract& part)
      : tape_(tape),
        part_(part),
        begin_(std::clamp(part.begin, tape.opening().events, tape.events())),
        end_(std::clamp(part.end, begin_, tape.events())),
        all_(2 * (tape.events() - tape.opening().events)),
        frames_(tape.frames(), part.sites) {
    for (const Frame& frame : tape.frames()) in_program_.push_back(frame.in_program);
  }

  void write(const SymbolTable& symbols, const std::string& path) {
    if (tape_.condition() == Condition::damaged)
      throw ExtractError("'" + tape_.path() + "' is damaged; 'heaptape verify' says where, and nothing was written");
    if (begin_ != tape_.opening().events && tape_.estimates())
      throw ExtractError(
          "a sample can't begin with an aggregate of what was before: leave out --from and --keep aggregate");
    Opening opening = opening_at_begin();
    choose_frames(opening);
    TapeWriter writer(path, stripped(tape_.meta()), part_.writer);
    define(writer);
    if (opening.events != 0) {
      rename(opening);
      if (strips(kStripToSites)) reduce_to_sites(opening);
      if (strips(kStripAddresses)) relocation_.apply(opening);
      writer.open(opening);
    }
    writer.add_symbols(used_of(symbols));
    for_each_block(begin_, end_, [&](std::span<const Event> events) { append(events, writer); });
    const bool to_the_end = end_ == tape_.events();
    for (const RssSample& sample : tape_.rss())
      if (to_the_end || sample.time_ns <= writer.time_ns()) writer.sample_rss(sample);
    writer.seal();
    if (to_the_end && begin_ == tape_.opening().events && tape_.calls()) writer.set_calls(*tape_.calls());
    // What became of the program is told by its end alone.
    writer.finish(to_the_end ? tape_.ending() : Ending{.duration_ns = writer.time_ns()}, given_ledger(writer.ledger()));
    if (writer.error_number() != 0) throw std::system_error(writer.error_number(), std::generic_category(), path);
  }

 private:
  bool strips(Strip what) const { return (part_.strip & what) != 0; }

  // Shows the events numbered from `begin` on and before `end`.
  template <typename Take>
  void for_each_block(std::uint64_t begin, std::uint64_t end, const Take& take) {
    for_each_run(tape_, begin, end, [&](const BlockEntry& entry, std::uint64_t, std::span<const Event> events) {
      if (events.empty())
        throw TapeError(TapeError::Reason::damaged,
                        tape_.path() + " is damaged at byte " + std::to_string(entry.offset) +
                            " (a block of events fails its checks); see 'heaptape verify'",
                        entry.offset);
      take(events);
      part_.progress(done_ += events.size(), all_);
    });
  }

  Opening opening_at_begin() {
    if (begin_ == tape_.opening().events) return tape_.opening();
    Aggregate aggregate(tape_.meta().forked);
    if (tape_.opening().events != 0) aggregate.open(tape_.opening());
    // Each piece is a stretch of the outline.
    const std::uint64_t piece = std::max<std::uint64_t>((begin_ - tape_.opening().events) / kStretches, 1);
    for_each_block(tape_.opening().events, begin_, [&](std::span<const Event> events) {
      for (; !events.empty(); events = events.subspan(std::min(events.size(), piece)))
        aggregate.take(events.first(std::min(events.size(), piece)), in_program_);
    });
    return aggregate.opening(in_program_);
  }

  void choose_frames(const Opening& opening) {
    frames_.use(kEmptyStack);
    if (begin_ == tape_.opening().events && end_ == tape_.events() && !strips(kStripToSites)) return frames_.use_all();
    for (const OpeningStack& row : opening.stacks) frames_.use(row.stack);
    for (const Block& block : opening.live) frames_.use(block.stack);
    for (const OpeningThread& thread : opening.threads)
      if (thread.reallocated) frames_.use(thread.reallocated->block.stack);
    for_each_block(begin_, end_, [&](std::span<const Event> events) {
      for (const Event& event : events)
        if (fields_of(event.kind) & kHasStack) frames_.use(event.stack);
    });
  }

  void define(TapeWriter& writer) {
    for (const Module& module : tape_.modules()) writer.define(stripped(module));
    for (const Thread& thread : tape_.threads()) writer.define(thread);
    for (const std::string& text : tape_.texts()) writer.define(text);
    for (std::size_t i = 0; i < tape_.variables().size(); ++i) writer.define(stripped(tape_.variables()[i], i));
    frames_.define([&](const Frame& frame) { return writer.define(stripped(frame)); });
  }

  SymbolTable used_of(SymbolTable symbols) const {
    if (symbols.addresses.empty()) return symbols;
    const std::vector<FilePlace> used = file_places(tape_, [&](std::size_t frame) { return frames_.is_kept(frame); });
    std::erase_if(symbols.addresses, [&](const SymbolTable::Address& one) {
      return !std::binary_search(used.begin(), used.end(), FilePlace{one.module, one.address});
    });
    return symbols;
  }

  void rename(Opening& opening) const {
    for (OpeningStack& row : opening.stacks) row.stack = frames_.name(row.stack);
    for (Block& block : opening.live) block.stack = frames_.name(block.stack);
    for (OpeningThread& thread : opening.threads)
      if (thread.reallocated) thread.reallocated->block.stack = frames_.name(thread.reallocated->block.stack);
  }

  void append(std::span<const Event> events, TapeWriter& writer) {
    events_.assign(events.begin(), events.end());
    for (Event& event : events_) {
      if (fields_of(event.kind) & kHasStack) event.stack = frames_.name(event.stack);
      if (strips(kStripAddresses)) relocation_.apply(event);
    }
    writer.append(events_);
  }

  // What the recorder counted, beside what the events tell; of a part, the latter is its own.
  Ledger given_ledger(const Ledger& told) const {
    Ledger given = tape_.ledger();
    for (const Loss loss : {Loss::unmatched_frees, Loss::overlapping_births, Loss::earlier_frees, Loss::inherited_frees,
                            Loss::aggregated_events, Loss::unaccounted_births})
      given[loss] = 0;
    given[Loss::left_out_frees] -= std::min(given[Loss::left_out_frees], told[Loss::left_out_frees]);
    return given;
  }

  Meta stripped(Meta meta) const {
    meta.stripped |= part_.strip;
    if (strips(kStripPaths)) {
      meta.program = base_name(meta.program);
      if (!meta.arguments.empty()) meta.arguments[0] = base_name(meta.arguments[0]);
    }
    if (strips(kStripArguments) && !meta.arguments.empty()) meta.arguments.resize(1);
    if (strips(kStripHost)) meta.host.clear();
    return meta;
  }
  Module stripped(Module module) const {
    if (strips(kStripPaths)) module.path = base_name(module.path);
    if (strips(kStripAddresses)) {
      module.begin -= module.bias;
      module.end -= module.bias;
      module.bias = 0;
    }
    return module;
  }
  Variable stripped(Variable variable, std::size_t number) const {
    if (strips(kStripVariables)) variable = {.name = "variable " + std::to_string(number + 1)};
    if (strips(kStripPaths)) variable.file = base_name(variable.file);
    return variable;
  }
  Frame stripped(Frame frame) const {
    if (strips(kStripAddresses))
      frame.address =
          frame.module == kNoModule ? 0 : frame.address - tape_.modules()[static_cast<std::size_t>(frame.module)].bias;
    return frame;
  }

  const TapeReader& tape_;
  const Extract& part_;
  const std::uint64_t begin_, end_;
  const std::uint64_t all_;
  std::uint64_t done_ = 0;
  FrameMap frames_;
  std::vector<bool> in_program_;  // by the tape's stacks
  std::vector<Event> events_;
  Relocation relocation_;
};

}  // namespace

void extract(const TapeReader& tape, const Extract& part, const SymbolTable& symbols, const std::string& path) {
  Extraction(tape, part).write(symbols, path);
}

}  // namespace heaptape
