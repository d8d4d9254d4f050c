#include "cli/markdown.h"

#include "cli/view.h"

namespace heaptape::cli {

std::string code_cell(const std::string& name) {
  std::string cell;
  for (const char c : safe(name)) {
    if (c == '|') cell += '\\';  // ends a cell inside of code too
    cell += c == '`' ? '\'' : c;
  }
  return cell.empty() ? cell : "`" + cell + "`";
}

std::string text_cell(const std::string& text) {
  std::string cell;
  for (const char c : safe(text)) {
    if (std::string("\\`*_{}[]<>()#+!|~@").find(c) != std::string::npos) cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace heaptape::cli
