#include "format/meta_codec.h"

#include "format/string_budget.h"

namespace heaptape {
namespace {

// Half of what a block of meta may hold; Linux itself allows 6 MiB of arguments, rarely seen.
constexpr std::size_t kMaxArgumentBytes = 4 << 20;
constexpr std::size_t kOffsetAndTerminator = 9;

std::vector<std::string> bounded(const std::vector<std::string>& arguments) {
  std::vector<std::string> kept;
  std::size_t bytes = 0;
  for (const std::string& argument : arguments) {
    bytes += argument.size() + kOffsetAndTerminator;
    if (bytes > kMaxArgumentBytes) break;
    kept.push_back(argument);
  }
  return kept;
}

}  // namespace

flatbuffers::Offset<fb::Meta> encode_meta(flatbuffers::FlatBufferBuilder& builder, const Meta& meta) {
  const auto program = builder.CreateString(meta.program);
  const auto arguments = builder.CreateVectorOfStrings(bounded(meta.arguments));
  const auto host = builder.CreateString(meta.host);
  const auto recorder = builder.CreateString(meta.recorder);
  return fb::CreateMeta(builder, program, arguments, host, recorder, meta.started_unix_ns, meta.pid, meta.parent_pid,
                        meta.image, meta.clock_step_ns, meta.forked, meta.own_malloc, meta.session, meta.number,
                        meta.parent, meta.min_size, meta.sample_bytes, static_cast<std::uint8_t>(meta.record_layer),
                        meta.unwind, meta.depth, meta.max_tape, meta.stripped);
}

bool decode_meta(const fb::Meta& stored, std::size_t raw_bytes, Meta& meta) {
  StringBudget text(raw_bytes);
  meta = Meta{};
  meta.program = text.copy(stored.program());
  if (stored.arguments() != nullptr) {
    for (const auto* argument : *stored.arguments()) meta.arguments.push_back(text.copy(argument));
  }
  meta.host = text.copy(stored.host());
  meta.recorder = text.copy(stored.recorder());
  meta.started_unix_ns = stored.started_unix_ns();
  meta.pid = stored.pid();
  meta.parent_pid = stored.parent_pid();
  meta.image = stored.image();
  meta.clock_step_ns = stored.clock_step_ns();
  meta.forked = stored.forked();
  meta.own_malloc = stored.own_malloc();
  meta.session = stored.session();
  meta.number = stored.number();
  meta.parent = stored.parent();
  meta.min_size = stored.min_size();
  meta.sample_bytes = stored.sample_bytes();
  if (stored.record_layer() <= static_cast<std::uint8_t>(Layer::all)) meta.record_layer = Layer{stored.record_layer()};
  meta.unwind = stored.unwind();
  meta.depth = stored.depth();
  meta.max_tape = stored.max_tape();
  meta.stripped = stored.stripped();
  return !text.is_exceeded();
}

}  // namespace heaptape
