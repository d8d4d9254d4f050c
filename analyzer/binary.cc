#include "analyzer/binary.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "analyzer/debug_files.h"
#include "analyzer/names.h"

namespace heaptape {
namespace {

std::string in_hex(const unsigned char* bits, std::ptrdiff_t size) {
  std::string hex;
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[bits[i] >> 4];
    hex += kDigits[bits[i] & 15];
  }
  return hex;
}

std::string build_id_of(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr where = 0;
  return in_hex(bits, dwfl_module_build_id(module, &bits, &where));
}

bool is_regular(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);  // a pipe or a device is never opened
}

bool has_build_id(int file, const std::string& build_id) {
  Elf* elf = elf_begin(file, ELF_C_READ_MMAP, nullptr);
  const void* bits = nullptr;
  const std::ptrdiff_t size = elf == nullptr ? 0 : dwelf_elf_gnu_build_id(elf, &bits);
  const bool same = size > 0 && in_hex(static_cast<const unsigned char*>(bits), size) == build_id;
  elf_end(elf);
  return same;
}

// -1: it is no file that can be read.
int open_regular(const std::string& path) { return is_regular(path) ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1; }

// The first of the places that has the build-id, opened; -1: none. `found`: malloc'd, as libdwfl wants it.
int open_of_build(const std::vector<std::string>& places, const std::string& build_id, char** found) {
  for (const std::string& place : places) {
    const int file = open_regular(place);
    if (file < 0) continue;
    if (build_id.empty() || has_build_id(file, build_id)) {
      *found = ::strdup(place.c_str());
      return file;
    }
    ::close(file);
  }
  return -1;
}

// The build-id of what the debug file shares with others under that name; empty: it shares nothing so.
std::string alternate_of(const std::string& debug_file, const char* link) {
  const int file = open_regular(debug_file);
  if (file < 0) return {};
  Dwarf* debug = dwarf_begin(file, DWARF_C_READ);
  const char* name = nullptr;
  const void* bits = nullptr;
  const std::ptrdiff_t size = debug == nullptr ? 0 : dwelf_dwarf_gnu_debugaltlink(debug, &name, &bits);
  std::string id;
  if (size > 0 && std::strcmp(name, link) == 0) id = in_hex(static_cast<const unsigned char*>(bits), size);
  dwarf_end(debug);
  ::close(file);
  return id;
}

std::string linkage_name(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(&die, name, &attribute) == nullptr) continue;
    if (const char* text = dwarf_formstring(&attribute)) return text;
  }
  return {};
}

Location named(const std::string& linkage) {
  Location location;
  location.function = demangle(linkage);
  location.runtime = is_runtime_function(linkage);
  return location;
}

// libc gives C functions linkage names of its own (__GI_…): people know them by the plain one.
Location name_of_call(Dwarf_Die& die, ScopedNames& scoped) {
  const std::string linkage = linkage_name(die);
  const char* plain = dwarf_diename(&die);
  if (linkage.starts_with("_Z") || plain == nullptr) return named(linkage);
  if (!linkage.empty()) return named(plain);
  const std::string& whole = scoped.of(die);
  if (whole.empty() || whole == plain) return named(plain);
  return {.function = whole, .runtime = is_runtime_scope(whole)};
}

// Where an inlined call was written: the place of the frame around it.
void set_call_site(Location& location, Dwarf_Die& inlined) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(&inlined, DW_AT_call_line, &attribute), &value) == 0) {
    location.line = static_cast<std::uint32_t>(value);
  }
  Dwarf_Die unit;
  Dwarf_Files* files = nullptr;
  if (dwarf_formudata(dwarf_attr(&inlined, DW_AT_call_file, &attribute), &value) != 0) return;
  if (dwarf_diecu(&inlined, &unit, nullptr, nullptr) == nullptr || dwarf_getsrcfiles(&unit, &files, nullptr) != 0)
    return;
  if (const char* file = dwarf_filesrc(files, value, nullptr, nullptr)) location.file = file;
}

bool holds_functions(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
         tag == DW_TAG_subprogram;
}

// Hand-made DWARF may nest without end.
constexpr int kMaxNesting = 256;

template <class Take>
void for_each_function(Dwarf_Die& parent, const Take& take, int depth = 0) {
  Dwarf_Die die;
  if (depth > kMaxNesting || dwarf_child(&parent, &die) != 0) return;
  do {
    const int tag = dwarf_tag(&die);
    if (tag == DW_TAG_subprogram) take(die);
    if (holds_functions(tag)) for_each_function(die, take, depth + 1);
  } while (dwarf_siblingof(&die, &die) == 0);
}

void find_inlined(Dwarf_Die parent, Dwarf_Addr address, std::vector<Dwarf_Die>& calls, int depth = 0) {
  Dwarf_Die die;
  if (depth > kMaxNesting || dwarf_child(&parent, &die) != 0) return;
  do {
    const int tag = dwarf_tag(&die);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) continue;
    if (dwarf_haspc(&die, address) <= 0) continue;
    if (tag == DW_TAG_inlined_subroutine) calls.push_back(die);
    return find_inlined(die, address, calls, depth + 1);
  } while (dwarf_siblingof(&die, &die) == 0);
}

}  // namespace

Binary::Binary(const std::string& path, const std::string& build_id, const SymbolSources& sources)
    : wanted_(std::make_unique<Wanted>(Wanted{path, build_id, sources})) {
  if (!path.starts_with('/')) return;  // a tape may name anything
  for (const std::string& place : places_of_binary(path, build_id, sources)) {
    if (!open(place, build_id)) continue;
    state_ = State::usable;
    return;
  }
}

