// A file appears whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "render/canvas.h"

namespace heaptape {

// The file can't be written; `error` as errno has it.
class UnwritableFile : public PictureError {
 public:
  UnwritableFile(const std::string& path, int error_number);
  int error;
};

enum class Existing { keep, replace };

// Written beside `path` and renamed. Throws UnwritableFile with one sentence, and leaves what was there as it
// was: also where `path` exists and is to be kept.
void write_whole(const std::string& path, std::string_view bytes, Existing existing);

}  // namespace heaptape
