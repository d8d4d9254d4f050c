// From a report to a document: the way in for everyone who wants a picture.
#pragma once

#include <optional>
#include <string>

#include "analyzer/addresses.h"
#include "analyzer/change_tree.h"
#include "analyzer/exchange.h"
#include "analyzer/lifespans.h"
#include "analyzer/reports.h"
#include "analyzer/sizes.h"
#include "render/canvas.h"
#include "render/icicle_layout.h"
#include "render/overview_layout.h"

namespace heaptape {

struct PictureOptions {
  PictureFormat format = PictureFormat::svg;
  Size size;          // 0: the view's own choice
  std::string title;  // empty: made from the report
  bool dark = false;
  std::uint64_t created_unix_ns = 0;  // the tape's start, for a PDF's dates
};

struct Picture {
  std::string document;     // the file's bytes
  std::string description;  // one sentence with the exact figures; a PDF's subject and an SVG's <desc>
  Page page;                // its size, and each text in its box
};

// By the part behind the last dot, case ignored.
std::optional<PictureFormat> picture_format_of(const std::string& path);

// The same report and options give the same bytes. Throw PictureError.
Picture draw(const TimelineReport& report, const PictureOptions& options);
Picture draw(const TreeReport& report, const PictureOptions& options, TreeShape shape = TreeShape::icicle);
Picture draw(const SizesReport& report, const PictureOptions& options);
Picture draw(const OverviewReport& report, const PictureOptions& options);
Picture draw(const ChangeTreeReport& report, const PictureOptions& options);
Picture draw(const AddressesReport& report, const PictureOptions& options);
Picture draw(const LifespansReport& report, const PictureOptions& options);
Picture draw_treemap(const TopReport& report, const PictureOptions& options);
Picture draw(const ExchangeReport& report, const PictureOptions& options);

}  // namespace heaptape
