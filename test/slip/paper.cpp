#include "slip/paper.h"

#include <cmath>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <random>

#include "slip/reading.h"
#include "support/temp_directory.h"

namespace tally::test {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kDotsPerPoint = 300.0 / 72;

struct FreeContext {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Context = std::unique_ptr<cairo_t, FreeContext>;

Context draw_on(cairo_surface_t* surface) {
  return Context(cairo_create(surface));
}

std::string repeated(const std::string& word, std::size_t bytes) {
  std::string out;
  while (out.size() + word.size() <= bytes) out += word;
  return out;
}

slip::EntryLine sample_entry(std::size_t number, Length length, bool chinese) {
  constexpr std::size_t kTitleBytesMax = 512;  // limits::kTextBytesMax
  std::string title = chinese ? "加分：QZ7 按季履行合同" : "award: QZ7 season contract performed";
  if (length == Length::longest) title += repeated(chinese ? "合同" : "contract ", kTitleBytesMax);
  std::string by =
      chinese ? "经办 1f3a77c0，复核 99e0b1d2，区块 " : "proposed by 1f3a77c0, endorsed by 99e0b1d2, block ";
  if (length == Length::longest) by += "18446744073709551615, " + repeated("taken back ", 200);
  return {"2026-03-" + std::to_string(10 + number), title, length == Length::longest ? "-1234567.89" : "+3.0",
          length == Length::longest ? "-1234567.89" : "102.0", by + std::to_string(4711 + number)};
}

}  // namespace

Bytes sample_proof(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<Byte>(random() & 0xff));
  return out;
}

slip::Page sample_page(std::size_t entries, Length length, bool chinese) {
  const auto words = [&](const std::string& en, const std::string& zh) {
    const std::string& own = chinese ? zh : en;
    return length == Length::longest ? own + repeated(own, 500) : own;
  };
  slip::Page page;
  page.network = words("Qingzhen village credit", "清镇乡村信用");
  page.title = words("Household credit of the village", "农户诚信积分");
  page.subject = words("account 4f0c1122334455667788990011223344", "账户 4f0c1122334455667788990011223344");
  page.warning = words("TEST CLOCK: worth nothing outside a trial.", "测试时钟：仅供试用。");
  page.score = length == Length::longest ? "-1234567.89" : "102.0";
  page.stars = "★★★★";
  page.score_note = words("points, 4 stars: creditworthy household", "分，4 星：诚信农户");
  for (int i = 0; i < 6; ++i)
    page.facts.emplace_back(words("certified by", "共识签名"),
                            words("county, town, bank (3/4)", "县、镇、银行（3/4）"));
  page.entries_title = words("The last entries", "最近记录");
  page.columns = {words("date", "日期"), words("what", "事项"), words("change", "变动"), words("score", "积分"), ""};
  for (std::size_t i = 0; i < entries; ++i) page.entries.push_back(sample_entry(i, length, chinese));
  page.entries_note = words("12 earlier entries are not on this slip", "12 条更早的记录未列于此凭条");
  page.how = words("Anybody can check this slip: photograph the codes.", "任何人都可自行核验此凭条。");
  page.codes_note = words("The codes hold the proof.", "码中含有证明。");
  return page;
}

