#include "slip/page.h"

#include "slip/canvas.h"
#include "slip/reading.h"

namespace tally::slip {

namespace {

constexpr double kMargin = 42;
constexpr double kWidth = kPageWidth - 2 * kMargin;
constexpr double kGap = 10;

const TextStyle kTitle{20, true, false, 0};
const TextStyle kScore{52, true, false, 0};
const TextStyle kHeading{11, true, false, 0};
const TextStyle kBody{9.5, false, false, 0};
const TextStyle kLabel{9.5, false, false, 0.4};
const TextStyle kSmall{8, false, false, 0.3};

TextStyle right(TextStyle style) {
  style.right = true;
  return style;
}

// Places one thing below the other.
class Layout {
 public:
  explicit Layout(Canvas& canvas) : canvas_(canvas) {}

  void text(const std::string& words, const TextStyle& style, double gap = 2) {
    if (words.empty()) return;
    y_ += canvas_.text(words, kMargin, y_, kWidth, style) + gap;
  }
  void space(double height) { y_ += height; }
  void rule() {
    canvas_.rule(y_, kMargin, kPageWidth - kMargin);
    y_ += kGap / 2;
  }
  void warning(const std::string& words) {
    if (words.empty()) return;
    const TextStyle style{11, true, false, 0};
    const double height = canvas_.height_of(words, kWidth - 16, style) + 10;
    canvas_.fill(kMargin, y_, kWidth, height, 0.85);
    canvas_.text(words, kMargin + 8, y_ + 5, kWidth - 16, style);
    y_ += height + kGap;
  }
  void fact(const std::string& label, const std::string& value) {
    constexpr double kLabelWidth = 120;
    const double left = canvas_.text(label, kMargin, y_, kLabelWidth - 8, kLabel);
    const double height = canvas_.text(value, kMargin + kLabelWidth, y_, kWidth - kLabelWidth, kBody);
    y_ += std::max(left, height) + 2;
  }
  void entry(const EntryLine& line, const TextStyle& style) {
    constexpr double kDate = 66;
    constexpr double kChange = 54;
    constexpr double kAfter = 58;
    const double what = kWidth - kDate - kChange - kAfter - 12;
    double height = canvas_.text(line.date, kMargin, y_, kDate, style);
    const double title = canvas_.text(line.what, kMargin + kDate, y_, what, style);
    const double by = canvas_.text(line.by, kMargin + kDate, y_ + title, what, kSmall);
    height = std::max(height, title + by);
    canvas_.text(line.change, kMargin + kDate + what + 6, y_, kChange, right(style));
    canvas_.text(line.score, kPageWidth - kMargin - kAfter, y_, kAfter, right(style));
    y_ += height + 3;
  }

  [[nodiscard]] double y() const { return y_; }

 private:
  Canvas& canvas_;
  double y_ = kMargin;
};

void draw_words(const Page& page, Layout& layout) {
  layout.text(page.network, kSmall);
  layout.text(page.title, kTitle, 6);
  layout.warning(page.warning);
  layout.text(page.score, kScore, 0);
  layout.text(page.score_note, kHeading, kGap);
  layout.rule();
  for (const auto& [label, value] : page.facts) layout.fact(label, value);
  layout.space(kGap / 2);
  layout.text(page.entries_title, kHeading, 4);
  for (const auto& entry : page.entries) layout.entry(entry, kBody);
  layout.text(page.entries_note, kSmall, kGap / 2);
  layout.rule();
  layout.text(page.how, kBody, kGap);
}

// How codes stand: the arrangement that lets them be largest.
struct CodeGrid {
  std::size_t columns = 1;
  double side = 0;
};

// Five dots of a print for each of 97 modules, quiet zone included.
constexpr double kSideLeast = 130;
constexpr double kSideMost = 250;

CodeGrid grid_of(std::size_t count, double room) {
  CodeGrid best;
  for (std::size_t columns = 1; columns <= count; ++columns) {
    const auto rows = static_cast<double>((count + columns - 1) / columns);
    const double side = std::min({kSideMost, room / rows, kWidth / static_cast<double>(columns)});
    if (side > best.side) best = {columns, side};
  }
  return best;
}

}  // namespace

Status draw_page(const Page& page, const std::vector<Bytes>& parts, PictureKind kind, const std::string& file) {
  auto canvas = Canvas::open(kind, file);
  if (!canvas) return canvas.error();
  Layout layout(*canvas);
  draw_words(page, layout);
  const double note = canvas->height_of(page.codes_note, kWidth, kSmall);
  const CodeGrid grid = grid_of(parts.size(), kPageHeight - kMargin / 2 - layout.y() - note);
  if (grid.side < kSideLeast)
    return make_error(
        ErrorCode::too_large, "slip",
        "its words leave " + std::to_string(static_cast<int>(std::max(grid.side, 0.0))) + " points a code",
        "at least " + std::to_string(static_cast<int>(kSideLeast)) + ": fewer entries");
  double bottom = layout.y();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double x = kMargin + static_cast<double>(i % grid.columns) * kWidth / static_cast<double>(grid.columns);
    const double y = layout.y() + static_cast<double>(i / grid.columns) * grid.side;
    const auto drawn = canvas->code(parts[i], x, y, grid.side);
    if (!drawn) return drawn.error();
    bottom = std::max(bottom, y + *drawn);
  }
  canvas->text(page.codes_note, kMargin, bottom, kWidth, kSmall);
  return canvas->finish();
}

std::string text_page(const Page& page, ByteView proof) {
  std::string out;
  const auto line = [&](const std::string& text) {
    if (!text.empty()) out += text + "\n";
  };
  line(page.network);
  line(page.title);
  line(page.warning);
  out += "\n";
  line(page.score + "  " + page.score_note);
  out += "\n";
  for (const auto& [label, value] : page.facts) line(label + ": " + value);
  out += "\n";
  line(page.entries_title);
  for (const auto& entry : page.entries) {
    line("  " + entry.date + "  " + entry.change + "  -> " + entry.score + "  " + entry.what);
    if (!entry.by.empty()) line("      " + entry.by);
  }
  line(page.entries_note);
  out += "\n";
  line(page.how);
  out += "\n" + proof_block(proof);
  return out;
}

}  // namespace tally::slip
