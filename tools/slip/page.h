// Purpose: a slip as a page: words and codes laid out on A4, drawn as PNG or PDF, or written as text.
// Thread rule: one thread at a time (Pango).
// Units: points (1/72 inch) on the page; a PNG has 300 dots an inch.
// Errors: too_large (the words do not fit the page: says how much too long they are), io_failed.
// Invariant: nothing is drawn over something else: the layout measures every text before it places the next.
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
  std::string warning;  // a test clock; empty if there is nothing to warn of
  std::string score;    // large
  std::string score_note;
  std::vector<std::pair<std::string, std::string>> facts;
  std::string entries_title;
  std::vector<EntryLine> entries;
  std::string entries_note;
  std::string how;  // it is checked
  std::string codes_note;
};

enum class PictureKind { png, pdf };
// `parts` each become one code. The file is new or replaced.
Status draw_page(const Page& page, const std::vector<Bytes>& parts, PictureKind kind, const std::string& file);

// Words, then the proof between two marks.
std::string text_page(const Page& page, ByteView proof);

}  // namespace tally::slip
