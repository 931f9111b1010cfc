#include "slip/page.h"

#include "slip/canvas.h"
#include "slip/reading.h"

namespace tally::slip {

namespace {

constexpr double kMargin = 36;
constexpr double kWidth = kPageWidth - 2 * kMargin;
constexpr double kRight = kPageWidth - kMargin;
constexpr double kScoreWidth = 200;
constexpr double kGap = 10;

const TextStyle kNetwork{9, false, false, 0.3, 1};
const TextStyle kTitle{20, true, false, 0, 2};
const TextStyle kScoreNote{10.5, true, true, 0, 2};
const TextStyle kStars{18, false, true, 0, 1};
const TextStyle kWarning{10.5, true, false, 0, 2};
const TextStyle kHeading{12, true, false, 0, 1};
const TextStyle kColumns{8, false, false, 0.4, 1};
const TextStyle kEntry{10, false, false, 0, 2};
const TextStyle kCrowdedEntry{10, false, false, 0, 1};
constexpr std::size_t kCrowded = 6;  // entries; from here on a title has one line
const TextStyle kEntryNumber{10, true, false, 0, 1};
const TextStyle kBy{7.5, false, false, 0.35, 1};
const TextStyle kLabel{7.5, false, false, 0.4, 1};
const TextStyle kFact{8.5, false, false, 0, 2};
const TextStyle kHow{8.5, false, false, 0, 7};
const TextStyle kNote{7.5, false, false, 0.35, 3};

TextStyle right(TextStyle style) {
  style.right = true;
  return style;
}

// Draws, and remembers where.
class Layout {
 public:
  explicit Layout(Canvas& canvas) : canvas_(canvas) {}

  // Returns the lower edge.
  double text(const std::string& words, double x, double y, double width, const TextStyle& style) {
    if (words.empty()) return y;
    const double bottom = y + canvas_.text(words, x, y, width, style);
    boxes_.push_back({words, x, y, x + width, bottom});
    return bottom;
  }
  double warning(const std::string& words, double y) {
    if (words.empty()) return y;
    const double height = canvas_.height_of(words, kWidth - 16, kWarning) + 8;
    canvas_.fill(kMargin, y, kWidth, height, 0.85);
    text(words, kMargin + 8, y + 4, kWidth - 16, kWarning);
    return y + height + 6;
  }
  // As large as fits its column in one line.
  double score(const std::string& words, double y) {
    TextStyle style{54, true, true, 0, 1};
    const double left = kRight - kScoreWidth;
    for (; style.size > 12; style.size -= 2) {
      TextStyle free = style;
      free.lines = 0;
      if (canvas_.height_of(words, kScoreWidth, free) <= canvas_.height_of(words, kScoreWidth, style) + 1) break;
    }
    return text(words, left, y, kScoreWidth, style);
  }
  void rule(double y) { canvas_.rule(y, kMargin, kRight); }
  Result<double> code(ByteView bytes, const std::string& name, double x, double y, double side) {
    const auto drawn = canvas_.code(bytes, x, y, side);
    if (drawn) boxes_.push_back({name, x, y, x + *drawn, y + *drawn});
    return drawn;
  }

  [[nodiscard]] std::vector<Box> boxes() && { return std::move(boxes_); }

