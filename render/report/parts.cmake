# The page's files as one C++ source: scripts in the order in which they are to run.
function(embed_report_page output)
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/report)
  set(scripts units data ranges theme dom tables lanes timeline flame overview lists_in_range lists changes main)
  file(READ ${folder}/page.html html)
  file(READ ${folder}/style.css style)
  set(script "(() => {\n\"use strict\";\n")
  foreach(name ${scripts})
    file(READ ${folder}/${name}.js text)
    string(APPEND script "${text}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${name}.js)
  endforeach()
  string(APPEND script "})();\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/page.html ${folder}/style.css)
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [[
#include "render/report/report_page.h"

namespace heaptape {

const PageParts kPageParts = {R"heaptape(@html@)heaptape", R"heaptape(@style@)heaptape", R"heaptape(@script@)heaptape"};

}  // namespace heaptape
]])
endfunction()