Paper Paper::white(int width, int height) {
  Paper out(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  out.stain(0, 0, width, height, 1);
  return out;
}

Paper Paper::read(const std::string& png) {
  Paper out(cairo_image_surface_create_from_png(png.c_str()));
  REQUIRE(cairo_surface_status(out.surface_.get()) == CAIRO_STATUS_SUCCESS);
  return out;
}

Paper Paper::photographed(double degrees, double scale) const {
  const double radians = degrees * kPi / 180;
  const double wide = width() * scale;
  const double high = height() * scale;
  const double turned_wide = std::abs(wide * std::cos(radians)) + std::abs(high * std::sin(radians));
  const double turned_high = std::abs(wide * std::sin(radians)) + std::abs(high * std::cos(radians));
  Paper out = white(static_cast<int>(std::ceil(turned_wide)), static_cast<int>(std::ceil(turned_high)));
  out.stain(0, 0, out.width(), out.height(), 0.45);
  const Context context = draw_on(out.surface_.get());
  cairo_translate(context.get(), out.width() / 2.0, out.height() / 2.0);
  cairo_rotate(context.get(), radians);
  cairo_scale(context.get(), scale, scale);
  cairo_set_source_surface(context.get(), surface_.get(), -width() / 2.0, -height() / 2.0);
  cairo_pattern_set_filter(cairo_get_source(context.get()), CAIRO_FILTER_GOOD);
  cairo_paint(context.get());
  return out;
}

void Paper::add_noise(double strength, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> off(-strength, strength);
  cairo_surface_flush(surface_.get());
  Byte* dots = cairo_image_surface_get_data(surface_.get());
  const int stride = cairo_image_surface_get_stride(surface_.get());
  for (int y = 0; y < height(); ++y)
    for (int x = 0; x < width(); ++x) {
      const double noise = off(random);
      for (int channel = 0; channel < 3; ++channel) {
        Byte& dot = dots[static_cast<std::ptrdiff_t>(y) * stride + x * 4 + channel];
        dot = static_cast<Byte>(std::clamp(dot + noise, 0.0, 255.0));
      }
    }
  cairo_surface_mark_dirty(surface_.get());
}

void Paper::stain(double x, double y, double width, double height, double grey) {
  const Context context = draw_on(surface_.get());
  cairo_set_source_rgb(context.get(), grey, grey, grey);
  cairo_rectangle(context.get(), x, y, width, height);
  cairo_fill(context.get());
}

void Paper::flip_dot(int x, int y) {
  cairo_surface_flush(surface_.get());
  Byte* dots = cairo_image_surface_get_data(surface_.get());
  const int stride = cairo_image_surface_get_stride(surface_.get());
  for (int channel = 0; channel < 3; ++channel) dots[static_cast<std::ptrdiff_t>(y) * stride + x * 4 + channel] ^= 0xff;
  cairo_surface_mark_dirty(surface_.get());
}

void Paper::paste(const Paper& other, double from_x, double from_y, double width, double height, double x, double y) {
  const Context context = draw_on(surface_.get());
  cairo_set_source_surface(context.get(), other.surface_.get(), x - from_x, y - from_y);
  cairo_rectangle(context.get(), x, y, width, height);
  cairo_fill(context.get());
}

void Paper::write_png(const std::string& file) const {
  REQUIRE(cairo_surface_write_to_png(surface_.get(), file.c_str()) == CAIRO_STATUS_SUCCESS);
}

void Paper::write_jpeg(const std::string& file, int quality) const {
  TempDirectory directory;
  const std::string png = (directory.path() / "paper.png").string();
  write_png(png);
  GdkPixbuf* picture = gdk_pixbuf_new_from_file(png.c_str(), nullptr);
  REQUIRE(picture != nullptr);
  const std::string text = std::to_string(quality);
  REQUIRE(gdk_pixbuf_save(picture, file.c_str(), "jpeg", nullptr, "quality", text.c_str(), nullptr));
  g_object_unref(picture);
}

Result<Bytes> Paper::proof() const {
  cairo_surface_flush(surface_.get());
  const Byte* dots = cairo_image_surface_get_data(surface_.get());
  const int stride = cairo_image_surface_get_stride(surface_.get());
  Bytes grey;
  grey.reserve(static_cast<std::size_t>(width()) * height());
  for (int y = 0; y < height(); ++y)
    for (int x = 0; x < width(); ++x) grey.push_back(dots[static_cast<std::ptrdiff_t>(y) * stride + x * 4 + 1]);
  return slip::proof_in_dots(grey.data(), width(), height());
}

slip::Box Drawn::code(std::size_t number) const {
  const std::string name = "code " + std::to_string(number);
  for (const auto& box : boxes)
    if (box.what == name)
      return {name, box.left * kDotsPerPoint, box.top * kDotsPerPoint, box.right * kDotsPerPoint,
              box.bottom * kDotsPerPoint};
  FAIL(name << " was not drawn");
  return {};
}

Drawn drawn(const slip::Page& page, const std::vector<Bytes>& parts) {
  TempDirectory directory;
  const std::string file = (directory.path() / "slip.png").string();
  auto boxes = slip::draw_page(page, parts, slip::PictureKind::png, file);
  INFO((boxes ? "" : boxes.error().text()));
  REQUIRE(boxes);
  return {Paper::read(file), std::move(boxes).value()};
}

}  // namespace tally::test
