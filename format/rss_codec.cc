#include "format/rss_codec.h"

#include "format/varint.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

class DeltaColumn {
 public:
  void put(std::uint64_t value) {
    std::uint8_t coded[kMaxVarintBytes];
    bytes.insert(bytes.end(), coded, put_varint(coded, zigzag(value - last_)));
    last_ = value;
  }
  std::vector<std::uint8_t> bytes;

 private:
  std::uint64_t last_ = 0;
};

}  // namespace

void encode_rss(flatbuffers::FlatBufferBuilder& builder, std::span<const RssSample> samples) {
  DeltaColumn times, bytes;
  for (const RssSample& sample : samples) {
    times.put(sample.time_ns);
    bytes.put(sample.bytes);
  }
  builder.Clear();
  builder.Finish(fb::CreateRssSamples(builder, static_cast<std::uint32_t>(samples.size()),
                                      builder.CreateVector(times.bytes), builder.CreateVector(bytes.bytes)));
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
