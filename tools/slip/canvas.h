// Purpose: inside this folder: a page to draw texts and codes on, in points.
// Thread rule: one thread at a time. Errors: io_failed.
#pragma once

#include <cairo.h>
#include <memory>
#include <string>

#include "slip/page.h"

namespace tally::slip {

inline constexpr double kPageWidth = 595.28;  // A4
inline constexpr double kPageHeight = 841.89;
inline constexpr double kDotsPerInch = 300;

struct TextStyle {
  double size = 10;
  bool bold = false;
  bool right = false;  // aligned
  double grey = 0;     // 0: black
  int lines = 0;       // at most so many; longer texts end with an ellipsis. 0: any number
};

class Canvas {
 public:
  // Of a PNG or a PDF.
  static Result<Canvas> open(PictureKind kind, const std::string& file);

  // Draws a text, wrapped at `width`; returns its height.
  double text(const std::string& words, double x, double y, double width, const TextStyle& style);
  [[nodiscard]] double height_of(const std::string& words, double width, const TextStyle& style) const;
  void rule(double y, double from, double to);
  void fill(double x, double y, double width, double height, double grey);
  // A code of these bytes with its quiet zone, as large as fits the side in whole dots of a module. Returns its side.
  Result<double> code(ByteView bytes, double x, double y, double side);
  Status finish();

 private:
  struct Free {
    void operator()(cairo_t* context) const { cairo_destroy(context); }
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  };
  Canvas(PictureKind kind, std::string file) : kind_(kind), file_(std::move(file)) {}

  PictureKind kind_;
  std::string file_;
  std::unique_ptr<cairo_surface_t, Free> surface_;
  std::unique_ptr<cairo_t, Free> context_;
};

}  // namespace tally::slip