 private:
  Canvas& canvas_;
  std::vector<Box> boxes_;
};

// Whose score, of what, and the score: what is read at arm's length. Returns the lower edge, as all of these.
double draw_head(const Page& page, Layout& layout, double y) {
  y = layout.warning(page.warning, y);
  const double words = kWidth - kScoreWidth - kGap;
  double left = layout.text(page.network, kMargin, y, words, kNetwork) + 2;
  left = layout.text(page.title, kMargin, left, words, kTitle) + 4;
  left = layout.text(page.subject, kMargin, left, words, kFact);
  double number = layout.score(page.score, y);
  number = layout.text(page.stars, kRight - kScoreWidth, number, kScoreWidth, kStars);
  number = layout.text(page.score_note, kRight - kScoreWidth, number, kScoreWidth, kScoreNote);
  return std::max(left, number) + 6;
}

double draw_entry(const EntryLine& line, Layout& layout, double y, const TextStyle& words) {
  constexpr double kDate = 68;
  constexpr double kNumber = 62;
  constexpr double kTitleWidth = kWidth - kDate - 2 * kNumber - 12;
  const TextStyle& number = words.size == kColumns.size ? kColumns : kEntryNumber;
  double bottom = layout.text(line.date, kMargin, y, kDate - 6, words);
  const double title = layout.text(line.what, kMargin + kDate, y, kTitleWidth, words);
  layout.text(line.change, kRight - 2 * kNumber, y, kNumber, right(number));
  bottom = std::max(bottom, layout.text(line.score, kRight - kNumber + 6, y, kNumber - 6, right(number)));
  return std::max(bottom, layout.text(line.by, kMargin + kDate, title, kTitleWidth, kBy));
}

double draw_entries(const Page& page, Layout& layout, double y) {
  layout.rule(y);
  y = layout.text(page.entries_title, kMargin, y + 5, kWidth, kHeading) + 2;
  if (!page.entries.empty()) y = draw_entry(page.columns, layout, y, kColumns) + 2;
  const TextStyle& style = page.entries.size() < kCrowded ? kEntry : kCrowdedEntry;
  for (const auto& entry : page.entries) y = draw_entry(entry, layout, y, style) + 2.5;
  return layout.text(page.entries_note, kMargin, y, kWidth, kNote) + 4;
}

// Where codes stand: beside the words that say how they are checked.
struct CodeGrid {
  std::size_t columns = 1;
  double side = 0;
};

constexpr double kSideLeast = 141;  // 117 modules of 5 dots: the largest code that a part makes
constexpr double kSideMost = 236;
constexpr double kBlockWidth = 300;

CodeGrid grid_of(std::size_t count, double room) {
  CodeGrid out;
  out.columns = count > 2 || (count == 2 && room / 2 < kSideLeast + kGap) ? 2 : 1;
  const auto rows = static_cast<double>((count + out.columns - 1) / out.columns);
  out.side = std::min({kSideMost, room / rows, kBlockWidth / static_cast<double>(out.columns)});
  return out;
}

Error too_little_room(const std::string& what, double room) {
  return make_error(ErrorCode::too_large, "slip",
                    what + " leave " + std::to_string(static_cast<int>(std::max(room, 0.0))) + " points a code",
                    "at least " + std::to_string(static_cast<int>(kSideLeast)) + ": fewer entries");
}

Status draw_foot(const Page& page, const std::vector<Bytes>& parts, Layout& layout, double y) {
  layout.rule(y);
  y += 6;
  const double room = kPageHeight - kMargin * 0.6 - y;
  const CodeGrid grid = grid_of(parts.size(), room);
  if (grid.side < kSideLeast) return too_little_room("its entries", grid.side);
  double edge = kRight;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double x = kRight - static_cast<double>(grid.columns - i % grid.columns) * grid.side;
    const double top = y + static_cast<double>(i / grid.columns) * grid.side;
    const auto drawn = layout.code(parts[i], "code " + std::to_string(i + 1), x, top, grid.side);
    if (!drawn) return drawn.error();
    edge = std::min(edge, x);
  }
  const double width = edge - kMargin - kGap;
  for (const auto& [label, value] : page.facts) {
    y = layout.text(label, kMargin, y, width, kLabel);
    y = layout.text(value, kMargin, y, width, kFact) + 3;
  }
  y = layout.text(page.how, kMargin, y + 2, width, kHow) + 3;
  y = layout.text(page.codes_note, kMargin, y, width, kNote);
  if (y > kPageHeight - kMargin / 2) return too_little_room("its entries and facts", grid.side - (y - kPageHeight));
  return {};
}

}  // namespace

Result<std::vector<Box>> draw_page(const Page& page, const std::vector<Bytes>& parts, PictureKind kind,
                                   const std::string& file) {
  if (page.entries.size() > kPageEntriesMax)
    return make_error(ErrorCode::too_large, "slip", "has " + std::to_string(page.entries.size()) + " entries",
                      "at most " + std::to_string(kPageEntriesMax));
  auto canvas = Canvas::open(kind, file);
  if (!canvas) return canvas.error();
  Layout layout(*canvas);
  const double head = draw_head(page, layout, kMargin);
  const double entries = draw_entries(page, layout, head);
  if (auto foot = draw_foot(page, parts, layout, entries); !foot) return foot.error();
  if (auto done = canvas->finish(); !done) return done.error();
  return std::move(layout).boxes();
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
  line(page.subject);
  line(page.score + " " + page.score_note + (page.stars.empty() ? "" : "  " + page.stars));
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
