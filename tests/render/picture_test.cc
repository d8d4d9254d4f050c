#include "render/picture.h"

#include <glib.h>

#include <cstring>

#include "tests/render/fixtures.h"
#include "tests/render/raster.h"

namespace heaptape {
namespace {

using namespace render_test;

// What an SVG's <title> and <desc> say; a parse error fails the test.
struct SvgWords {
  std::string title, description, *open = nullptr;
};

void begin_element(GMarkupParseContext*, const gchar* name, const gchar**, const gchar**, gpointer to, GError**) {
  auto* words = static_cast<SvgWords*>(to);
  words->open = std::strcmp(name, "title") == 0  ? &words->title
                : std::strcmp(name, "desc") == 0 ? &words->description
                                                 : nullptr;
}
void take_text(GMarkupParseContext*, const gchar* text, gsize size, gpointer to, GError**) {
  if (std::string* open = static_cast<SvgWords*>(to)->open) open->append(text, size);
}

SvgWords parsed(const std::string& svg) {
  SvgWords words;
  GMarkupParser parser{};
  parser.start_element = begin_element;
  parser.end_element = [](GMarkupParseContext*, const gchar*, gpointer to, GError**) {
    static_cast<SvgWords*>(to)->open = nullptr;
  };
  parser.text = take_text;
  GMarkupParseContext* context = g_markup_parse_context_new(&parser, GMarkupParseFlags{}, &words, nullptr);
  GError* error = nullptr;
  const bool good = g_markup_parse_context_parse(context, svg.data(), static_cast<gssize>(svg.size()), &error) &&
                    g_markup_parse_context_end_parse(context, &error);
  EXPECT_TRUE(good) << (error ? error->message : "");
  g_clear_error(&error);
  g_markup_parse_context_free(context);
  return words;
}

TimelineReport timeline_report() {
  TimelineReport report = hill(1200, 1'234);
  add_marks(report, 3);
  add_sites(report, 12);
  add_rss(report, 100, 8'000'000);
  return report;
}

// Markup, malformed bytes, controls, right-to-left and wide characters, wherever a tape puts in a name.
constexpr std::string_view kNasty = "</svg><script>&amp;\x01\xFF\xED\xA0\x80 שלום 関数 🦀 \xE2\x80\xAE\"'";

}  // namespace

TEST(Picture, FormatFollowsFromTheExtension) {
  EXPECT_EQ(picture_format_of("a.svg"), PictureFormat::svg);
  EXPECT_EQ(picture_format_of("dir.svg/a.PNG"), PictureFormat::png);
  EXPECT_EQ(picture_format_of("a.b.pdf"), PictureFormat::pdf);
  for (const char* name : {"", "svg", "a", "a.", "a.jpg", "a.svg/b", "a.svgz"})
    EXPECT_FALSE(picture_format_of(name)) << name;
}

TEST(Picture, SvgIsXmlAndTellsThePeakInWords) {
  const Picture picture = draw(timeline_report(), {});
  const SvgWords words = parsed(picture.document);
  EXPECT_EQ(words.title, "sample: live heap memory over time");
  EXPECT_EQ(words.description, "timeline of sample, layer program: peak 1,234 bytes in 8 blocks at 200 ms");
  EXPECT_EQ(words.description, picture.description);
  EXPECT_LT(picture.document.size(), 500'000U);
}

TEST(Picture, SvgOfAHeavyTreeStaysSmall) {
  const Picture picture = draw(branches(16), {});
  parsed(picture.document);
  EXPECT_LT(picture.document.size(), 500'000U);
}

TEST(Picture, PngDecodesToTheSizeAskedFor) {
  const Raster image = decoded(draw(timeline_report(), {.format = PictureFormat::png, .size = {640, 480}}).document);
  EXPECT_EQ(image.width, 640);
  EXPECT_EQ(image.height, 480);
  EXPECT_GT(image.colours(), 20U);
}

TEST(Picture, PdfHasOnePageAndTheTapesDate) {
  const std::string pdf =
      draw(timeline_report(), {.format = PictureFormat::pdf, .created_unix_ns = 86'400'000'000'000}).document;
  EXPECT_EQ(pdf.substr(0, 5), "%PDF-");
  EXPECT_NE(pdf.find("/Count 1"), std::string::npos);
  EXPECT_NE(pdf.find("19700102000000"), std::string::npos);
  EXPECT_NE(pdf.find("%%EOF"), std::string::npos);
}

TEST(Picture, SameReportAndOptionsGiveTheSameBytes) {
  for (const PictureFormat format : {PictureFormat::svg, PictureFormat::png, PictureFormat::pdf}) {
    for (const bool dark : {false, true}) {
      const PictureOptions options{.format = format, .dark = dark, .created_unix_ns = 1'700'000'000'000'000'000};
      EXPECT_EQ(draw(timeline_report(), options).document, draw(timeline_report(), options).document);
      EXPECT_EQ(draw(branches(10), options).document, draw(branches(10), options).document);
    }
  }
}

TEST(Picture, DarkDiffersFromLight) {
  EXPECT_NE(draw(branches(4), {.dark = true}).document, draw(branches(4), {}).document);
}

TEST(Picture, NamesFromATapeNeverBreakADocument) {
  TimelineReport report = timeline_report();
  report.program = report.command = kNasty;
  for (TimelineReport::Mark& mark : report.marks) mark.name = kNasty;
  for (SiteShare& site : report.peak_sites) site.label = kNasty;
  report.caveats = {{"k", 1, std::string(kNasty)}};
  TreeReport tree = branches(4);
  tree.program = tree.command = kNasty;
  for (TreeReport::Node& node : tree.nodes) node.label = kNasty;
  for (const std::string& title : {std::string(), std::string(kNasty)}) {
    for (const Picture& picture : {draw(report, {.title = title}), draw(tree, {.title = title})}) {
      parsed(picture.document);
      EXPECT_EQ(picture.document.find("<script"), std::string::npos);
    }
    for (const PictureFormat format : {PictureFormat::png, PictureFormat::pdf}) {
      EXPECT_FALSE(draw(report, {.format = format, .title = title}).document.empty());
      EXPECT_FALSE(draw(tree, {.format = format, .title = title}).document.empty());
    }
  }
}

TEST(Picture, EmptyReportsAreDrawnToo) {
  for (const PictureFormat format : {PictureFormat::svg, PictureFormat::png, PictureFormat::pdf}) {
    EXPECT_FALSE(draw(TimelineReport{}, {.format = format}).document.empty());
    EXPECT_FALSE(draw(TreeReport{}, {.format = format}).document.empty());
  }
}

}  // namespace heaptape
