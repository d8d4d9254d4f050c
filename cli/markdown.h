// Markdown tables of names that anyone may have chosen.
#pragma once

#include <string>

namespace heaptape::cli {

// As code inside a table's cell: one line, nothing in it is markup.
std::string code_cell(const std::string& name);
// As plain text.
std::string text_cell(const std::string& text);

}  // namespace heaptape::cli
