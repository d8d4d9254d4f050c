// The table of views that `heaptape render` draws.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/analyze.h"
#include "render/picture.h"

namespace heaptape::cli {

// What a picture is asked to show.
struct Subject {
  const TapeReader& tape;
  const Selection& selection;
  Symbols& symbols;
  Cost cost = Cost::peak;
  TreeReport::Direction direction = TreeReport::Direction::callees;
};

struct Drawn {
  Picture picture;
  std::vector<Caveat> caveats;
};

struct View {
  const char* name;
  const char* shows;    // for the help
  bool at;              // what was live at an instant makes a picture
  bool cost;            // --cost chooses
  bool direction;       // --direction chooses
  const char* instead;  // why not: the second half of a refusal
  Drawn (*draw)(const Subject& subject, const PictureOptions& how);
};

std::span<const View> views();
// Null: there is none of that name.
const View* view_named(std::string_view name);

}  // namespace heaptape::cli
