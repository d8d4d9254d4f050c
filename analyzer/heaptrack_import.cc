// The lines are those that heaptrack 1.0 to 1.5 writes (file versions 1 to 3): a letter, and words, numbers in hex.
#include "analyzer/heaptrack_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "analyzer/names.h"
#include "format/base_name.h"
#include "format/relocation.h"
#include "format/writer.h"

namespace heaptape {
namespace {

// What a file may define at most: far more than any run has, and little enough to be held.
constexpr std::size_t kMostStrings = 1u << 22, kMostStringBytes = 1u << 28, kMostIps = 1u << 23, kMostPlaces = 1u << 24,
                      kMostTraces = 1u << 25, kMostInfos = 1u << 25, kMostLive = 1u << 26, kMostModules = 1u << 16;
constexpr std::uint64_t kLargestBlock = std::uint64_t{1} << 56, kLongestRunMs = std::uint64_t{1} << 40;
constexpr std::uint64_t kNewestVersion = 3;
constexpr std::uint64_t kNowhere = 0;  // no block is given this address

bool is_system(std::string_view path) {
  if (path.find('/') == std::string_view::npos) return true;  // the vdso has no path
  for (const std::string_view folder : {"/lib/", "/lib32/", "/lib64/", "/usr/lib/", "/usr/lib32/", "/usr/lib64/"})
    if (path.starts_with(folder)) return true;
  return false;
}

bool is_start(std::string_view function) { return function == "_start" || function.starts_with("__libc_start_"); }

// Of a demangled name, which is all that a file has.
bool is_runtime(std::string_view function) {
  for (const std::string_view front : {"std::", "__gnu_cxx::", "operator new", "operator delete", "void std::"})
    if (function.starts_with(front)) return true;
  return is_runtime_function(function);
}

// The words of a line behind its letter.
class Words {
 public:
  Words(std::string_view line, std::uint64_t number)
      : rest_(line.substr(std::min<std::size_t>(line.size(), 2))), line_(number) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  [[noreturn]] void fail(const std::string& what) const { throw ImportError(fmt::format("line {}: {}", line_, what)); }

  std::uint64_t number(const char* what, std::uint64_t most = UINT64_MAX) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, 16);
    const auto used = static_cast<std::size_t>(end - rest_.data());
    if (error != std::errc() || (used < rest_.size() && rest_[used] != ' '))
      fail(fmt::format("{} is missing or no number in hex", what));
    if (value > most) fail(fmt::format("{} {:#x} is more than there can be ({:#x})", what, value, most));
    rest_.remove_prefix(std::min(used + 1, rest_.size()));
    return value;
  }
  // A text with its length in front, which may hold blanks.
  std::string_view sized(const char* what) {
    const std::uint64_t size = number(what);
    if (size > rest_.size()) fail(fmt::format("{} is shorter than it says", what));
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(std::min<std::size_t>(size + 1, rest_.size()));
    return text;
  }

