#include "render/theme.h"

namespace heaptape {
namespace {

constexpr Colour hex(std::uint32_t rgb) {
  return {static_cast<double>(rgb >> 16 & 0xFF) / 255, static_cast<double>(rgb >> 8 & 0xFF) / 255,
          static_cast<double>(rgb & 0xFF) / 255};
}

constexpr Theme kLight{
    .background = hex(0xFFFFFF),
    .panel = hex(0xFFFFFF),
    .panel_edge = hex(0xC9CED6),
    .text = hex(0x1B2430),
    .quiet_text = hex(0x5C6675),
    .bar_text = hex(0x1B2430),
    .grid = hex(0xE9ECF0),
    .axis = hex(0x9AA3AF),
    .mark = hex(0x7A8494),
    .peak = hex(0xC2410C),
    .caution = hex(0xD97706),
    .live_low = hex(0x3B7DB8),
    .live_high = hex(0xA9CCE8),
    .rss = hex(0x6B5B95),
    .share = hex(0x3B7DB8),
    .share_track = hex(0xE6EBF1),
    .program = {hex(0xF9CE8D), hex(0xF6BC78), hex(0xF3AB73), hex(0xF8D9A5), hex(0xF0C36B), hex(0xF2B896)},
    .system = {hex(0xBFD3E6), hex(0xCBDBEA), hex(0xB2C9DF), hex(0xD3E0EC)},
    .folded = hex(0xCDD1D6),
    .series = {hex(0x7FBCE6), hex(0xF0B14A), hex(0x5DBE9F), hex(0xE58A57), hex(0xDDA6C8), hex(0xEFE27A), hex(0x9AA7DB)},
    .heat = {hex(0xC0DAEF), hex(0x9AC5E2), hex(0x69AAD3), hex(0x3484BD), hex(0x115CA0), hex(0x0A3568)},
    .grown = {hex(0xF7CDBB), hex(0xEE9C7B), hex(0xDD6A3F)},
    .shrunk = {hex(0xC3DCEF), hex(0x8DBBE0), hex(0x4F93C9)},
    .same = hex(0xE4E6E9),
};

constexpr Theme kDark{
    .background = hex(0x14181F),
    .panel = hex(0x1E2530),
    .panel_edge = hex(0x46505F),
    .text = hex(0xE8ECF1),
    .quiet_text = hex(0x9CA7B6),
    .bar_text = hex(0x10141A),
    .grid = hex(0x262D38),
    .axis = hex(0x5C6778),
    .mark = hex(0x8A95A5),
    .peak = hex(0xFDBA74),
    .caution = hex(0xFBBF24),
    .live_low = hex(0x5BA3DB),
    .live_high = hex(0x2C5577),
    .rss = hex(0xB9A5E8),
    .share = hex(0x5BA3DB),
    .share_track = hex(0x2A323E),
    .program = {hex(0xE0A95C), hex(0xD99A50), hex(0xD08A52), hex(0xE2B878), hex(0xD2A348), hex(0xD29A74)},
    .system = {hex(0x8BA6C1), hex(0x99B1C9), hex(0x7E9AB6), hex(0xA5BACF)},
    .folded = hex(0x3E4651),
    .series = {hex(0x5E9FCB), hex(0xD29A3C), hex(0x4BA588), hex(0xC9754A), hex(0xBD88A9), hex(0xC9BE62), hex(0x7F8DC4)},
    .heat = {hex(0x274B70), hex(0x295C90), hex(0x2F72B0), hex(0x4790CE), hex(0x83BAE6), hex(0xD2E8FA)},
    .grown = {hex(0x9C7263), hex(0xC27E5E), hex(0xE08A5C)},
    .shrunk = {hex(0x64809A), hex(0x6A97BF), hex(0x72B0E4)},
    .same = hex(0x7C838D),
};

}  // namespace

const Colour& Theme::ink_of(TextRole role) const {
  switch (role) {
    case TextRole::title:
    case TextRole::heading:
    case TextRole::site:
    case TextRole::figure:
    case TextRole::caveat:
      return text;
    case TextRole::callout_figure:
      return peak;
    case TextRole::bar:
      return bar_text;
    case TextRole::subtitle:
    case TextRole::axis:
    case TextRole::mark:
    case TextRole::callout_detail:
    case TextRole::note:
    case TextRole::message:
      return quiet_text;
  }
  return text;
}

const Colour& Theme::of(Key key) const {
  switch (key) {
    case Key::live_low:
      return live_low;
    case Key::live_high:
      return live_high;
    case Key::program:
      return program[0];
    case Key::system:
      return system[0];
    case Key::folded:
      return folded;
  }
  return folded;
}

const Colour& Theme::of(const IcicleBar& bar) const {
  switch (bar.kind) {
    case IcicleBar::Kind::program:
      return program[bar.shade % kProgramShades];
    case IcicleBar::Kind::system:
      return system[bar.shade % kSystemShades];
    case IcicleBar::Kind::folded:
      return folded;
  }
  return folded;
}

const Colour& Theme::of(Ink ink) const {
  switch (ink.family) {
    case Ink::Family::series:
      return series[ink.shade % kSeriesInks];
    case Ink::Family::heat:
      return heat[ink.shade % kHeatInks];
    case Ink::Family::grown:
      return grown[ink.shade % kChangeInks];
    case Ink::Family::shrunk:
      return shrunk[ink.shade % kChangeInks];
    case Ink::Family::same:
      return same;
    case Ink::Family::folded:
      return folded;
    case Ink::Family::value:
      return share;
    case Ink::Family::track:
      return share_track;
  }
  return folded;
}

const Theme& light_theme() { return kLight; }
const Theme& dark_theme() { return kDark; }

}  // namespace heaptape
