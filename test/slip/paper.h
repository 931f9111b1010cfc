// Purpose: a printed page as a scanner or a phone sees it: turned, scaled, noisy, stained, cut. All randomness is
// seeded by the caller.
#pragma once

#include <cairo.h>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "slip/page.h"

// Lets Catch print results, so that a failed check shows the error.
template <class T>
struct Catch::StringMaker<tally::Result<T>> {
  static std::string convert(const tally::Result<T>& result) { return result ? "ok" : result.error().text(); }
};

namespace tally::test {

// Bytes that do not repeat, so that codes are as full as a real proof's.
Bytes sample_proof(std::size_t size, std::uint32_t seed = 1);

enum class Length { usual, longest };
slip::Page sample_page(std::size_t entries, Length length, bool chinese);

class Paper {
 public:
  static Paper white(int width, int height);
  static Paper read(const std::string& png);

  // Turned by so many degrees about its middle, at this scale, on a grey table.
  [[nodiscard]] Paper photographed(double degrees, double scale) const;
  void add_noise(double strength, std::uint32_t seed);  // so many of 255 levels, to either side
  void stain(double x, double y, double width, double height, double grey);
  void flip_dot(int x, int y);
  // Part of another paper, put down here.
  void paste(const Paper& other, double from_x, double from_y, double width, double height, double x, double y);
  void write_png(const std::string& file) const;
  void write_jpeg(const std::string& file, int quality) const;

  [[nodiscard]] Result<Bytes> proof() const;
  [[nodiscard]] int width() const { return cairo_image_surface_get_width(surface_.get()); }
  [[nodiscard]] int height() const { return cairo_image_surface_get_height(surface_.get()); }

 private:
  struct Free {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  };
  explicit Paper(cairo_surface_t* surface) : surface_(surface) {}
  std::unique_ptr<cairo_surface_t, Free> surface_;
};

// A page that was drawn, and where.
struct Drawn {
  Paper paper;
  std::vector<slip::Box> boxes;

  [[nodiscard]] slip::Box code(std::size_t number) const;  // from 1; in dots of the PNG
};
Drawn drawn(const slip::Page& page, const std::vector<Bytes>& parts);

}  // namespace tally::test
