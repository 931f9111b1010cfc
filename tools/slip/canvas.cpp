#include "slip/canvas.h"

#include <cairo-pdf.h>
#include <cmath>
#include <pango/pangocairo.h>
#include <qrencode.h>

namespace tally::slip {

namespace {

constexpr const char* kFonts = "DejaVu Sans, Droid Sans Fallback";
constexpr double kDot = 72.0 / kDotsPerInch;
constexpr int kQuietModules = 4;

struct FreeLayout {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
};
struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

std::unique_ptr<PangoLayout, FreeLayout> layout_of(cairo_t* context, const std::string& words, double width,
                                                   const TextStyle& style) {
  std::unique_ptr<PangoLayout, FreeLayout> layout(pango_cairo_create_layout(context));
  PangoFontDescription* font = pango_font_description_from_string(kFonts);
  pango_font_description_set_absolute_size(font, style.size * PANGO_SCALE);
  pango_font_description_set_weight(font, style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  pango_layout_set_width(layout.get(), static_cast<int>(std::lround(width * PANGO_SCALE)));
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment(layout.get(), style.right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
  if (style.lines > 0) {
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_height(layout.get(), -style.lines);
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  }
  pango_layout_set_text(layout.get(), words.data(), static_cast<int>(words.size()));
  return layout;
}

double height_in(PangoLayout* layout) {
  int width = 0;
  int height = 0;
  pango_layout_get_size(layout, &width, &height);
  return static_cast<double>(height) / PANGO_SCALE;
}

}  // namespace

Result<Canvas> Canvas::open(PictureKind kind, const std::string& file) {
  Canvas out(kind, file);
  if (kind == PictureKind::pdf) {
    out.surface_.reset(cairo_pdf_surface_create(file.c_str(), kPageWidth, kPageHeight));
  } else {
    const auto dots = [](double points) { return static_cast<int>(std::lround(points / kDot)); };
    out.surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, dots(kPageWidth), dots(kPageHeight)));
    cairo_surface_set_device_scale(out.surface_.get(), 1 / kDot, 1 / kDot);
  }
  if (cairo_surface_status(out.surface_.get()) != CAIRO_STATUS_SUCCESS)
    return make_error(
        ErrorCode::io_failed, file,
        std::string("cannot be written: ") + cairo_status_to_string(cairo_surface_status(out.surface_.get())),
        "a writable place");
  out.context_.reset(cairo_create(out.surface_.get()));
  out.fill(0, 0, kPageWidth, kPageHeight, 1);
  return out;
}

double Canvas::text(const std::string& words, double x, double y, double width, const TextStyle& style) {
  if (words.empty()) return 0;
  const auto layout = layout_of(context_.get(), words, width, style);
  cairo_set_source_rgb(context_.get(), style.grey, style.grey, style.grey);
  cairo_move_to(context_.get(), x, y);
  pango_cairo_show_layout(context_.get(), layout.get());
  return height_in(layout.get());
}

double Canvas::height_of(const std::string& words, double width, const TextStyle& style) const {
  return words.empty() ? 0 : height_in(layout_of(context_.get(), words, width, style).get());
}

void Canvas::rule(double y, double from, double to) {
  fill(from, y, to - from, 0.6, 0.6);
}

void Canvas::fill(double x, double y, double width, double height, double grey) {
  cairo_set_source_rgb(context_.get(), grey, grey, grey);
  cairo_rectangle(context_.get(), x, y, width, height);
  cairo_fill(context_.get());
}

Result<double> Canvas::code(ByteView bytes, double x, double y, double side) {
  const std::unique_ptr<QRcode, FreeCode> code(
      QRcode_encodeData(static_cast<int>(bytes.size()), bytes.data(), 0, QR_ECLEVEL_M));
  if (code == nullptr) return make_error(ErrorCode::too_large, "code", "cannot hold its bytes", "fewer bytes a code");
  const int modules = code->width + 2 * kQuietModules;
  const double module = std::floor(side / modules / kDot) * kDot;
  const auto snapped = [](double at) { return std::round(at / kDot) * kDot; };
  const double left = snapped(x) + kQuietModules * module;
  const double top = snapped(y) + kQuietModules * module;
  fill(snapped(x), snapped(y), modules * module, modules * module, 1);
  cairo_set_source_rgb(context_.get(), 0, 0, 0);
  cairo_set_antialias(context_.get(), CAIRO_ANTIALIAS_NONE);
  for (int row = 0; row < code->width; ++row)
    for (int column = 0; column < code->width; ++column)
      if ((code->data[row * code->width + column] & 1) != 0)
        cairo_rectangle(context_.get(), left + column * module, top + row * module, module, module);
  cairo_fill(context_.get());
  cairo_set_antialias(context_.get(), CAIRO_ANTIALIAS_DEFAULT);
  return modules * module;
}

Status Canvas::finish() {
  context_.reset();
  cairo_status_t done = CAIRO_STATUS_SUCCESS;
  if (kind_ == PictureKind::png) {
    done = cairo_surface_write_to_png(surface_.get(), file_.c_str());
  } else {
    cairo_surface_finish(surface_.get());
    done = cairo_surface_status(surface_.get());
  }
  if (done == CAIRO_STATUS_SUCCESS) return {};
  return make_error(ErrorCode::io_failed, file_, std::string("cannot be written: ") + cairo_status_to_string(done),
                    "a writable place with free space");
}

}  // namespace tally::slip
