// Slips printed, then scanned or photographed more or less well.
#include <fstream>

#include "slip/paper.h"
#include "slip/parts.h"
#include "slip/reading.h"
#include "support/temp_directory.h"

namespace tally::test {

namespace {

struct Slip {
  explicit Slip(std::size_t bytes, std::uint32_t seed = 1, std::size_t entries = 5)
      : proof(sample_proof(bytes, seed)),
        parts(slip::split_proof(proof).value()),
        page(drawn(sample_page(entries, Length::usual, seed % 2 == 0), parts)) {}

  Bytes proof;
  std::vector<Bytes> parts;
  Drawn page;
};

std::string refusal(const Result<Bytes>& read) {
  REQUIRE_FALSE(read);
  return read.error().text();
}

void write_bytes(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("codes read back from the page for proofs of all sizes") {
  for (const std::size_t bytes :
       {std::size_t{90}, std::size_t{780}, std::size_t{1500}, std::size_t{2200}, slip::kSlipProofBytesMax}) {
    INFO(bytes);
    const Slip slip(bytes, bytes % 3 == 0 ? 2 : 1, 8);
    CHECK(slip.page.paper.proof().value() == slip.proof);
  }
}

TEST_CASE("codes read back from a page that lies askew and is photographed smaller with noise") {
  const Slip slip(2400);
  REQUIRE(slip.parts.size() == 4);
  std::uint32_t seed = 40;
  for (const auto& [degrees, scale] : {std::pair{-3.0, 0.7}, std::pair{7.5, 0.7}, std::pair{181.5, 0.8}}) {
    Paper photo = slip.page.paper.photographed(degrees, scale);
    photo.add_noise(30, ++seed);
    INFO(degrees << " degrees at " << scale << " with seed " << seed);
    CHECK(photo.proof().value() == slip.proof);
  }
}

TEST_CASE("a blot over part of each code does no harm") {
  Slip slip(2400);
  for (std::size_t i = 1; i <= slip.parts.size(); ++i) {
    const auto code = slip.page.code(i);
    const double side = code.right - code.left;
    slip.page.paper.stain(code.left + side * 0.45, code.top + side * 0.4, side * 0.18, side * 0.18, i % 2 == 0 ? 0 : 1);
  }
  Paper photo = slip.page.paper.photographed(1.5, 0.7);
  photo.add_noise(30, 7);
  CHECK(photo.proof().value() == slip.proof);
}

TEST_CASE("a code that is covered or cut off is named") {
  Slip slip(2400);
  const auto code = slip.page.code(3);
  const double side = code.right - code.left;
  SECTION("wholly") {
    slip.page.paper.stain(code.left, code.top, side, side, 0.6);
    CHECK(refusal(slip.page.paper.proof()).find("code 3 of 4: cannot be read") != std::string::npos);
  }
  SECTION("so that it is seen and not read") {
    slip.page.paper.stain(code.left + side * 0.3, code.top + side * 0.3, side * 0.55, side * 0.35, 0);
    const std::string text = refusal(slip.page.paper.proof());
    INFO(text);
    CHECK(text.find("code 3 of 4: cannot be read") != std::string::npos);
  }
}

TEST_CASE("codes may stand in another order") {
  const Slip slip(2400);
  auto parts = slip.parts;
  std::rotate(parts.begin(), parts.begin() + 1, parts.end());
  CHECK(drawn(sample_page(2, Length::usual, false), parts).paper.proof().value() == slip.proof);
}

TEST_CASE("a code of another slip is named") {
  Slip slip(2400, 1);
  const Slip other(2400, 3);
  const auto code = slip.page.code(2);
  slip.page.paper.paste(other.page.paper, code.left, code.top, code.right - code.left, code.bottom - code.top,
                        code.left, code.top);
  const std::string text = refusal(slip.page.paper.proof());
  INFO(text);
  CHECK(text.find("is of another slip") != std::string::npos);
}

TEST_CASE("a dot more or less never gives another proof") {
  Slip slip(1500);
  std::uint32_t random = 12345;
  const auto next = [&random](double below) {
    random = random * 1664525U + 1013904223U;
    return static_cast<int>(random / 4294967296.0 * below);
  };
  for (int i = 0; i < 2; ++i) {
    const auto code = slip.page.code(1 + i % 2);
    for (int dot = 0; dot < 20; ++dot)
      slip.page.paper.flip_dot(static_cast<int>(code.left) + next(code.right - code.left),
                               static_cast<int>(code.top) + next(code.bottom - code.top));
    const auto read = slip.page.paper.proof();
    INFO(i);
    CHECK((!read || *read == slip.proof));
    CHECK(read);
  }
}

TEST_CASE("pictures are read from PNG and JPEG files") {
  const Slip slip(1500);
  TempDirectory directory;
  const auto file = [&](const std::string& name) { return (directory.path() / name).string(); };
  slip.page.paper.write_png(file("scan.png"));
  CHECK(slip::proof_in_picture(file("scan.png")).value() == slip.proof);
  Paper photo = slip.page.paper.photographed(-2, 0.7);
  photo.add_noise(25, 9);
  photo.write_jpeg(file("photo.jpg"), 70);
  CHECK(slip::proof_in_picture(file("photo.jpg")).value() == slip.proof);
  std::string head(16, '\0');
  std::ifstream(file("photo.jpg"), std::ios::binary).read(head.data(), 16);
  CHECK(slip::form_of(head) == slip::SlipForm::picture);
}

TEST_CASE("what is no picture or no slip is refused in words") {
  TempDirectory directory;
  const auto file = [&](const std::string& name) { return (directory.path() / name).string(); };
  CHECK(refusal(slip::proof_in_picture(file("absent.png"))).find("cannot be read") != std::string::npos);
  write_bytes(file("letter.png"), "To whom it may concern");
  CHECK(refusal(slip::proof_in_picture(file("letter.png"))).find("is no picture") != std::string::npos);
  Paper::white(600, 800).write_png(file("white.png"));
  CHECK(refusal(slip::proof_in_picture(file("white.png"))).find("there is no code of a slip") != std::string::npos);

  const Slip slip(300);
  slip.page.paper.write_png(file("whole.png"));
  std::ifstream in(file("whole.png"), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  write_bytes(file("half.png"), bytes.substr(0, bytes.size() / 2));
  CHECK(refusal(slip::proof_in_picture(file("half.png"))).find("is a damaged picture") != std::string::npos);
}

TEST_CASE("a picture that would take too much memory is refused by its head") {
  TempDirectory directory;
  const std::string file = (directory.path() / "huge.png").string();
  Paper::white(64, 64).write_png(file);
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  // A header chunk of 30000 x 30000 dots; its checksum is that of these bytes.
  out.seekp(16);
  const unsigned char head[] = {0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0, 0xe9, 0x45, 0x6f, 0xed};
  out.write(reinterpret_cast<const char*>(head), sizeof head);
  out.close();
  const auto read = slip::proof_in_picture(file);
  REQUIRE_FALSE(read);
  INFO(read.error().text());
  CHECK(read.error().code == ErrorCode::too_large);
  CHECK(read.error().text().find("30000 x 30000 dots") != std::string::npos);
}

}  // namespace tally::test
