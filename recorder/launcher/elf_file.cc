#include "recorder/launcher/elf_file.h"

#include <fcntl.h>
#include <gelf.h>

#include <memory>
#include <string_view>

#include "format/file_descriptor.h"

namespace heaptape {
namespace {

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

void read_segments(Elf* elf, ElfFile& file) {
  std::size_t count = 0, bytes = 0;
  if (elf_getphdrnum(elf, &count) != 0) return;
  const char* raw = elf_rawfile(elf, &bytes);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) continue;
    if (segment.p_type == PT_GNU_EH_FRAME) file.has_unwind_tables = true;
    if (segment.p_type == PT_INTERP && raw != nullptr && segment.p_offset < bytes &&
        segment.p_filesz <= bytes - segment.p_offset) {
      const std::string_view name(raw + segment.p_offset, segment.p_filesz);
      file.interpreter = name.substr(0, name.find('\0'));
    }
  }
}

void read_needed(Elf* elf, Elf_Data* data, const GElf_Shdr& section, ElfFile& file) {
  if (section.sh_entsize == 0) return;
  const auto count = static_cast<int>(section.sh_size / section.sh_entsize);
  GElf_Dyn entry;
  for (int i = 0; i < count && gelf_getdyn(data, i, &entry) != nullptr && entry.d_tag != DT_NULL; ++i)
    if (entry.d_tag == DT_NEEDED) file.needed.push_back(text_of(elf_strptr(elf, section.sh_link, entry.d_un.d_val)));
}

void read_symbols(Elf* elf, Elf_Data* data, const GElf_Shdr& section, ElfFile& file) {
  if (section.sh_entsize == 0) return;
  const auto count = static_cast<int>(section.sh_size / section.sh_entsize);
  const bool dynamic = section.sh_type == SHT_DYNSYM;
  GElf_Sym symbol;
  for (int i = 1; i < count && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    const std::string name = text_of(elf_strptr(elf, section.sh_link, symbol.st_name));
    if (name.empty()) continue;
    if (symbol.st_shndx == SHN_UNDEF) {
      if (dynamic && GELF_ST_BIND(symbol.st_info) != STB_WEAK) file.imports.insert(name);
    } else if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC || GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC) {
      (dynamic ? file.defines : file.functions).insert(name);
    }
  }
}

void read_build_id(Elf_Data* data, ElfFile& file) {
  GElf_Nhdr note;
  std::size_t name = 0, content = 0;
  for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &content)) != 0;) {
    if (note.n_type != NT_GNU_BUILD_ID || note.n_descsz > 64) continue;
    const auto* bytes = static_cast<const unsigned char*>(data->d_buf) + content;
    file.build_id.clear();
    for (std::size_t i = 0; i < note.n_descsz; ++i)
      for (const int digit : {bytes[i] >> 4, bytes[i] & 15}) file.build_id += "0123456789abcdef"[digit];
    return;
  }
}

void read_sections(Elf* elf, Reading reading, ElfFile& file) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return;
  for (Elf_Scn* at = nullptr; (at = elf_nextscn(elf, at)) != nullptr;) {
    GElf_Shdr section;
    if (gelf_getshdr(at, &section) == nullptr || section.sh_type == SHT_NOBITS) continue;
    const std::string name = text_of(elf_strptr(elf, names, section.sh_name));
    if (name == ".debug_info" || name == ".zdebug_info") file.has_debug_info = true;
    if (section.sh_type == SHT_SYMTAB) file.has_symbols = true;
    if (section.sh_type == SHT_SYMTAB && reading == Reading::dynamic) continue;
    if (section.sh_type != SHT_DYNAMIC && section.sh_type != SHT_DYNSYM && section.sh_type != SHT_SYMTAB &&
        section.sh_type != SHT_NOTE)
      continue;
    Elf_Data* data = elf_getdata(at, nullptr);
    if (data == nullptr) continue;
    if (section.sh_type == SHT_DYNAMIC) read_needed(elf, data, section, file);
    if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB) read_symbols(elf, data, section, file);
    if (section.sh_type == SHT_NOTE) read_build_id(data, file);
  }
}

}  // namespace

std::optional<ElfFile> read_elf_file(const std::string& path, Reading reading) {
  elf_version(EV_CURRENT);
  const FileDescriptor opened(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.number < 0) return std::nullopt;
  const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(opened.number, ELF_C_READ_MMAP, nullptr), elf_end);
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) return std::nullopt;
  ElfFile file{.path = path};
  file.native = header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64;
  if (!file.native) return file;
  read_segments(elf.get(), file);
  read_sections(elf.get(), reading, file);
  return file;
}

}  // namespace heaptape
