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

// What is wrong with a slip whose codes were seen but could not be read says more than that one is missing.
Error with_damage(Error error, std::size_t damaged) {
  if (error.code != ErrorCode::missing_field || damaged == 0) return error;
  error.problem += "; " + std::to_string(damaged) + (damaged == 1 ? " code is" : " codes are") +
                   " there but covered, creased or blurred beyond reading";
  return error;
}

Result<Bytes> proof_in(const ZXing::ImageView& view) {
  ZXing::DecodeHints hints;
  hints.setFormats(ZXing::BarcodeFormat::QRCode);
  hints.setTryHarder(true);
  hints.setReturnErrors(true);
  std::vector<Bytes> parts;
  std::size_t damaged = 0;
  // How a photograph's shadows are told from ink differs: what one way misses the other may find.
  for (const auto binarizer : {ZXing::Binarizer::LocalAverage, ZXing::Binarizer::GlobalHistogram}) {
    hints.setBinarizer(binarizer);
    std::size_t unread = 0;
    for (const auto& found : ZXing::ReadBarcodes(view, hints)) {
      if (found.isValid())
        parts.emplace_back(found.bytes().begin(), found.bytes().end());
      else
        ++unread;
    }
    damaged = std::max(damaged, unread);
    if (auto joined = join_proof(parts)) return joined;
  }
  return with_damage(join_proof(parts).error(), damaged);
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
  const int channels = gdk_pixbuf_get_n_channels(picture.get());
  const ZXing::ImageView view(gdk_pixbuf_get_pixels(picture.get()), gdk_pixbuf_get_width(picture.get()),
                              gdk_pixbuf_get_height(picture.get()),
                              channels == 4 ? ZXing::ImageFormat::RGBX : ZXing::ImageFormat::RGB,
                              gdk_pixbuf_get_rowstride(picture.get()), channels);
  return proof_in(view);
}

Result<Bytes> proof_in_dots(const Byte* dots, int width, int height) {
  return proof_in(ZXing::ImageView(dots, width, height, ZXing::ImageFormat::Lum));
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
