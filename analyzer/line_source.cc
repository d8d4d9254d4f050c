#include "analyzer/line_source.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <new>
#include <vector>

namespace heaptape {
namespace {

constexpr std::size_t kPiece = 1 << 17;

}  // namespace

// Gives unpacked bytes; asks for packed ones when it has none left.
class LineSource::Unpacker {
 public:
  virtual ~Unpacker() = default;
  // Appends some; false: there are no more.
  virtual bool unpack(std::string& text) = 0;
  bool is_cut() const { return is_cut_; }

 protected:
  Unpacker(const Read& read, std::string first) : input_(std::move(first)), read_(read) {}
  // Sees to packed bytes; false: there are no more.
  bool more() {
    if (used_ < input_.size()) return true;
    input_.resize(kPiece);
    input_.resize(read_(input_));
    used_ = 0;
    return !input_.empty();
  }
  std::string input_;
  std::size_t used_ = 0;
  bool is_cut_ = false;

 private:
  const Read& read_;
};

namespace {

class Plain : public LineSource::Unpacker {
 public:
  Plain(const LineSource::Read& read, std::string first) : Unpacker(read, std::move(first)) {}
  bool unpack(std::string& text) override {
    if (!more()) return false;
    text.append(input_, used_);
    used_ = input_.size();
    return true;
  }
};

class Zstd : public LineSource::Unpacker {
 public:
  Zstd(const LineSource::Read& read, std::string first) : Unpacker(read, std::move(first)) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, 27);  // 128 MiB, whatever the file asks for
  }
  bool unpack(std::string& text) override {
    if (!more() && is_whole_) return false;
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    ZSTD_inBuffer in{input_.data(), input_.size(), used_};
    ZSTD_outBuffer out{text.data() + before, kPiece, 0};
    const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in);
    if (ZSTD_isError(left)) throw ImportError(fmt::format("its zstd data is damaged ({})", ZSTD_getErrorName(left)));
    const bool moved = in.pos != used_ || out.pos != 0;
    used_ = in.pos;
    text.resize(before + out.pos);
    if (moved) is_whole_ = left == 0;
    is_cut_ = !moved && !is_whole_;
    return moved;
  }

 private:
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_{ZSTD_createDStream(), ZSTD_freeDStream};
  bool is_whole_ = true;  // a frame has ended
};

class Gzip : public LineSource::Unpacker {
 public:
  Gzip(const LineSource::Read& read, std::string first) : Unpacker(read, std::move(first)) {
    if (inflateInit2(&stream_, MAX_WBITS + 16) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { inflateEnd(&stream_); }
  bool unpack(std::string& text) override {
    if (!more()) {
      is_cut_ = !is_whole_;
      return false;
    }
    if (is_whole_) inflateReset(&stream_);  // one member behind the other
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data() + used_);
    stream_.avail_in = static_cast<uInt>(input_.size() - used_);
    stream_.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream_.avail_out = kPiece;
    const int state = inflate(&stream_, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) throw ImportError("its gzip data is damaged");
    is_whole_ = state == Z_STREAM_END;
    used_ = input_.size() - stream_.avail_in;
    text.resize(before + kPiece - stream_.avail_out);
    return true;
  }

 private:
  z_stream stream_{};
  bool is_whole_ = false;
};

}  // namespace

LineSource::LineSource(Read read) : read_(std::move(read)) {}
LineSource::~LineSource() = default;

bool LineSource::fill() {
  if (is_over_) return false;
  if (!unpacker_) {
    std::string first(kPiece, '\0');
    first.resize(read_(first));
    if (first.starts_with("\x28\xb5\x2f\xfd"))
      unpacker_ = std::make_unique<Zstd>(read_, std::move(first));
    else if (first.starts_with("\x1f\x8b"))
      unpacker_ = std::make_unique<Gzip>(read_, std::move(first));
    else
      unpacker_ = std::make_unique<Plain>(read_, std::move(first));
  }
  text_.erase(0, at_);
  at_ = 0;
  if (unpacker_->unpack(text_)) return true;
  is_over_ = true;
  is_cut_ = unpacker_->is_cut() || !text_.empty();
  return false;
}

bool LineSource::next(std::string_view& line) {
  for (std::size_t searched = at_;;) {
    const std::size_t end = text_.find('\n', searched);
    if (end != std::string::npos) {
      line = std::string_view(text_).substr(at_, end - at_);
      at_ = end + 1;
      ++number_;
      return true;
    }
    if (text_.size() - at_ > kLongestLine)
      throw ImportError(fmt::format("line {} is longer than {} bytes", number_ + 1, kLongestLine));
    searched = text_.size() - at_;  // fill() moves the text to its front
    if (!fill()) return false;
  }
}

}  // namespace heaptape
