#include "format/definitions_encoder.h"

#include "format/frame_flags.h"
#include "format/varint.h"
#include "tape_generated.h"

namespace heaptape {
namespace {

// Table, vtable, offsets and padding of one definition; strings come on top.
constexpr std::size_t kTableBytes = 96;
constexpr std::size_t kFrameBytes = 3 * kMaxVarintBytes + 1;

std::string cut(std::string_view text) { return std::string(text.substr(0, kMaxTextBytes)); }

template <typename Items, typename Make>
auto make_vector(flatbuffers::FlatBufferBuilder& builder, const Items& items, Make make) {
  std::vector<decltype(make(items[0]))> made;
  made.reserve(items.size());
  for (const auto& item : items) made.push_back(make(item));
  return builder.CreateVector(made);
}

struct FrameColumns {
  std::vector<std::uint8_t> parents, addresses, modules, flags, gaps;
};

void put(std::vector<std::uint8_t>& column, std::uint64_t value) {
  std::uint8_t bytes[kMaxVarintBytes];
  column.insert(column.end(), bytes, put_varint(bytes, value));
}

FrameColumns make_columns(const std::vector<Frame>& frames, std::uint64_t id) {
  FrameColumns columns;
  std::uint64_t address = 0, last_gap = id - 1;
  for (const Frame& frame : frames) {
    if (frame.gap) {
      put(columns.gaps, id - last_gap);
      last_gap = id;
    }
    put(columns.parents, id++ - static_cast<std::uint32_t>(frame.parent));
    put(columns.addresses, zigzag(frame.address - address));
    put(columns.modules, frame.module == kNoModule ? 0 : std::uint64_t{static_cast<std::uint32_t>(frame.module)} + 1);
    columns.flags.push_back(
        static_cast<std::uint8_t>((frame.in_program ? kFrameInProgram : 0) | (frame.truncated ? kFrameTruncated : 0)));
    address = frame.address;
  }
  return columns;
}

}  // namespace

void DefinitionsEncoder::go_on_after(const Definitions& known) {
  first_module_ = static_cast<std::uint32_t>(known.modules.items().size());
  first_thread_ = static_cast<std::uint32_t>(known.threads.items().size());
  first_text_ = static_cast<std::uint32_t>(known.texts.items().size());
  first_variable_ = static_cast<std::uint32_t>(known.variables.items().size());
  first_frame_ = static_cast<std::uint32_t>(known.frames.items().size());
}

ModuleId DefinitionsEncoder::add(const Module& module) {
  Module& held = modules_.emplace_back(module);
  held.path = cut(module.path);
  held.build_id = cut(module.build_id);
  bytes_ += kTableBytes + held.path.size() + held.build_id.size();
  return ModuleId{modules() - 1};
}

StackId DefinitionsEncoder::add(const Frame& frame) {
  frames_.push_back(frame);
  bytes_ += kFrameBytes + (frame.gap ? kMaxVarintBytes : 0);
  return StackId{frames() - 1};
}

TextId DefinitionsEncoder::add(std::string_view text) {
  texts_.push_back(cut(text));
  bytes_ += kTableBytes + texts_.back().size();
  return TextId{texts() - 1};
}

VariableId DefinitionsEncoder::add(const Variable& variable) {
  const Variable& held =
      variables_.emplace_back(Variable{cut(variable.name), cut(variable.type), cut(variable.file), variable.line});
  bytes_ += kTableBytes + held.name.size() + held.type.size() + held.file.size();
  return VariableId{variables() - 1};
}

ThreadId DefinitionsEncoder::add(const Thread& thread) {
  threads_.push_back({thread.tid, cut(thread.name)});
  bytes_ += kTableBytes + threads_.back().name.size();
  return ThreadId{threads() - 1};
}

void DefinitionsEncoder::rename(ThreadId thread, std::string_view name) {
  renames_.push_back({thread, cut(name)});
  bytes_ += kTableBytes + renames_.back().name.size();
}

void DefinitionsEncoder::finish(flatbuffers::FlatBufferBuilder& builder) {
  builder.Clear();
  const auto text = [&](const std::string& string) { return builder.CreateString(string); };
  const auto modules = make_vector(builder, modules_, [&](const Module& module) {
    return fb::CreateModule(builder, text(module.path), text(module.build_id), module.bias, module.begin, module.end,
                            module.is_executable, module.is_system);
  });
  const auto threads = make_vector(builder, threads_, [&](const Thread& thread) {
    return fb::CreateThread(builder, thread.tid, text(thread.name));
  });
  const auto renames = make_vector(builder, renames_, [&](const Rename& rename) {
    return fb::CreateRename(builder, static_cast<std::uint32_t>(rename.thread), text(rename.name));
  });
  const auto texts = make_vector(builder, texts_, text);
  const auto variables = make_vector(builder, variables_, [&](const Variable& variable) {
    return fb::CreateVariable(builder, text(variable.name), text(variable.type), text(variable.file), variable.line);
  });
  const FrameColumns columns = make_columns(frames_, first_frame_);
  builder.Finish(fb::CreateDefinitions(
      builder, first_module_, modules, first_thread_, threads, renames, first_text_, texts, first_variable_, variables,
      first_frame_, static_cast<std::uint32_t>(frames_.size()), builder.CreateVector(columns.parents),
      builder.CreateVector(columns.addresses), builder.CreateVector(columns.modules),
      builder.CreateVector(columns.flags), builder.CreateVector(columns.gaps)));

  first_module_ = this->modules();
  first_thread_ = this->threads();
  first_text_ = this->texts();
  first_variable_ = this->variables();
  first_frame_ = this->frames();
  modules_.clear();
  threads_.clear();
  renames_.clear();
  texts_.clear();
  variables_.clear();
  frames_.clear();
  bytes_ = 0;
}

}  // namespace heaptape
