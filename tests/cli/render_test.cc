// `heaptape render`: its output and its options.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "cli/pictures.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/cli/figures.h"
#include "tests/cli/tapes.h"
#include "tests/render/fixtures.h"
#include "tests/render/raster.h"

namespace heaptape::testing {
namespace {

class Render : public ::testing::Test {
 protected:
  std::vector<std::string> words(const std::string& view, const std::vector<std::string>& more) const {
    std::vector<std::string> all{"render", tape_of("leaking"), "--view", view, "-o", path};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string draw(const std::string& view, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = words(view, more);
    all.emplace_back("--force");
    answer(all);
    return read_file(path);
  }
  const ScratchFolder scratch;
  const std::string path = scratch.file("x.svg");
};

TEST_F(Render, SaysWhatItDrewAndTheSameFiguresTwice) {
  const std::string said = answer(words("icicle", {}));
  EXPECT_EQ(said, path + ": " + between(read_file(path), "<desc>", "</desc>") + "\n");
  const std::string once = read_file(path);
  EXPECT_EQ(draw("icicle"), once) << "the same tape and options give the same bytes";
}

TEST_F(Render, AnExistingPictureIsKeptWithoutForce) {
  write_file(path, "precious");
  expect_refused(words("timeline", {}), "exists; --force replaces it");
  EXPECT_EQ(read_file(path), "precious");
  EXPECT_EQ(draw("timeline").rfind("<?xml", 0), 0u);
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"x.svg"});
}

TEST_F(Render, AnOutputThatCanNotBeWrittenIsNamed) {
  const std::string& tape = tape_of("leaking");
  const auto onto = [&](const std::string& output) {
    return std::vector<std::string>{"render", tape, "--view", "icicle", "-o", output};
  };
  expect_refused(onto(scratch.file("none/x.svg")), "can't be written");
  expect_refused(onto(scratch.file("x.bmp")), "end its name in .svg, .png or .pdf");
  expect_refused(onto(scratch.path()), "tells no picture format");
  EXPECT_TRUE(scratch.names().empty());
}

TEST_F(Render, WordsThatAreWrongAreNamed) {
  expect_refused({"render", tape_of("leaking"), "--view", "sunburst", "-o", path}, "'sunburst' is no view");
  expect_refused({"render", tape_of("leaking"), "-o", path}, "--view is required");
  expect_refused({"render", tape_of("leaking"), "--view", "icicle"}, "--output is required");
  expect_refused(words("icicle", {"--cost", "money"}), "'money' is no cost");
  expect_refused(words("icicle", {"--direction", "up"}), "'up' is no direction");
  expect_refused(words("icicle", {"--width", "5"}), "--width");
  expect_refused(words("icicle", {"--height", "tall"}), "--height");
  expect_refused(words("timeline", {"--cost", "peak"}), "belongs to the views");
  expect_refused(words("timeline", {"--direction", "callers"}), "belongs to the views");
  EXPECT_TRUE(scratch.names().empty());
}

TEST_F(Render, TitleSizeAndThemeAreAsAsked) {
  const std::string svg = draw("timeline", {"--title", "Before & after", "--width", "800", "--height", "500"});
  EXPECT_EQ(between(svg, "<title>", "</title>"), "Before &amp; after");
  EXPECT_TRUE(contains(svg, "viewBox=\"0 0 800 500\""));
  EXPECT_NE(draw("timeline", {"--title", "Before & after", "--width", "800", "--height", "500", "--dark"}), svg);
}

TEST_F(Render, ATimelineIsStackedByWhatWasAsked) {
  const std::string plain = draw("timeline"), by_site = draw("timeline", {"--by", "site"});
  const std::string by_module = draw("timeline", {"--by", "module", "--layer", "all"});
  EXPECT_NE(plain, by_site);
  EXPECT_NE(by_site, draw("timeline", {"--by", "module"}));
  EXPECT_EQ(between(plain, "<desc>", "</desc>"), between(by_site, "<desc>", "</desc>")) << "the figures are the same";
  EXPECT_FALSE(by_module.empty());
  expect_refused(words("timeline", {"--by", "thread"}), "'thread' is nothing to stack by: site or module");
  expect_refused(words("icicle", {"--by", "site"}), "--by belongs to the views timeline");
}

TEST_F(Render, ADiffFlameSaysBothFiguresAndNeedsABase) {
  const auto peak_of = [](const std::string& tape) {
    return json_answer({"summary", tape})["peak_bytes"].get<std::uint64_t>();
  };
  answer({"render", tape_of("after/cache"), "--view", "diff-flame", "--against", tape_of("before/cache"), "-o", path});
  const std::string said = between(read_file(path), "<desc>", "</desc>");
  const std::size_t before = said.find(", before ");
  ASSERT_NE(before, std::string::npos) << said;
  EXPECT_EQ(exact_bytes_in(said.substr(0, before)), peak_of(tape_of("after/cache"))) << said;
  EXPECT_EQ(exact_bytes_in(said.substr(before)), peak_of(tape_of("before/cache"))) << said;
  expect_refused(words("diff-flame", {"--force"}), "name the older one by --against TAPE");
  expect_refused(words("flame", {"--force", "--against", tape_of("leaking")}),
                 "--against belongs to the views diff-flame");
  EXPECT_EQ(heaptape(words("diff-flame", {"--force", "--against", scratch.file("none.tape")})).status, 3);
}

TEST_F(Render, ADiffFlameOfAPartIsOfThatPartOfEachTape) {
  const std::string now = tape_of("after/cache"), before = tape_of("before/cache");
  const auto said = [&](std::vector<std::string> part) {
    std::vector<std::string> line{"render", now, "--view", "diff-flame", "--against", before, "--force", "-o", path};
    line.insert(line.end(), part.begin(), part.end());
    answer(line);
    return between(read_file(path), "<desc>", "</desc>");
  };
  const auto total = [](const std::string& tape, std::vector<std::string> part, const char* cost) {
    part.insert(part.begin(), {"top", tape});
    return json_answer(part)["total"][cost].get<std::uint64_t>();
  };
  const auto expect = [](const std::string& words, std::uint64_t now_bytes, std::uint64_t before_bytes) {
    const std::size_t at = words.find(", before ");
    ASSERT_NE(at, std::string::npos) << words;
    EXPECT_EQ(exact_bytes_in(words.substr(0, at)), now_bytes) << words;
    EXPECT_EQ(exact_bytes_in(words.substr(at)), before_bytes) << words;
  };
  const std::vector<std::string> large{"--size", "200..", "--cost", "allocated"};
  expect(said(large), total(now, large, "allocated_bytes"), total(before, large, "allocated_bytes"));
  expect(said({"--at", "peak"}), total(now, {"--at", "peak"}, "live_bytes"),
         total(before, {"--at", "peak"}, "live_bytes"));
  expect_refused({"render", now, "--view", "diff-flame", "--against", tape_of("phases"), "--thread", "no such",
                  "--force", "-o", path},
                 "no thread of the tape");
}

TEST_F(Render, CallersStartAtTheSitesAndCalleesAtMain) {
  const std::string down = draw("icicle", {"--cost", "leaked"});
  const std::string up = draw("icicle", {"--cost", "leaked", "--direction", "callers"});
  EXPECT_NE(down, up);
  EXPECT_EQ(between(down, "<desc>", "</desc>"), between(up, "<desc>", "</desc>")) << "the figures are the same";
}

TEST_F(Render, EachFormatIsWhatItsNameSays) {
  const auto begin_of = [&](const std::string& name) {
    answer({"render", tape_of("leaking"), "--view", "timeline", "-o", scratch.file(name)});
    return read_file(scratch.file(name)).substr(0, 5);
  };
  EXPECT_EQ(begin_of("a.PNG"), "\x89PNG\r");
  EXPECT_EQ(begin_of("a.pdf"), "%PDF-");
  EXPECT_EQ(begin_of("a.svg"), "<?xml");
}

// Every view in the command's table, of a recorded sample, of a tape without events and of one with a single block.
class EveryView : public ::testing::TestWithParam<const char*> {
 protected:
  EveryView() : tape_(path_of(GetParam())), symbols_(tape_), selection_(tape_, Layer::program) {
    base_maker_.birth(0x5000, 24, base_maker_.in_program(0x2000));
    base_.emplace(base_maker_.finish());
  }
  Picture draw(const cli::View& view, const PictureOptions& how) {
    Symbols base_symbols(*base_);
    const Selection base_selection(*base_, Layer::program);
    const ChangeSide against{*base_, base_selection, base_symbols};
    return view.draw({.tape = tape_, .selection = selection_, .symbols = symbols_, .against = &against}, how).picture;
  }
  // As librsvg has it.
  render_test::Raster rasterised(const std::string& svg) const {
    write_file(scratch_.file("x.svg"), svg);
    const Finished run = run_command({"rsvg-convert", scratch_.file("x.svg")});
    EXPECT_EQ(run.status, 0) << run.err;
    return render_test::decoded(run.out);
  }
  const ScratchFolder scratch_;

