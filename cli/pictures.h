// The table of views that `heaptape render` draws.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/analyze.h"
#include "analyzer/change_tree.h"
#include "render/picture.h"

namespace heaptape::cli {

// What a picture is asked to show.
struct Subject {
  const TapeReader& tape;
  const Selection& selection;
  Symbols& symbols;
  Cost cost = Cost::peak;
  TreeReport::Direction direction = TreeReport::Direction::callees;
  BandsBy by = BandsBy::none;
  const ChangeSide* against = nullptr;  // the base of a comparison: the same choice of the older tape
};

struct Drawn {
  Picture picture;
  std::vector<Caveat> caveats;
};

struct View {
  const char* name = "";
  const char* shows = "";  // for the help
  bool at = false;         // what was live at an instant makes a picture
  bool cost = false;       // --cost chooses
  bool direction = false;  // --direction chooses
  bool by = false;         // --by chooses
  bool against = false;    // --against is needed
  Drawn (*draw)(const Subject& subject, const PictureOptions& how) = nullptr;
};

std::span<const View> views();
// Null: there is none of that name.
const View* view_named(std::string_view name);

}  // namespace heaptape::cli
