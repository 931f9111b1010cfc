#include "report/markup.h"

namespace tally::report {

namespace {

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

// How many bytes the character at the front takes; 0: none that is well-formed and allowed.
std::size_t character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  if (first >= 0xc2 && first < 0xe0) return follows(1) && !(first == 0xc2 && byte(1) < 0xa0) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    const unsigned point = (first & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    const bool allowed = point >= 0x800 && (point < 0xd800 || point > 0xdfff) && point < 0xfffe;
    return follows(1) && follows(2) && allowed ? 3 : 0;
  }
  if (first >= 0xf0 && first < 0xf5) {
    const unsigned point = (first & 0x07) << 18 | (byte(1) & 0x3f) << 12;
    return follows(1) && follows(2) && follows(3) && point >= 0x10000 && point < 0x110000 ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = character_at(text);
    switch (bytes == 1 ? text[0] : '\0') {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (bytes > 0)
          out += text.substr(0, bytes);
        else
          out += static_cast<unsigned char>(text[0]) < 0x80 ? " " : "\xef\xbf\xbd";  // U+FFFD
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t columns) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) == 0x80) continue;
    taken += byte >= 0xe3 ? 2 : 1;  // from U+3000 on
    if (taken > columns) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

Svg::Svg(std::uint64_t width, std::uint64_t height, const std::string& id, const std::string& title,
         const std::string& description) {
  out_ = "<svg viewBox=\"0 0 " + text(width) + " " + text(height) + "\" width=\"" + text(width) + "\" height=\"" +
         text(height) + "\" role=\"img\" aria-labelledby=\"" + id + "-t " + id + "-d\">\n<title id=\"" + id + "-t\">" +
         escaped(title) + "</title>\n<desc id=\"" + id + "-d\">" + escaped(description) + "</desc>\n";
}

void Svg::box(std::uint64_t x, std::uint64_t y, std::uint64_t width, std::uint64_t height, const char* style,
              const std::string& says) {
  if (width == 0 || height == 0) return;
  out_ += "<rect class=\"" + std::string(style) + "\" x=\"" + text(x) + "\" y=\"" + text(y) + "\" width=\"" +
          text(width) + "\" height=\"" + text(height) + "\"><title>" + escaped(says) + "</title></rect>\n";
}

void Svg::words(std::uint64_t x, std::uint64_t y, const std::string& words, const char* anchor, const char* style,
                int degrees) {
  out_ += "<text x=\"" + text(x) + "\" y=\"" + text(y) + "\" text-anchor=\"" + anchor + "\"";
  if (*style != '\0') out_ += " class=\"" + std::string(style) + "\"";
  if (degrees != 0) out_ += " transform=\"rotate(" + std::to_string(degrees) + " " + text(x) + " " + text(y) + ")\"";
  out_ += ">" + escaped(words) + "</text>\n";
}

void Svg::line(std::uint64_t x1, std::uint64_t y1, std::uint64_t x2, std::uint64_t y2) {
  out_ += "<line class=\"axis\" x1=\"" + text(x1) + "\" y1=\"" + text(y1) + "\" x2=\"" + text(x2) + "\" y2=\"" +
          text(y2) + "\"/>\n";
}

void Svg::legend(std::uint64_t x, std::uint64_t y, const std::vector<Part>& parts) {
  for (const auto& part : parts) {
    box(x, y - 11, 13, 13, part.style, part.name);
    words(x + 19, y, part.name);
    x += 19 + 8 * std::string_view(part.name).size() + 20;
  }
}

}  // namespace tally::report
