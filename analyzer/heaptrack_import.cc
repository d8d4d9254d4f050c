// The lines are those that heaptrack 1.0 to 1.5 writes (file versions 1 to 3): a letter, and words, numbers in hex.
#include "analyzer/heaptrack_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "analyzer/heaptrack_names.h"
#include "analyzer/heaptrack_words.h"
#include "format/relocation.h"
#include "format/system_path.h"
#include "format/writer.h"

namespace heaptape {
namespace {

// What a file may define at most: far more than any run has, and little enough to be held.
constexpr std::size_t kMostIps = 1u << 23, kMostTraces = 1u << 25, kMostInfos = 1u << 25, kMostLive = 1u << 26,
                      kMostModules = 1u << 16;
constexpr std::uint64_t kLargestBlock = std::uint64_t{1} << 56, kLongestRunMs = std::uint64_t{1} << 40;
constexpr std::uint64_t kNewestVersion = 3;
constexpr std::uint64_t kNowhere = 0;  // no block is given this address

class Importer {
 public:
  Importer(LineSource& lines, const std::string& path, const std::string& version)
      : lines_(lines), path_(path), version_(version) {
    stacks_.push_back(kEmptyStack);
    in_program_.push_back(false);
  }

  Imported run() {
    for (std::string_view line; lines_.next(line);) take(line);
    if (!file_version_ && lines_.is_cut()) throw ImportError("it stops before its first line");
    if (!file_version_) throw ImportError("it does not begin as heaptrack's files do, with a line 'v'");
    begin();
    finish();
    imported_.lines = lines_.number();
    imported_.is_cut = lines_.is_cut();
    return imported_;
  }

 private:
  struct Ip {
    ModuleId module = kNoModule;
    std::uint64_t address = 0;
    bool is_start = false;
    bool is_named = false;
  };
  struct Info {
    std::uint64_t size = 0;
    std::uint32_t trace = 0;
  };
  struct Mapping {
    std::uint64_t begin = 0, end = 0;
    ModuleId module{};
  };

  void take(std::string_view line) {
    if (line.empty()) return;
    HeaptrackWords words(line, lines_.number());
    const char kind = line[0];
    if (!file_version_ && kind != 'v') words.fail("is not how heaptrack's files begin, with a line 'v'");
    if (line.size() > 1 && line[1] != ' ' && kind != '#') return void(++imported_.unknown_lines);
    switch (kind) {
      case 'v':
        return take_version(words);
      case 'X':
        command_ = words.rest();
        return;
      case 'x':
        return take_executable(words);
      case 'I':
        page_ = words.number("the size of a page", 1u << 30);
        return;
      case 's':
        return take_string(words);
      case 'i':
        return take_ip(words);
      case 'm':
        return take_module(words);
      case 't':
        return take_trace(words);
      case 'a':
        return take_info(words);
      case '+':
        return take_birth(words);
      case '-':
        return take_release(words);
      case 'c':
        return take_time(words);
      case 'R':
        return take_rss(words);
      case 'A':
        return take_attached();
      case 'S':
        ++imported_.suppressions;
        return;
      case '#':
        return;
      default:
        ++imported_.unknown_lines;
    }
  }

  // Blocks live that the file does not know, as behind a pause: their frees are no loss.
  void take_attached() {
    imported_.is_attached = true;
    if (writer_) writer_->append({.time_ns = now_ns_, .kind = EventKind::resume});
  }

  void take_version(HeaptrackWords& words) {
    const std::uint64_t program = words.number("heaptrack's version");
    const std::uint64_t file = words.empty() ? 1 : words.number("the file's version");
    if (file > kNewestVersion)
      words.fail(fmt::format("is of file version {}; up to {} are known", file, kNewestVersion));
    file_version_ = file;
    heaptrack_ = fmt::format("{}.{}.{}", program >> 16 & 0xff, program >> 8 & 0xff, program & 0xff);
  }

  std::string_view text_of(HeaptrackWords& words, const char* what) {
    return *file_version_ >= 3 ? words.sized(what) : words.rest();
  }

  void take_executable(HeaptrackWords& words) {
    imported_.is_raw = true;
    executable_ = text_of(words, "the executable");
  }

  void take_string(HeaptrackWords& words) {
    const std::string_view text = text_of(words, "a text");
    names_.add_text(text, words);
    if (executable_.empty()) executable_ = text;  // the first one of an interpreted file
  }

