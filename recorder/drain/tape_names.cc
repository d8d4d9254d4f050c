#include "recorder/drain/tape_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace heaptape {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSuffix = ".tape";

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Whether `text` is two numbers: ".<pid>.<n>".
bool is_image_number(const std::string& text) {
  const std::size_t second = text.find('.', 1);
  if (text.empty() || text[0] != '.' || second == std::string::npos || second == 1 || second + 1 == text.size())
    return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(second), digit) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(second) + 1, text.end(), digit);
}

}  // namespace

TapeNames::TapeNames(const std::string& output, const std::string& program, std::uint32_t pid)
    : own_(output), pid_(pid) {
  const std::string name = fmt::format("heaptape.{}.{}.tape", program, pid);
  if (output.empty())
    own_ = name;
  else if (output.back() == '/' || fs::is_directory(output))
    own_ = (fs::path(output) / name).string();
  stem_ = ends_with(own_, kSuffix) ? own_.substr(0, own_.size() - kSuffix.size()) : own_;
}

std::string TapeNames::next(std::uint32_t pid, std::uint32_t& image) {
  std::string name;
  do {
    image = images_[pid]++;
    if (pid == pid_ && image == first_) return own_;
    name = of(pid, image);
  } while (keeps_existing_ && fs::exists(name));
  return name;
}

std::string TapeNames::of(std::uint32_t pid, std::uint32_t image) const {
  return fmt::format("{}.{}.{}{}", stem_, pid, image, kSuffix);
}

void TapeNames::keep_existing() {
  keeps_existing_ = true;
  if (!fs::exists(own_)) return;
  while (fs::exists(of(pid_, first_))) ++first_;
  images_[pid_] = first_;
  own_ = of(pid_, first_);
}

void TapeNames::remove_family() const {
  const fs::path stem(stem_);
  const fs::path folder = stem.has_parent_path() ? stem.parent_path() : fs::path(".");
  const std::string front = stem.filename().string();
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(front, 0) != 0 || !ends_with(name, kSuffix) || name.size() < front.size() + kSuffix.size()) continue;
    if (is_image_number(name.substr(front.size(), name.size() - front.size() - kSuffix.size())))
      fs::remove(entry.path(), ignored);
  }
}

}  // namespace heaptape
