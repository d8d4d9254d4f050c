// Which program images are recorded: `record --process`.
#pragma once

#include <regex.h>

#include <memory>
#include <string>

#include "recorder/mapping.h"

namespace heaptape {

class ImageFilter {
 public:
  // A POSIX extended expression; empty: every image matches. Throws std::invalid_argument, with the reason.
  explicit ImageFilter(const std::string& expression);

  bool takes_all() const { return expression_ == nullptr; }
  // Whether it is found in the path of the image's executable, or in the base name of its argv[0].
  bool matches(const MappingHeader& header) const;

 private:
  struct Release {
    void operator()(regex_t* expression) const;
  };
  std::unique_ptr<regex_t, Release> expression_;
};

}  // namespace heaptape