  void take_ip(HeaptrackWords& words) {
    begin();
    if (!names_.has_texts() || ips_.size() == kMostIps)
      words.fail("an address comes before all texts, or is one too many");
    Ip ip{.address = words.number("an address")};
    ip.module = module_of_text(names_.take_text(words, "the text of a module"));
    const HeaptrackNames::Named named = names_.take_places(words, ip.module, ip.address);
    ip.is_start = named.is_start;
    ip.is_named = named.is_named;
    imported_.renamed_places += named.is_renamed;
    ips_.push_back(ip);
  }

  ModuleId module_of_text(std::uint64_t text) {
    if (text == 0) return kNoModule;
    const auto [known, is_new] = modules_of_text_.try_emplace(text);
    if (is_new) known->second = define_module(names_.text(text), 0, 0, 0);
    return known->second;
  }

  ModuleId define_module(const std::string& path, std::uint64_t bias, std::uint64_t first, std::uint64_t end) {
    const bool is_executable = path == executable_;
    ours_.push_back(is_executable || !is_system_path(path));
    return writer_->define(Module{.path = path,
                                  .bias = bias,
                                  .begin = first,
                                  .end = end,
                                  .is_executable = is_executable,
                                  .is_system = !ours_.back()});
  }

  // Raw: all that is loaded is told anew whenever it changes.
  void take_module(HeaptrackWords& words) {
    begin();
    std::string path(text_of(words, "a module's path"));
    if (path == "-") return mappings_.clear();
    if (path == "x") path = executable_;
    const std::uint64_t bias = words.number("a module's place");
    std::uint64_t first = UINT64_MAX;
    std::uint64_t end = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
    while (!words.empty()) {
      const std::uint64_t offset = words.number("a segment's place");
      const std::uint64_t size = words.number("a segment's size");
      if (size == 0 || bias + offset < bias || bias + offset + size < bias + offset) continue;
      parts.emplace_back(bias + offset, bias + offset + size);
      first = std::min(first, bias + offset);
      end = std::max(end, bias + offset + size);
    }
    if (parts.empty()) return;
    const auto [known, is_new] = modules_at_.try_emplace({path, bias});
    if (is_new) {
      if (modules_at_.size() > kMostModules) words.fail("there are too many modules");
      known->second = define_module(path, bias, first, end);
    }
    for (const auto& [from, to] : parts) mappings_[to] = {from, to, known->second};
    if (mappings_.size() > kMostModules) words.fail("there are too many segments");
  }

  void take_trace(HeaptrackWords& words) {
    begin();
    if (stacks_.size() == kMostTraces) words.fail("there are too many stacks");
    Ip ip;
    if (imported_.is_raw) {
      ip.address = words.number("an address") - 1;  // inside the call that will return there
      if (const auto found = mappings_.upper_bound(ip.address);
          found != mappings_.end() && found->second.begin <= ip.address)
        ip.module = found->second.module;
    } else if (const std::uint64_t number = words.number("an address's number", ips_.size()); number != 0) {
      ip = ips_[number - 1];
    }
    const std::uint64_t parent = words.number("a stack's number", stacks_.size() - 1);
    // The executable's own outermost frame is _start's, which counts for no layer.
    const bool starts = ip.is_start || (parent == 0 && !ip.is_named);
    const bool ours = ip.module != kNoModule && ours_[static_cast<std::size_t>(ip.module)] && !starts;
    in_program_.push_back(ours || in_program_[parent]);
    stacks_.push_back(writer_->define(Frame{
        .parent = stacks_[parent], .address = ip.address, .module = ip.module, .in_program = in_program_.back()}));
  }

  void take_info(HeaptrackWords& words) {
    if (infos_.size() == kMostInfos) words.fail("there are too many kinds of allocations");
    const std::uint64_t size = words.number("a size", kLargestBlock);
    infos_.push_back({size, static_cast<std::uint32_t>(words.number("a stack's number", stacks_.size() - 1))});
    alive_.emplace_back();
  }

  void take_birth(HeaptrackWords& words) {
    begin();
    if (live_ == kMostLive) words.fail("there are too many live blocks");
    if (imported_.is_raw) {
      const std::uint64_t size = words.number("a size", kLargestBlock);
      const std::uint64_t trace = words.number("a stack's number", stacks_.size() - 1);
      const std::uint64_t address = words.number("a block's address");
      live_ += blocks_.insert(address).second;
      return append({.address = address,
                     .size = size,
                     .stack = stacks_[trace],
                     .kind = EventKind::birth,
                     .function = Function::malloc});
    }
    const std::uint64_t number = kind_of(words);
    const Info& info = infos_[number];
    alive_[number].push_back(++born_);
    ++live_;
    append({.address = born_,
            .size = info.size,
            .stack = stacks_[info.trace],
            .kind = EventKind::birth,
            .function = Function::malloc});
  }

