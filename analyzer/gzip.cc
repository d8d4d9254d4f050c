#include "analyzer/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace heaptape {

std::string gzipped(std::string_view bytes) {
  constexpr int kGzip = 16;  // added to the window's size: with gzip's header instead of zlib's
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string packed;
  char part[1 << 16];
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    const std::size_t given = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(part);
    stream.avail_out = sizeof(part);
    state = deflate(&stream, given == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    packed.append(part, sizeof(part) - stream.avail_out);
    bytes.remove_prefix(given - stream.avail_in);
  }
  deflateEnd(&stream);
  return packed;
}

}  // namespace heaptape
