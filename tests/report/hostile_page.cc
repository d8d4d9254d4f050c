// Writes a page whose every name tries to be markup or script.
#include <fstream>

#include "render/report/report_page.h"

int main(int argc, char** argv) {
  using namespace heaptape;
  const std::string name = "</script><img src=x onerror=alert(1)><script>alert(2)</script>\xE2\x80\xA8\xFF{{data}}\"'`";
  RunReport report;
  report.summary.program = report.summary.command = report.summary.path = report.summary.origin.host = name;
  report.variables.push_back({.name = name, .type = name, .file = name});
  report.variables.back().details.push_back({.thread = name, .shared = {{name, 0, 1, 8}}});
  report.timeline.steps = {{0, 0, 24, 24}};
  report.timeline.duration_ns = 1000;
  report.timeline.selection.quiet_end = {900, 50'000, 4096};
  report.timeline.marks.push_back({1, name, name});
  report.timeline.peak = {24, 1, 10, 1};
  report.borders = {0, 500, 1000};
  report.callees.nodes.push_back({.label = name,
                                  .detail = name,
                                  .function = name + name,
                                  .self = {.peak = 24, .allocated = 24, .count = 1},
                                  .share = 1,
                                  .cells = {{0, 2, 24, 1, 0}}});
  report.callers = report.callees;
  report.leaks.push_back({.label = name, .detail = name, .bytes = 1, .blocks = 1, .levels = {}});
  report.caveats.push_back({"cut", 1, name});
  if (argc == 2) std::ofstream(argv[1], std::ios::binary) << report_page(report, nullptr, "");
}
