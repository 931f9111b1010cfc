// A slip's proof survives the page: cut into codes, drawn, turned, shrunk, dirtied, and read back.
#include <cairo.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <random>

#include "slip/page.h"
#include "slip/parts.h"
#include "slip/reading.h"
#include "support/temp_directory.h"

namespace tally::slip {

using test::TempDirectory;

namespace {

Bytes proof_of(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<Byte>(random());
  return out;
}

Page page_of(std::size_t entries) {
  Page page;
  page.network = "Yingshan county";
  page.title = "信用积分 Credit points of households";
  page.warning = "TEST CLOCK: block time is driven by clients. This slip is worth nothing outside a trial.";
  page.score = "103.5";
  page.score_note = "points, 5 stars: 五星信用户";
  for (const char* label : {"account of", "rulebook", "as of", "certified by", "chain"})
    page.facts.emplace_back(label, std::string(64, 'a'));
  page.entries_title = "The last entries";
  for (std::size_t i = 0; i < entries; ++i)
    page.entries.push_back({"2026-03-01",
                            "award: QZ7 season contract performed with a title that goes on for two lines 按季履行合同",
                            "+3.0", "103.5", "proposed by 01234567, endorsed by 89abcdef, block 1234"});
  page.how = "Anybody can check this slip: photograph the codes, then `tally verify PICTURE --genesis genesis.json`.";
  page.codes_note = "The codes hold the proof.";
  return page;
}

struct Picture {
  int width = 0;
  int height = 0;
  Bytes dots;
};

struct Surface {
  cairo_surface_t* surface;
  explicit Surface(cairo_surface_t* made) : surface(made) {}
  ~Surface() { cairo_surface_destroy(surface); }
  Surface(const Surface&) = delete;
  Surface& operator=(const Surface&) = delete;
};

// As a scanner or a telephone sees it: turned by an angle about its middle, and scaled.
Picture seen(const std::string& png, double radians, double scale) {
  const Surface page(cairo_image_surface_create_from_png(png.c_str()));
  // The whole page, however it is turned.
  const double across =
      std::hypot(cairo_image_surface_get_width(page.surface), cairo_image_surface_get_height(page.surface));
  const int width = static_cast<int>(across * scale);
  const int height = width;
  const Surface out(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  cairo_t* context = cairo_create(out.surface);
  cairo_set_source_rgb(context, 0.8, 0.8, 0.8);
  cairo_paint(context);
  cairo_translate(context, width / 2.0, height / 2.0);
  cairo_rotate(context, radians);
  cairo_scale(context, scale, scale);
  cairo_set_source_surface(context, page.surface, -cairo_image_surface_get_width(page.surface) / 2.0,
                           -cairo_image_surface_get_height(page.surface) / 2.0);
  cairo_paint(context);
  cairo_destroy(context);
  cairo_surface_flush(out.surface);
  Picture picture{width, height, Bytes(static_cast<std::size_t>(width) * static_cast<std::size_t>(height))};
  const unsigned char* data = cairo_image_surface_get_data(out.surface);
  const int stride = cairo_image_surface_get_stride(out.surface);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      picture.dots[static_cast<std::size_t>(y * width + x)] = data[y * stride + 4 * x + 1];
  return picture;
}

Result<Bytes> read(const Picture& picture) {
  return proof_in_dots(picture.dots.data(), picture.width, picture.height);
}

std::string draw(const TempDirectory& directory, const Bytes& proof, std::size_t entries = 5) {
  const std::string file = (directory.path() / "slip.png").string();
  const auto parts = split_proof(proof);
  REQUIRE(parts.has_value());
  const auto drawn = draw_page(page_of(entries), *parts, PictureKind::png, file);
  if (!drawn) FAIL(drawn.error().text());
  return file;
}

}  // namespace

TEST_CASE("Parts join in any order and a wrong one is told") {
  for (const std::size_t size : {std::size_t{1}, kPartBytesMax, kPartBytesMax + 1, kSlipProofBytesMax}) {
    const Bytes proof = proof_of(size);
    auto parts = split_proof(proof).value();
    CHECK(parts.size() == (size + kPartBytesMax - 1) / kPartBytesMax);
    std::reverse(parts.begin(), parts.end());
    parts.push_back(parts.front());
    parts.push_back(proof_of(30));
    CHECK(join_proof(parts).value() == proof);
  }
  CHECK(split_proof(proof_of(kSlipProofBytesMax + 1)).error().code == ErrorCode::too_large);
  CHECK(split_proof({}).error().code == ErrorCode::too_large);
  CHECK(join_proof({}).error().text().find("no code of a slip") != std::string::npos);
  const auto mine = split_proof(proof_of(1500, 1)).value();
  const auto theirs = split_proof(proof_of(1500, 2)).value();
  CHECK(join_proof({mine[0], mine[2]}).error().field == "code 2 of 3");
  CHECK(join_proof({mine[0], theirs[1], mine[2]}).error().text().find("is of another slip") != std::string::npos);
  auto damaged = mine;
  damaged[1].back() ^= 1;
  CHECK(join_proof(damaged).error().field == "codes");
}

TEST_CASE("A drawn slip is read back as it is and turned and shrunk") {
  const TempDirectory directory;
  for (const std::size_t size : {std::size_t{700}, std::size_t{1500}, kSlipProofBytesMax}) {
    const Bytes proof = proof_of(size);
    const std::string file = draw(directory, proof);
    INFO(size << " bytes");
    CHECK(proof_in_picture(file).value() == proof);
    CHECK(read(seen(file, 0.03, 1.0)).value() == proof);
    CHECK(read(seen(file, -0.1, 0.7)).value() == proof);
    CHECK(read(seen(file, 1.5708, 0.8)).value() == proof);
  }
}

TEST_CASE("Noise and a blot do not hide the proof and a covered code is named") {
  const TempDirectory directory;
  const Bytes proof = proof_of(1000);
  const std::string file = draw(directory, proof);
  Picture picture = seen(file, 0.02, 0.8);
  std::mt19937 random(7);
  for (auto& dot : picture.dots) {
    const int noisy = dot + static_cast<int>(random() % 41) - 20;
    dot = static_cast<Byte>(std::clamp(noisy, 0, 255));
  }
  CHECK(read(picture).value() == proof);
  // The right half of the page's lower part is covered: its code is gone.
  for (int y = picture.height / 2; y < picture.height; ++y)
    for (int x = picture.width / 2 + 20; x < picture.width; ++x)
      picture.dots[static_cast<std::size_t>(y * picture.width + x)] = 255;
  const auto covered = read(picture);
  REQUIRE_FALSE(covered.has_value());
  CHECK(covered.error().field == "code 2 of 2");
}

TEST_CASE("The longest slip fits its page and a longer one is refused before anything is written") {
  const TempDirectory directory;
  (void)draw(directory, proof_of(kSlipProofBytesMax), 5);
  const std::string file = (directory.path() / "long.png").string();
  const auto refused = draw_page(page_of(30), split_proof(proof_of(3000)).value(), PictureKind::png, file);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::too_large);
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("A text slip holds its proof between two lines") {
  const Bytes proof = proof_of(900);
  const std::string text = text_page(page_of(2), proof);
  CHECK(form_of(text) == SlipForm::text);
  CHECK(proof_in_text(text).value() == proof);
  CHECK(proof_in_text(text.substr(0, text.size() - 40)).error().code == ErrorCode::missing_field);
  std::string other = text;
  other[other.find("PROOF-----") + 20] = 'x';
  CHECK(proof_in_text(other).error().code == ErrorCode::invalid_encoding);
}

TEST_CASE("What is no picture is refused") {
  const TempDirectory directory;
  CHECK(proof_in_picture((directory.path() / "absent.png").string()).error().code == ErrorCode::io_failed);
  const std::string file = draw(directory, proof_of(100));
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  CHECK_FALSE(proof_in_picture(file).has_value());
}

}  // namespace tally::slip
