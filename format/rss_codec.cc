#include "format/rss_codec.h"

#include "format/stored_column.h"
#include "format/verify_root.h"

namespace heaptape {
void encode_rss(flatbuffers::FlatBufferBuilder& builder, std::span<const RssSample> samples) {
  ColumnEncoder times, bytes;
  for (const RssSample& sample : samples) {
    times.put_delta(sample.time_ns);
    bytes.put_delta(sample.bytes);
  }
  builder.Clear();
  builder.Finish(fb::CreateRssSamples(builder, static_cast<std::uint32_t>(samples.size()),
                                      times.vector(builder), bytes.vector(builder)));
}

bool decode_rss(Bytes raw, std::vector<RssSample>& samples, std::string_view& reason) {
  const auto* block = verify_root<fb::RssSamples>(raw);
  if (block == nullptr || block->times() == nullptr || block->bytes() == nullptr ||
      block->count() > kMaxRssSamplesPerBlock) {
    reason = "is no well-formed block of RSS samples";
    return false;
  }
  VarintCursor times({block->times()->data(), block->times()->size()});
  VarintCursor bytes({block->bytes()->data(), block->bytes()->size()});
  const std::size_t before = samples.size();
  RssSample sample;
  for (std::uint32_t i = 0; i < block->count(); ++i) {
    sample.time_ns += unzigzag(times.next());
    sample.bytes += unzigzag(bytes.next());
    samples.push_back(sample);
  }
  if (times.consumed() && bytes.consumed()) return true;
  samples.resize(before);
  reason = "holds a column of the wrong length";
  return false;
}

void thin(std::vector<RssSample>& samples) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i + 1 < samples.size(); i += 2) {
    samples[kept++] = samples[i].bytes >= samples[i + 1].bytes ? samples[i] : samples[i + 1];
  }
  if (samples.size() % 2 != 0) samples[kept++] = samples.back();
  samples.resize(kept);
}

}  // namespace heaptape