// False: it is no binary, or another build, and said so.
bool Binary::open(const std::string& place, const std::string& build_id) {
  if (!is_regular(place)) return false;
  // The standard searches, when they find nothing, load libdebuginfod and with it two dozen libraries that talk to
  // networks. So they are only asked where that is wanted.
  static const Dwfl_Callbacks kCallbacks = {
      // The file itself is reported with its module.
      .find_elf = [](Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) { return -1; },
      .find_debuginfo = [](Dwfl_Module* module, void** user, const char* name, Dwarf_Addr base, const char* file,
                           const char* link, GElf_Word checksum, char** found) -> int {
        const auto& wanted = *static_cast<const Wanted*>(*user);
        // The same question is asked for what debug files share: with their own name, and without a checksum.
        const std::string shared = file != nullptr && link != nullptr && checksum == 0 ? alternate_of(file, link) : "";
        const std::string id = !shared.empty()           ? shared
                               : wanted.build_id.empty() ? build_id_of(module)
                                                         : wanted.build_id;
        const int opened = open_of_build(
            shared.empty() ? places_of_debug_file(wanted.path, id, wanted.sources, link != nullptr ? link : "")
                           : places_of_alternate(file, link, id, wanted.sources),
            id, found);
        if (opened >= 0) return opened;
        if (!wanted.sources.debuginfod) return -1;
        return dwfl_standard_find_debuginfo(module, user, name, base, file, link, checksum, found);
      },
      .section_address = dwfl_offline_section_address,
      .debuginfo_path = nullptr,
  };
  dwfl_.reset(dwfl_begin(&kCallbacks));
  if (!dwfl_) return false;
  dwfl_report_begin(dwfl_.get());
  module_ = dwfl_report_elf(dwfl_.get(), place.c_str(), place.c_str(), -1, 0, true);
  dwfl_report_end(dwfl_.get(), nullptr, nullptr);
  GElf_Addr bias = 0;
  if (module_ == nullptr || dwfl_module_getelf(module_, &bias) == nullptr) return false;
  void** user = nullptr;
  dwfl_module_info(module_, &user, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *user = wanted_.get();
  if (build_id.empty() || build_id_of(module_) == build_id) return true;
  state_ = State::mismatch;
  return false;
}

const std::vector<Binary::Function>& Binary::functions_of(Dwarf_Die unit) {
  const auto [found, is_new] = functions_.try_emplace(dwarf_dieoffset(&unit));
  std::vector<Function>& functions = found->second;
  if (!is_new) return functions;
  for_each_function(unit, [&](Dwarf_Die& die) {
    Dwarf_Addr base = 0;
    Function function{.die = die};
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(&die, offset, &base, &function.begin, &function.end)) > 0)
      functions.push_back(function);
  });
  std::sort(functions.begin(), functions.end(), [](const Function& a, const Function& b) { return a.begin < b.begin; });
  return functions;
}

std::vector<Dwarf_Die> Binary::calls_around(Dwarf_Die unit, Dwarf_Addr address) {
  const std::vector<Function>& functions = functions_of(unit);
  auto after = std::upper_bound(functions.begin(), functions.end(), address,
                                [](Dwarf_Addr value, const Function& function) { return value < function.begin; });
  if (after == functions.begin() || address >= std::prev(after)->end) return {};
  std::vector<Dwarf_Die> calls{std::prev(after)->die};
  find_inlined(calls[0], address, calls);
  return calls;
}

Location Binary::symbol_at(std::uint64_t address) const {
  GElf_Off offset = 0;
  GElf_Sym symbol;
  const char* name = dwfl_module_addrinfo(module_, address, &offset, &symbol, nullptr, nullptr, nullptr);
  return name != nullptr ? named(name) : Location{};
}

void Binary::set_line(Location& location, std::uint64_t address) const {
  Dwfl_Line* line = dwfl_module_getsrc(module_, address);
  int number = 0;
  if (line == nullptr) return;
  const char* file = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
  if (file == nullptr) return;
  location.file = file;
  location.line = number > 0 ? static_cast<std::uint32_t>(number) : 0;
}

std::vector<Location> Binary::resolve(std::uint64_t address) {
  if (state_ != State::usable) return {};
  const Location symbol = symbol_at(address);
  Dwarf_Addr bias = 0;
  std::vector<Dwarf_Die> calls;
  Dwarf_Die* unit = dwfl_module_addrdie(module_, address, &bias);
  // libdw answers the unit before a gap, too: for _start, say, that of whatever lies in front of it.
  if (unit != nullptr && dwarf_haspc(unit, address - bias) <= 0) unit = nullptr;
  if (unit != nullptr) calls = calls_around(*unit, address - bias);
  if (calls.empty()) {
    if (symbol.function.empty()) return {};
    std::vector<Location> only{symbol};
    if (unit != nullptr) set_line(only[0], address);  // else the line would be a neighbour's
    return only;
  }
  std::vector<Location> locations;
  for (std::size_t i = calls.size(); i-- > 0;) {
    Location location = name_of_call(calls[i], scoped_names_);
    // Functions of local classes have no linkage name, but a symbol where they are not inlined.
    const bool better = linkage_name(calls[i]).empty() && symbol.function.find('(') != std::string::npos;
    if (i == 0 && (location.function.empty() || better)) location = symbol;
    location.inlined = i > 0;
    if (i + 1 == calls.size()) {
      set_line(location, address);
    } else {
      set_call_site(location, calls[i + 1]);
    }
    locations.push_back(std::move(location));
  }
  return locations;
}

}  // namespace heaptape
