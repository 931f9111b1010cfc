#include "slip/reading.h"

#include <ZXing/ReadBarcode.h>
#include <filesystem>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <memory>

#include "slip/parts.h"

namespace tally::slip {

namespace {

constexpr std::string_view kBegin = "-----BEGIN TALLY PROOF-----";
constexpr std::string_view kEnd = "-----END TALLY PROOF-----";
constexpr std::size_t kLineDigits = 64;

struct FreePicture {
  void operator()(GdkPixbuf* picture) const { g_object_unref(picture); }
};

// Grey dots, row by row.
struct Grey {
  const Byte* dots;
  int width;
  int height;

  [[nodiscard]] unsigned at(int x, int y) const { return dots[static_cast<std::size_t>(y) * width + x]; }
};

// Twice as wide and high, smoothed between dots: modules of three or four dots are read that way, and noise matters
// less.
Bytes doubled(const Grey& grey) {
  Bytes out;
  out.reserve(std::size_t{4} * grey.width * grey.height);
  for (int y = 0; y < 2 * grey.height; ++y) {
    const int top = y / 2;
    const int below = std::min(grey.height - 1, top + y % 2);
    for (int x = 0; x < 2 * grey.width; ++x) {
      const int left = x / 2;
      const int beside = std::min(grey.width - 1, left + x % 2);
      out.push_back(static_cast<Byte>(
          (grey.at(left, top) + grey.at(beside, top) + grey.at(left, below) + grey.at(beside, below)) / 4));
    }
  }
  return out;
}

// What one way of telling ink from shadow misses another may find: parts add up.
void add_parts(const Grey& grey, ZXing::Binarizer binarizer, std::vector<Bytes>& parts) {
  ZXing::DecodeHints hints;
  hints.setFormats(ZXing::BarcodeFormat::QRCode);
  hints.setTryHarder(true);
  hints.setBinarizer(binarizer);
  for (const auto& found : ZXing::ReadBarcodes({grey.dots, grey.width, grey.height, ZXing::ImageFormat::Lum}, hints)) {
    if (found.isValid()) parts.emplace_back(found.bytes().begin(), found.bytes().end());
  }
}

// Larger pictures are sharp enough as they are, and would take much memory.
constexpr std::int64_t kDoubledDotsMax = 20'000'000;

Result<Bytes> proof_in(const Grey& grey) {
  std::vector<Bytes> parts;
  for (const auto binarizer : {ZXing::Binarizer::LocalAverage, ZXing::Binarizer::GlobalHistogram}) {
    add_parts(grey, binarizer, parts);
    if (auto joined = join_proof(parts)) return joined;
  }
  if (std::int64_t{grey.width} * grey.height <= kDoubledDotsMax) {
    const Bytes larger = doubled(grey);
    add_parts({larger.data(), 2 * grey.width, 2 * grey.height}, ZXing::Binarizer::LocalAverage, parts);
  }
  return join_proof(parts);
}

}  // namespace

SlipForm form_of(std::string_view head) {
  if (head.starts_with("\x89PNG") || head.starts_with("\xff\xd8\xff")) return SlipForm::picture;
  return head.find(kBegin) != head.npos ? SlipForm::text : SlipForm::none;
}

Result<Bytes> proof_in_picture(const std::string& file) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed) return make_error(ErrorCode::io_failed, file, "cannot be read: " + failed.message(), "a picture's file");
  if (size > kPictureBytesMax)
    return make_error(ErrorCode::too_large, file, "has " + std::to_string(size) + " bytes",
                      "at most " + std::to_string(kPictureBytesMax));
  // From the picture's head alone.
  int width = 0;
  int height = 0;
  if (gdk_pixbuf_get_file_info(file.c_str(), &width, &height) == nullptr || width <= 0 || height <= 0)
    return make_error(ErrorCode::io_failed, file, "is no picture that can be read", "a PNG or JPEG of the slip");
  if (std::int64_t{width} * height > kPictureDotsMax)
    return make_error(ErrorCode::too_large, file,
                      "has " + std::to_string(width) + " x " + std::to_string(height) + " dots",
                      "at most " + std::to_string(kPictureDotsMax) + " in all");
  GError* error = nullptr;
  const std::unique_ptr<GdkPixbuf, FreePicture> picture(gdk_pixbuf_new_from_file(file.c_str(), &error));
  if (picture == nullptr) {
    const std::string why = error != nullptr ? error->message : "unknown";
    if (error != nullptr) g_error_free(error);
    return make_error(ErrorCode::io_failed, file, "is a damaged picture: " + why, "a whole PNG or JPEG of the slip");
  }
  width = gdk_pixbuf_get_width(picture.get());
  height = gdk_pixbuf_get_height(picture.get());
  const Byte* rows = gdk_pixbuf_read_pixels(picture.get());
  const auto stride = static_cast<std::size_t>(gdk_pixbuf_get_rowstride(picture.get()));
  const auto channels = static_cast<std::size_t>(gdk_pixbuf_get_n_channels(picture.get()));
  Bytes grey;
  grey.reserve(static_cast<std::size_t>(width) * height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const Byte* dot = rows + y * stride + x * channels;
      grey.push_back(static_cast<Byte>((dot[0] + 2 * dot[1] + dot[2]) / 4));
    }
  return proof_in({grey.data(), width, height});
}

Result<Bytes> proof_in_dots(const Byte* dots, int width, int height) {
  return proof_in({dots, width, height});
}

std::string proof_block(ByteView proof) {
  std::string out(kBegin);
  out += "\n";
  const std::string digits = to_hex(proof);
  for (std::size_t at = 0; at < digits.size(); at += kLineDigits) out += digits.substr(at, kLineDigits) + "\n";
  out += kEnd;
  return out + "\n";
}

Result<Bytes> proof_in_text(std::string_view text) {
  const auto begin = text.find(kBegin);
  const auto end = begin == text.npos ? text.npos : text.find(kEnd, begin);
  if (end == text.npos)
    return make_error(ErrorCode::missing_field, "proof",
                      begin == text.npos ? "has no line that begins it" : "has no line that ends it",
                      "the lines from " + std::string(kBegin) + " to " + std::string(kEnd));
  std::string digits;
  for (const char c : text.substr(begin + kBegin.size(), end - begin - kBegin.size()))
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') digits += c;
  const auto bytes = from_hex(digits);
  if (!bytes)
    return make_error(ErrorCode::invalid_encoding, "proof", "its lines hold something else than hexadecimal digits",
                      "lower-case hexadecimal digits");
  return *bytes;
}

}  // namespace tally::slip
