// `heaptape render`: its output and its options.
#include <gtest/gtest.h>

#include "tests/cli/figures.h"
#include "tests/cli/tapes.h"

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

}  // namespace
}  // namespace heaptape::testing
