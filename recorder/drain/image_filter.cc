#include "recorder/drain/image_filter.h"

#include <string.h>

#include <algorithm>
#include <stdexcept>

namespace heaptape {
namespace {

bool is_found(const regex_t& expression, const std::string& text) {
  return regexec(&expression, text.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace

void ImageFilter::Release::operator()(regex_t* expression) const {
  regfree(expression);
  delete expression;
}

ImageFilter::ImageFilter(const std::string& expression) {
  if (expression.empty()) return;
  auto compiled = std::make_unique<regex_t>();
  const int error = regcomp(compiled.get(), expression.c_str(), REG_EXTENDED | REG_NOSUB);
  if (error != 0) {
    char reason[256];
    regerror(error, compiled.get(), reason, sizeof reason);
    throw std::invalid_argument(reason);
  }
  expression_.reset(compiled.release());
}

bool ImageFilter::matches(const MappingHeader& header) const {
  if (takes_all()) return true;
  const std::string executable(header.executable, strnlen(header.executable, sizeof header.executable));
  const std::size_t known = std::min<std::size_t>(header.arguments_bytes, sizeof header.arguments);
  const std::string first(header.arguments, strnlen(header.arguments, known));
  return is_found(*expression_, executable) || is_found(*expression_, first.substr(first.rfind('/') + 1));
}

}  // namespace heaptape