 private:
  std::string path_of(const std::string& name) {
    if (name == "sample") return tape_of("phases");
    if (name == "one_block") maker_.birth(0x5000, 24, maker_.in_program(0x2000));
    maker_.finish();
    return maker_.path();
  }
  TapeMaker maker_, base_maker_;
  std::optional<TapeReader> base_;
  TapeReader tape_;
  Symbols symbols_;
  Selection selection_;
};

// Read by libxml2, librsvg and poppler, none of which drew them.
TEST_P(EveryView, IsOnePictureAsSvgPngAndPdf) {
  std::vector<double> alike;  // much less than what is drawn differs from a blank page
  const auto file_of = [&](std::size_t i, const char* ending) {
    return scratch_.file(std::to_string(10 + i) + ending);
  };
  std::vector<std::string> xmllint{"xmllint", "--noout"}, pdfunite{"pdfunite"};
  std::vector<render_test::Raster> pngs;
  for (const cli::View& view : cli::views()) {
    SCOPED_TRACE(view.name);
    const auto drawn = [&](PictureFormat format) { return draw(view, {.format = format, .size = {640, 0}}); };
    const Picture svg = drawn(PictureFormat::svg);
    pngs.push_back(render_test::decoded(drawn(PictureFormat::png).document));
    EXPECT_EQ(pngs.back().width, 640);
    EXPECT_EQ(pngs.back().height, static_cast<int>(svg.page.size.height));
    render_test::Raster blank = pngs.back();
    std::fill(blank.pixels.begin(), blank.pixels.end(), blank.pixels.front());
    alike.push_back(render_test::difference(pngs.back(), blank) / 3);
    EXPECT_GT(alike.back(), 0.3) << "nearly nothing is drawn";
    EXPECT_LT(render_test::difference(rasterised(svg.document), pngs.back()), alike.back());
    const std::size_t number = xmllint.size();
    write_file(file_of(number, ".svg"), svg.document);
    write_file(file_of(number, ".pdf"), drawn(PictureFormat::pdf).document);
    xmllint.push_back(file_of(number, ".svg"));
    pdfunite.push_back(file_of(number, ".pdf"));
  }
  EXPECT_EQ(run_command(xmllint).err, "");
  pdfunite.push_back(scratch_.file("all.pdf"));
  EXPECT_EQ(run_command(pdfunite).err, "");
  const Finished paged = run_command({"pdftoppm", "-r", "72", "-png", pdfunite.back(), scratch_.file("page")});
  EXPECT_EQ(paged.err, "");
  for (std::size_t i = 0; i < pngs.size(); ++i) {
    SCOPED_TRACE(cli::views()[i].name);
    const std::string page = scratch_.file("page-" + std::string(i + 1 < 10 ? "0" : "") + std::to_string(i + 1));
    EXPECT_LT(render_test::difference(render_test::decoded(read_file(page + ".png")), pngs[i]), alike[i]);
  }
}

TEST_P(EveryView, TextLiesOnThePageAndApart) {
  for (const cli::View& view : cli::views()) {
    for (const double width : {400, 1280, 1600}) {
      SCOPED_TRACE(std::string(view.name) + ", " + std::to_string(static_cast<int>(width)) + " px");
      render_test::expect_orderly_text(draw(view, {.size = {width, 0}}).page);
    }
  }
}

// The text of a narrow SVG alone, as librsvg paints it: no glyph is outside of the boxes of the layout.
TEST_P(EveryView, GlyphsStayInTheirBoxes) {
  for (const cli::View& view : cli::views()) {
    SCOPED_TRACE(view.name);
    const Page page = draw(view, {.size = {400, 0}}).page;
    Canvas canvas(PictureFormat::svg, page.size, {1, 1, 1}, {});
    for (const TextBox& text : page.texts) canvas.text(text, {0, 0, 0});
    const render_test::Raster raster = rasterised(canvas.finish());
    std::size_t inside = 0, outside = 0;
    for (int y = 0; y < raster.height; ++y) {
      for (int x = 0; x < raster.width; ++x) {
        if (raster.at(x, y) == 0xFFFFFF) continue;
        const Rect pixel{static_cast<double>(x), static_cast<double>(y), 1, 1};
        const bool is_inside = std::any_of(page.texts.begin(), page.texts.end(),
                                           [&](const TextBox& text) { return text.box.inset(-2, -2).contains(pixel); });
        ++(is_inside ? inside : outside);
      }
    }
    EXPECT_GT(inside, 0u);
    EXPECT_EQ(outside, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, EveryView, ::testing::Values("sample", "no_events", "one_block"),
                         [](const auto& tape) { return std::string(tape.param); });

}  // namespace
}  // namespace heaptape::testing
