#include "recorder/unwind/cfi.h"

#include <dlfcn.h>
#include <dwarf.h>

#include "recorder/unwind/frame_description.h"

namespace heaptape::unwind {
namespace {

constexpr unsigned kDeepestRemembered = 4;

// Runs call frame instructions up to the row of one address.
class Program {
 public:
  Program(const FrameDescription& description, std::uint64_t address, Row& row) noexcept
      : description_(description), address_(address), row_(row), location_(description.begin) {}

  bool run() noexcept {
    if (!run(description_.initial)) return false;
    initial_ = row_;
    has_initial_ = true;
    return run(description_.instructions);
  }

 private:
  bool run(ByteReader code) noexcept {
    while (!code.done() && location_ <= address_) {
      const auto byte = code.fixed<std::uint8_t>();
      if (!(byte >> 6 != 0 ? short_instruction(byte, code) : instruction(byte, code)) || code.failed()) return false;
    }
    return true;
  }

  bool short_instruction(std::uint8_t byte, ByteReader& code) noexcept {
    const unsigned low = byte & 0x3fu;
    switch (byte & 0xc0) {
      case DW_CFA_advance_loc:
        return advance(low);
      case DW_CFA_offset:
        return set(low, RegisterRule::Kind::at_offset, factored(code));
      default:
        return restore(low);
    }
  }

  bool instruction(std::uint8_t operation, ByteReader& code) noexcept {
    switch (operation) {
      case DW_CFA_nop:
        return true;
      case DW_CFA_set_loc:
        location_ = code.pointer(description_.encoding);
        return true;
      case DW_CFA_advance_loc1:
        return advance(code.fixed<std::uint8_t>());
      case DW_CFA_advance_loc2:
        return advance(code.fixed<std::uint16_t>());
      case DW_CFA_advance_loc4:
        return advance(code.fixed<std::uint32_t>());
      case DW_CFA_remember_state:
        return remember();
      case DW_CFA_restore_state:
        return recall();
      case DW_CFA_GNU_args_size:
        code.uleb();
        return true;
      default:
        return define_cfa(operation, code) || define_register(operation, code);
    }
  }

  bool define_cfa(std::uint8_t operation, ByteReader& code) noexcept {
    switch (operation) {
      case DW_CFA_def_cfa:
      case DW_CFA_def_cfa_sf:
        row_.cfa_register = static_cast<std::uint16_t>(code.uleb());
        row_.cfa_offset = operation == DW_CFA_def_cfa ? static_cast<std::int64_t>(code.uleb()) : signed_factored(code);
        row_.cfa_is_expression = false;
        return true;
      case DW_CFA_def_cfa_register:
        row_.cfa_register = static_cast<std::uint16_t>(code.uleb());
        return true;
      case DW_CFA_def_cfa_offset:
        row_.cfa_offset = static_cast<std::int64_t>(code.uleb());
        return true;
      case DW_CFA_def_cfa_offset_sf:
        row_.cfa_offset = signed_factored(code);
        return true;
      case DW_CFA_def_cfa_expression: {
        const std::uint64_t bytes = code.uleb();
        row_.cfa_expression = code.at();
        row_.cfa_expression_bytes = static_cast<std::uint16_t>(bytes);
        code.skip(bytes);
        row_.cfa_is_expression = true;
        return true;
      }
      default:
        return false;
    }
  }

  bool define_register(std::uint8_t operation, ByteReader& code) noexcept {
    using Kind = RegisterRule::Kind;
    const auto number = static_cast<unsigned>(code.uleb());
    switch (operation) {
      case DW_CFA_undefined:
        return set(number, Kind::undefined, 0);
      case DW_CFA_same_value:
        return set(number, Kind::same, 0);
      case DW_CFA_offset_extended:
        return set(number, Kind::at_offset, factored(code));
      case DW_CFA_offset_extended_sf:
        return set(number, Kind::at_offset, signed_factored(code));
      case DW_CFA_GNU_negative_offset_extended:
        return set(number, Kind::at_offset, -factored(code));
      case DW_CFA_val_offset:
        return set(number, Kind::is_offset, factored(code));
      case DW_CFA_val_offset_sf:
        return set(number, Kind::is_offset, signed_factored(code));
      case DW_CFA_register:
        return set(number, Kind::in_register, static_cast<std::int64_t>(code.uleb()));
      case DW_CFA_restore_extended:
        return restore(number);
      case DW_CFA_expression:
        return set_expression(number, Kind::at_expression, code);
      case DW_CFA_val_expression:
        return set_expression(number, Kind::is_expression, code);
      default:
        return false;
    }
  }

  bool advance(std::uint64_t units) noexcept {
    location_ += units * description_.code_alignment;
    return true;
  }

  // Other registers have rules too; nobody asks for them.
  bool set(unsigned number, RegisterRule::Kind kind, std::int64_t offset) noexcept {
    if (RegisterRule* rule = row_.rule(number)) *rule = {kind, 0, static_cast<std::int32_t>(offset), nullptr};
    return true;
  }

  bool set_expression(unsigned number, RegisterRule::Kind kind, ByteReader& code) noexcept {
    const std::uint64_t bytes = code.uleb();
    const unsigned char* expression = code.at();
    code.skip(bytes);
    if (RegisterRule* rule = row_.rule(number)) *rule = {kind, static_cast<std::uint16_t>(bytes), 0, expression};
    return true;
  }

  bool restore(unsigned number) noexcept {
    if (RegisterRule* rule = row_.rule(number)) *rule = has_initial_ ? *initial_.rule(number) : RegisterRule{};
    return true;
  }

  bool remember() noexcept {
    if (remembered_count_ == kDeepestRemembered) return false;
    remembered_[remembered_count_++] = row_;
    return true;
  }

  bool recall() noexcept {
    if (remembered_count_ == 0) return false;
    row_ = remembered_[--remembered_count_];
    return true;
  }

  std::int64_t factored(ByteReader& code) noexcept {
    return static_cast<std::int64_t>(code.uleb()) * description_.data_alignment;
  }
  std::int64_t signed_factored(ByteReader& code) noexcept { return code.sleb() * description_.data_alignment; }

  const FrameDescription& description_;
  std::uint64_t address_;
  Row& row_;
  std::uint64_t location_;
  Row initial_;
  bool has_initial_ = false;
  Row remembered_[kDeepestRemembered];
  unsigned remembered_count_ = 0;
};

}  // namespace

Lookup find_row(std::uint64_t address, Row& row) noexcept {
  dl_find_object module;
  if (_dl_find_object(reinterpret_cast<void*>(address), &module) != 0) return Lookup::no_module;
  FrameDescription description;
  if (module.dlfo_eh_frame == nullptr ||
      !find_description(module.dlfo_eh_frame, module.dlfo_map_end, address, description))
    return Lookup::no_row;
  row = {};
  Program program(description, address, row);
  return program.run() ? Lookup::found : Lookup::no_row;
}

bool is_signal_return(std::uint64_t address) noexcept {
  // rt_sigreturn: mov $15, %rax; syscall. The kernel's and every debugger's way to know it.
  static constexpr unsigned char kCode[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
  dl_find_object module;
  if (_dl_find_object(reinterpret_cast<void*>(address), &module) != 0) return false;
  const auto end = reinterpret_cast<std::uint64_t>(module.dlfo_map_end);
  return end - address >= sizeof kCode && std::memcmp(reinterpret_cast<const void*>(address), kCode, sizeof kCode) == 0;
}

}  // namespace heaptape::unwind