  void take_release(HeaptrackWords& words) {
    begin();
    std::uint64_t address = kNowhere;
    bool is_live = false;
    if (imported_.is_raw) {
      address = words.number("a block's address");
      is_live = blocks_.erase(address) != 0;  // heaptrack tells frees of what it has not seen to be born, too
    } else if (std::vector<std::uint64_t>& alike = alive_[kind_of(words)]; !alike.empty()) {
      address = alike.back();
      alike.pop_back();
      is_live = true;
    }
    is_live ? --live_ : ++imported_.unmatched_frees;
    append({.address = address, .kind = EventKind::release, .function = Function::free});
  }

  std::uint64_t kind_of(HeaptrackWords& words) {
    if (infos_.empty()) words.fail("a block comes before all kinds of allocations");
    return words.number("an allocation's number", infos_.size() - 1);
  }

  void append(Event event) {
    event.time_ns = now_ns_;
    (event.kind == EventKind::birth ? imported_.births : imported_.releases) += 1;
    if (!imported_.is_raw) places_.apply(event);
    writer_->append(event);
    check_writer();
  }

  void check_writer() const {
    if (writer_->error_number() != 0) throw std::system_error(writer_->error_number(), std::generic_category());
  }

  void take_time(HeaptrackWords& words) {
    now_ns_ = std::max(now_ns_, words.number("a time", kLongestRunMs) * 1'000'000);
  }

  void take_rss(HeaptrackWords& words) {
    begin();
    const std::uint64_t pages = words.number("a resident size", std::uint64_t{1} << 40);
    writer_->sample_rss({now_ns_, pages * page_});
  }

  // What the tape begins with is known once something else than it comes.
  void begin() {
    if (writer_) return;
    Meta meta;
    meta.program = executable_;
    for (std::size_t at = 0; at < command_.size();) {
      const std::size_t end = std::min(command_.find(' ', at), command_.size());
      if (end > at) meta.arguments.push_back(command_.substr(at, end - at));
      at = end + 1;
    }
    meta.recorder = fmt::format("heaptrack {}, imported by heaptape {}{}", heaptrack_, version_,
                                imported_.is_raw ? "" : "; addresses of blocks are made up");
    meta.clock_step_ns = 1'000'000;
    if (!imported_.is_raw) meta.stripped = kStripAddresses;
    writer_.emplace(path_, meta, WriterOptions{.overwrite = true});
    writer_->define(Thread{.tid = 1, .name = "all threads"});
    if (imported_.is_attached) take_attached();
  }

  void finish() {
    names_.add_to(*writer_);
    writer_->finish({.kind = lines_.is_cut() ? EndKind::unknown : EndKind::gone, .duration_ns = now_ns_}, {});
    check_writer();
  }

  LineSource& lines_;
  std::string path_, version_;
  Imported imported_;
  std::optional<std::uint64_t> file_version_;
  std::string heaptrack_, command_, executable_;
  std::uint64_t page_ = 4096, now_ns_ = 0;
  std::optional<TapeWriter> writer_;
  HeaptrackNames names_;
  std::vector<Ip> ips_;  // its numbers count from 1
  std::unordered_map<std::uint64_t, ModuleId> modules_of_text_;
  std::map<std::pair<std::string, std::uint64_t>, ModuleId> modules_at_;
  std::map<std::uint64_t, Mapping> mappings_;  // by their ends
  std::vector<bool> ours_;                     // by module: layer `program`
  std::vector<StackId> stacks_;                // by heaptrack's numbers; 0: none
  std::vector<bool> in_program_;               // the same
  std::vector<Info> infos_;
  std::vector<std::vector<std::uint64_t>> alive_;  // by info, newest last
  std::set<std::uint64_t> blocks_;                 // raw: addresses
  std::uint64_t born_ = 0, live_ = 0;
  Relocation places_;
};

}  // namespace

Imported import_heaptrack(LineSource& lines, const std::string& path, const std::string& version) {
  return Importer(lines, path, version).run();
}

}  // namespace heaptape
