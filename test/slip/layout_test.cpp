// Whatever the words, everything stands on one page and nothing on something else.
#include "slip/paper.h"
#include "slip/parts.h"
#include "support/temp_directory.h"

namespace tally::test {

namespace {

constexpr double kPageWidth = 595.28;
constexpr double kPageHeight = 841.89;

bool overlap(const slip::Box& a, const slip::Box& b) {
  constexpr double kTouch = 0.5;
  return a.left < b.right - kTouch && b.left < a.right - kTouch && a.top < b.bottom - kTouch &&
         b.top < a.bottom - kTouch;
}

void check_boxes(const std::vector<slip::Box>& boxes) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    INFO(boxes[i].what);
    CHECK(boxes[i].left >= 18);
    CHECK(boxes[i].right <= kPageWidth - 18);
    CHECK(boxes[i].top >= 18);
    CHECK(boxes[i].bottom <= kPageHeight - 15);
    for (std::size_t j = i + 1; j < boxes.size(); ++j) {
      INFO(boxes[j].what);
      CHECK_FALSE(overlap(boxes[i], boxes[j]));
    }
  }
}

}  // namespace

TEST_CASE("the longest words and eight entries fit one page with the largest proof") {
  for (const bool chinese : {false, true})
    for (const auto length : {Length::usual, Length::longest})
      for (const std::size_t entries : {std::size_t{1}, slip::kPageEntriesMax})
        for (const std::size_t bytes : {std::size_t{700}, std::size_t{1500}, slip::kSlipProofBytesMax}) {
          INFO("chinese " << chinese << ", longest " << (length == Length::longest) << ", " << entries << " entries, "
                          << bytes << " bytes");
          const auto parts = slip::split_proof(sample_proof(bytes)).value();
          const auto page = drawn(sample_page(entries, length, chinese), parts);
          check_boxes(page.boxes);
          for (std::size_t i = 1; i <= parts.size(); ++i) {
            const auto code = page.code(i);
            CHECK(code.right - code.left >= 5 * 100);  // five dots a module
          }
        }
}

TEST_CASE("more entries than a page holds are refused before anything is drawn") {
  TempDirectory directory;
  const std::string file = (directory.path() / "slip.png").string();
  const auto parts = slip::split_proof(sample_proof(100)).value();
  const auto page = sample_page(slip::kPageEntriesMax + 1, Length::usual, false);
  const auto boxes = slip::draw_page(page, parts, slip::PictureKind::png, file);
  REQUIRE_FALSE(boxes);
  CHECK(boxes.error().code == ErrorCode::too_large);
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a PDF is one page, and a place that cannot be written is said") {
  TempDirectory directory;
  const std::string file = (directory.path() / "slip.pdf").string();
  const auto parts = slip::split_proof(sample_proof(2000)).value();
  REQUIRE(slip::draw_page(sample_page(8, Length::usual, true), parts, slip::PictureKind::pdf, file));
  CHECK(std::filesystem::file_size(file) > 1000);
  for (const auto kind : {slip::PictureKind::pdf, slip::PictureKind::png}) {
    const auto nowhere = slip::draw_page(sample_page(1, Length::usual, false), parts, kind,
                                         (directory.path() / "absent" / "slip").string());
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == ErrorCode::io_failed);
  }
}

}  // namespace tally::test
