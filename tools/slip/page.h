// Purpose: a slip as a page: words and codes laid out on A4, drawn as PNG or PDF, or written as text.
// Thread rule: one thread at a time (Pango).
// Units: points (1/72 inch) on the page; a PNG has 300 dots an inch.
// Errors: too_large (more than kPageEntriesMax entries, or words that leave too little room for the codes), io_failed.
// Invariant: nothing is drawn over something else or off the page: every text is measured before the next is placed,
// and texts that are too long for their lines end with an ellipsis.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace tally::slip {

struct EntryLine {
  std::string date;
  std::string what;    // rule and title
  std::string change;  // "+3.0"
  std::string score;   // after it
  std::string by;
};

// The words of a slip, in the reader's language.
struct Page {
  std::string network;
  std::string title;
  std::string subject;  // whose score
  std::string warning;  // a test clock; empty if there is nothing to warn of
  std::string score;    // large
  std::string stars;    // as many signs; empty if the rulebook has none
  std::string score_note;
  std::vector<std::pair<std::string, std::string>> facts;
  std::string entries_title;
  EntryLine columns;  // their headings
  std::vector<EntryLine> entries;
  std::string entries_note;
  std::string how;  // it is checked
  std::string codes_note;
};

inline constexpr std::size_t kPageEntriesMax = 8;

// What was drawn, where.
struct Box {
  std::string what;
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

enum class PictureKind { png, pdf };
// `parts` each become one code. The file is new or replaced.
Result<std::vector<Box>> draw_page(const Page& page, const std::vector<Bytes>& parts, PictureKind kind,
                                   const std::string& file);

// Words, then the proof between two marks.
std::string text_page(const Page& page, ByteView proof);

}  // namespace tally::slip