 private:
  std::string_view rest_;
  std::uint64_t line_;
};

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
    Words words(line, lines_.number());
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

  void take_version(Words& words) {
    const std::uint64_t program = words.number("heaptrack's version");
    const std::uint64_t file = words.empty() ? 1 : words.number("the file's version");
    if (file > kNewestVersion)
      words.fail(fmt::format("is of file version {}; up to {} are known", file, kNewestVersion));
    file_version_ = file;
    heaptrack_ = fmt::format("{}.{}.{}", program >> 16 & 0xff, program >> 8 & 0xff, program & 0xff);
  }

  std::string_view text_of(Words& words, const char* what) {
    return *file_version_ >= 3 ? words.sized(what) : words.rest();
  }

  void take_executable(Words& words) {
    imported_.is_raw = true;
    executable_ = text_of(words, "the executable");
  }

  void take_string(Words& words) {
    const std::string_view text = text_of(words, "a text");
    string_bytes_ += text.size();
    if (table_.strings.size() == kMostStrings || string_bytes_ > kMostStringBytes)
      words.fail("there are too many texts");
    table_.strings.emplace_back(text);
    if (executable_.empty()) executable_ = text;  // the first one of an interpreted file
  }

  std::uint64_t string(Words& words, const char* what) { return words.number(what, table_.strings.size() - 1); }

  void take_ip(Words& words) {
    begin();
    if (table_.strings.size() <= 1 || ips_.size() == kMostIps)
      words.fail("an address comes before all texts, or is one too many");
    Ip ip{.address = words.number("an address")};
    ip.module = module_of_text(string(words, "the text of a module"));
    SymbolTable::Address named{ip.module, ip.address, static_cast<std::uint32_t>(table_.places.size()), 0};
    while (!words.empty()) {
      SymbolTable::Place place{.function = static_cast<std::uint32_t>(string(words, "the text of a function"))};
      if (!words.empty()) {
        place.file = static_cast<std::uint32_t>(string(words, "the text of a file"));
        place.line = static_cast<std::uint32_t>(words.number("a line", 1u << 30));
      }
      if (place.function == 0) continue;
      const std::string& function = table_.strings[place.function];
      place.runtime = is_runtime(function);
      ip.is_start |= is_start(function);
      ip.is_named = true;
      if (table_.places.size() == kMostPlaces) words.fail("there are too many places in the code");
      table_.places.push_back(place);
      ++named.count;
    }
    // All but the outermost of them were inlined.
    for (std::uint32_t i = 0; i + 1 < named.count; ++i) table_.places[named.first + i].inlined = true;
    ips_.push_back(ip);
    if (named.count == 0 || ip.module == kNoModule) return;
    if (!named_.emplace(ip.module, ip.address).second) {
      ++imported_.renamed_places;
      table_.places.resize(named.first);
      return;
    }
    table_.addresses.push_back(named);
  }

  ModuleId module_of_text(std::uint64_t text) {
    if (text == 0) return kNoModule;
    const auto [known, is_new] = modules_of_text_.try_emplace(text);
    if (is_new) known->second = define_module(table_.strings[text], 0, 0, 0);
    return known->second;
  }

  ModuleId define_module(const std::string& path, std::uint64_t bias, std::uint64_t first, std::uint64_t end) {
    const bool is_executable = path == executable_;
    ours_.push_back(is_executable || !is_system(path));
    return writer_->define(Module{.path = path,
                                  .bias = bias,
                                  .begin = first,
                                  .end = end,
                                  .is_executable = is_executable,
                                  .is_system = !ours_.back()});
  }

  // Raw: all that is loaded is told anew whenever it changes.
  void take_module(Words& words) {
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

  void take_trace(Words& words) {
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

  void take_info(Words& words) {
    if (infos_.size() == kMostInfos) words.fail("there are too many kinds of allocations");
    const std::uint64_t size = words.number("a size", kLargestBlock);
    infos_.push_back({size, static_cast<std::uint32_t>(words.number("a stack's number", stacks_.size() - 1))});
    alive_.emplace_back();
  }

  void take_birth(Words& words) {
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

  void take_release(Words& words) {
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

  std::uint64_t kind_of(Words& words) {
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
    if (!writer_->error().empty()) throw ImportError(writer_->error());
  }

  void take_time(Words& words) { now_ns_ = std::max(now_ns_, words.number("a time", kLongestRunMs) * 1'000'000); }

  void take_rss(Words& words) {
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
    writer_.emplace(path_, meta, WriterOptions{.overwrite = true});
    writer_->define(Thread{.tid = 1, .name = "all threads"});
    if (imported_.is_attached) take_attached();
  }

  void finish() {
    if (!table_.addresses.empty()) {
      std::sort(table_.addresses.begin(), table_.addresses.end(), [](const auto& a, const auto& b) {
        return std::pair(a.module, a.address) < std::pair(b.module, b.address);
      });
      writer_->add_symbols(table_);
    }
    writer_->finish({.kind = lines_.is_cut() ? EndKind::unknown : EndKind::gone, .duration_ns = now_ns_}, {});
    check_writer();
  }

  LineSource& lines_;
  std::string path_, version_;
  Imported imported_;
  std::optional<std::uint64_t> file_version_;
  std::string heaptrack_, command_, executable_;
  std::uint64_t page_ = 4096, now_ns_ = 0, string_bytes_ = 0;
  std::optional<TapeWriter> writer_;
  SymbolTable table_{.strings = {""}, .places = {}, .addresses = {}};  // heaptrack counts from 1, too: 0 is none
  std::vector<Ip> ips_;                                                // its numbers count from 1
  std::set<std::pair<ModuleId, std::uint64_t>> named_;
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
