// A file appears whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace heaptape {

enum class Existing { keep, replace };

// Written beside `path` and renamed. Throws PictureError with one sentence, and leaves what was there as it
// was: also where `path` exists and is to be kept.
void write_whole(const std::string& path, std::string_view bytes, Existing existing);

}  // namespace heaptape
