// What standard output can show: colour and width. Piped, text is plain and never cut.
#pragma once

#include <string>
#include <string_view>

namespace heaptape::cli {

enum class Style { plain, bold, dim, accent, warning };

struct Terminal {
  bool colour = false;
  int columns = 0;  // 0: no limit
  std::string paint(Style style, std::string_view text) const;
};

// Colour on a tty, unless NO_COLOR is set or TERM is "dumb".
Terminal standard_output();

// Characters, of which each is taken to be one column wide; `text` is UTF-8.
int width_of(std::string_view text);
// At most `columns` wide, the middle replaced by an ellipsis; 0: as it is.
std::string fit(std::string_view text, int columns);

// Writes all of it to standard output. Throws std::system_error if that fails, but not for a reader
// that had enough (`| head`).
void put(std::string_view text);

// "heaptape: " and one sentence to standard error, fit for a terminal whatever names it bears.
void complain(std::string_view sentence);

}  // namespace heaptape::cli
