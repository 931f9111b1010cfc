#include "common/json_places.h"

#include <algorithm>
#include <set>

#include "common/codec.h"
#include "common/limits.h"

namespace tally {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}
// Bytes of the code point that begins here; 1 where it is malformed.
std::size_t length_of(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const auto point = text.substr(at, length);
  return point.size() == length && codec_detail::valid_utf8(as_bytes(point)) ? length : 1;
}

}  // namespace

// One pass over the text by recursive descent. Every reader returns false once the text is broken.
class JsonScanner {
 public:
  // Without `record` only the first mistake of form is found, in constant memory: foreign input may be long.
  JsonScanner(JsonPlaces& out, std::string_view text, bool record) : out_(out), text_(text), record_(record) {}

  void run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_blanks();
    if (!value("", std::nullopt, 0)) return;
    skip_blanks();
    if (at_ < text_.size()) broken("", "goes on after its end with " + seen(), "nothing after the document's value");
  }

 private:
  [[nodiscard]] bool ended() const { return at_ >= text_.size(); }
  [[nodiscard]] char here() const { return ended() ? '\0' : text_[at_]; }

  void step() {
    const std::size_t length = length_of(text_, at_);
    if (text_[at_] == '\n') {
      ++place_.line;
      place_.column = 1;
    } else {
      ++place_.column;
    }
    at_ += length;
  }
  void skip_blanks() {
    while (!ended() && (here() == ' ' || here() == '\t' || here() == '\n' || here() == '\r')) step();
  }

  // What stands here, for people.
  [[nodiscard]] std::string seen() const {
    if (ended()) return "the end of the text";
    if (here() == '\n' || here() == '\r') return "the end of the line";
    const auto plain = [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    std::size_t length = length_of(text_, at_);
    while (plain(here()) && at_ + length < text_.size() && length < 20 && plain(text_[at_ + length])) ++length;
    const auto word = text_.substr(at_, length);
    const bool shown = static_cast<unsigned char>(word[0]) >= 0x20 && codec_detail::valid_utf8(as_bytes(word));
    return shown ? (word == "\"" ? "a quote" : "\"" + std::string(word) + "\"") : "a byte that is no text";
  }
  bool broken(const std::string& path, std::string problem, std::string expected) {
    out_.broken_ = JsonMistake{place_, path, "is not JSON: " + std::move(problem), std::move(expected)};
    return false;
  }
  static std::string at_text(TextPlace place) {
    return std::to_string(place.line) + ":" + std::to_string(place.column);
  }

  bool value(const std::string& path, std::optional<TextPlace> key, std::size_t depth) {
    if (depth > limits::kJsonDepthMax) {
      out_.broken_ =
          JsonMistake{place_, path, "is nested deeper than " + std::to_string(limits::kJsonDepthMax), "a flatter form"};
      return false;
    }
    // Of members that stand twice, the first counts.
    if (record_) out_.standing_.emplace(path, JsonPlaces::Standing{place_, key, at_});
    switch (here()) {
      case '{':
        return object(path, depth);
      case '[':
        return array(path, depth);
      case '"': {
        std::string ignored;
        return string(path, ignored);
      }
      case 't':
        return word(path, "true");
      case 'f':
        return word(path, "false");
      case 'n':
        return word(path, "null");
      default:
        break;
    }
    if (here() == '-' || is_digit(here())) return number(path);
    return broken(path, "finds " + seen(), here() == '\'' ? "a text in double quotes" : "a value");
  }

  bool object(const std::string& path, std::size_t depth) {
    const TextPlace begin = place_;
    std::set<std::string> keys;
    step();
    skip_blanks();
    if (here() == '}') return step(), true;
    std::size_t separator = at_;
    while (true) {
      const TextPlace key_place = place_;
      if (here() != '"')
        return broken(path, "finds " + seen(),
                      here() == '}' ? "another field after the comma, or no comma" : "the name of a field in quotes");
      std::string key;
      if (!string(path, key)) return false;
      skip_blanks();
      if (here() != ':') return broken(path, "finds " + seen(), "\":\" after the name of the field");
      step();
      skip_blanks();
      const bool first = !record_ || keys.insert(key).second;
      const std::string inner = record_ ? (path.empty() ? "" : path + ".") + key : path;
      if (!value(inner, key_place, depth + 1)) return false;
      if (!first) {
        out_.repeated_.push_back({key_place, inner, "stands twice in one object", "each field once"});
        out_.repeated_spans_.push_back({separator, at_});
      }
      skip_blanks();
      if (here() == '}') return step(), true;
      if (here() != ',') return broken(path, missing("the object", begin), "\",\" or \"}\"");
      separator = at_;
      step();
      skip_blanks();
    }
  }
  bool array(const std::string& path, std::size_t depth) {
    const TextPlace begin = place_;
    step();
    skip_blanks();
    if (here() == ']') return step(), true;
    for (std::size_t i = 0;; ++i) {
      if (here() == ']') return broken(path, "finds \"]\"", "another value after the comma, or no comma");
      const std::string inner = record_ ? path + "[" + std::to_string(i) + "]" : path;
      if (!value(inner, std::nullopt, depth + 1)) return false;
      skip_blanks();
      if (here() == ']') return step(), true;
      if (here() != ',') return broken(path, missing("the list", begin), "\",\" or \"]\"");
      step();
      skip_blanks();
    }
  }
  [[nodiscard]] std::string missing(const std::string& what, TextPlace begin) const {
    return ended() ? what + " that begins at " + at_text(begin) + " is not closed" : "finds " + seen();
  }

  // `out`: the text, with escapes decoded where they stand for ASCII. Keys are compared and become paths.
  bool string(const std::string& path, std::string& out) {
    const TextPlace begin = place_;
    step();
    while (true) {
      if (ended() || here() == '\n' || here() == '\r')
        return broken(path, "the text that begins at " + at_text(begin) + " is not closed", "a quote at its end");
      if (here() == '"') return step(), true;
      if (static_cast<unsigned char>(here()) < 0x20)
        return broken(path, "finds a control character in a text", "an escape such as \\n or \\t");
      if (here() == '\\') {
        if (!escape(path, out)) return false;
        continue;
      }
      const std::size_t length = length_of(text_, at_);
      if (length == 1 && static_cast<unsigned char>(here()) >= 0x80)
        return broken(path, "finds a byte that is no UTF-8", "a file saved as UTF-8");
      out += text_.substr(at_, length);
      step();
    }
  }
  bool escape(const std::string& path, std::string& out) {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind != 'u') {
      if (kind == '\0' || std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos)
        return broken(path, "finds an unknown escape", R"(one of \" \\ \/ \b \f \n \r \t \uXXXX)");
      out += std::string_view("\"\\/\b\f\n\r\t")[std::string_view("\"\\/bfnrt").find(kind)];
      step();
      step();
      return true;
    }
    for (std::size_t i = 2; i < 6; ++i)
      if (at_ + i >= text_.size() || !is_hex(text_[at_ + i]))
        return broken(path, "finds an unfinished escape", "\\u and four hexadecimal digits");
    const auto point = std::stoul(std::string(text_.substr(at_ + 2, 4)), nullptr, 16);
    if (point < 0x80)
      out += static_cast<char>(point);
    else
      out += text_.substr(at_, 6);
    for (std::size_t i = 0; i < 6; ++i) step();
    return true;
  }

  bool word(const std::string& path, std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return broken(path, "finds " + seen(), "true, false, null or a text");
    for (std::size_t i = 0; i < wanted.size(); ++i) step();
    return true;
  }
  bool digits() {
    if (!is_digit(here())) return false;
    while (is_digit(here())) step();
    return true;
  }
  bool number(const std::string& path) {
    const auto unfinished = [&] { return broken(path, "finds " + seen() + " in a number", "a digit"); };
    if (here() == '-') step();
    if (here() == '0') {
      step();
      if (is_digit(here())) return broken(path, "finds a number that begins with 0", "no leading 0");
    } else if (!digits()) {
      return unfinished();
    }
    if (here() == '.') {
      step();
      if (!digits()) return unfinished();
    }
    if (here() == 'e' || here() == 'E') {
      step();
      if (here() == '+' || here() == '-') step();
      if (!digits()) return unfinished();
    }
    return true;
  }

  JsonPlaces& out_;
  std::string_view text_;
  bool record_;
  std::size_t at_ = 0;
  TextPlace place_;
};

JsonPlaces::JsonPlaces(std::string_view text) : text_(text) {
  JsonScanner(*this, text_, true).run();
  standing_.emplace("", Standing{});  // a text without any value
  // A repeated member inside a repeated one ends before it.
  std::sort(repeated_spans_.begin(), repeated_spans_.end(),
            [](const Span& left, const Span& right) { return left.from < right.from; });
}

std::optional<JsonMistake> JsonPlaces::first_mistake(std::string_view text) {
  JsonPlaces nothing;
  JsonScanner(nothing, text, false).run();
  return std::move(nothing.broken_);
}

std::string JsonPlaces::without_repeated() const {
  std::string out;
  out.reserve(text_.size());
  std::size_t at = 0;
  for (const auto& span : repeated_spans_) {
    if (span.from < at) continue;  // inside one that went already
    out.append(text_, at, span.from - at);
    // One blank for each code point, so that columns after it stay.
    for (std::size_t i = span.from; i < span.to; ++i)
      if (!is_continuation(text_[i])) out += text_[i] == '\n' || text_[i] == '\r' ? text_[i] : ' ';
    at = span.to;
  }
  return out.append(text_, at);
}

const JsonPlaces::Standing& JsonPlaces::nearest(std::string_view path) const {
  while (true) {
    if (const auto found = standing_.find(std::string(path)); found != standing_.end()) return found->second;
    const auto cut = path.find_last_of(".[");
    path = cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
  }
}

TextPlace JsonPlaces::value(std::string_view path) const {
  return nearest(path).value;
}

TextPlace JsonPlaces::key(std::string_view path) const {
  const auto& standing = nearest(path);
  const bool itself = standing_.contains(std::string(path));
  return itself && standing.key ? *standing.key : standing.value;
}

TextPlace JsonPlaces::within(std::string_view path, std::uint32_t line, std::uint32_t column) const {
  const auto& standing = nearest(path);
  std::size_t at = standing.offset;
  if (at >= text_.size() || text_[at] != '"') return standing.value;
  TextPlace place = standing.value;
  ++place.column;
  ++at;
  TextPlace inner;
  while (at < text_.size() && text_[at] != '"' && inner < TextPlace{line, column}) {
    std::size_t bytes = length_of(text_, at);
    std::uint32_t columns = 1;
    bool newline = false;
    if (text_[at] == '\\') {
      const auto rest = std::string_view(text_).substr(at);
      const auto surrogate = [&](std::size_t from, char low, char high) {
        return rest.size() >= from + 6 && rest.substr(from, 2) == "\\u" && (rest[from + 2] | 0x20) == 'd' &&
               (rest[from + 3] | 0x20) >= low && (rest[from + 3] | 0x20) <= high;
      };
      const bool unicode = rest.size() >= 2 && rest[1] == 'u';
      bytes = !unicode ? 2 : surrogate(0, '8', 'b') && surrogate(6, 'c', 'f') ? 12 : 6;
      columns = static_cast<std::uint32_t>(bytes);
      newline = rest.starts_with("\\n") || rest.starts_with("\\u000a") || rest.starts_with("\\u000A");
    }
    at += bytes;
    place.column += columns;
    inner = newline ? TextPlace{inner.line + 1, 1} : TextPlace{inner.line, inner.column + 1};
  }
  return place;
}

}  // namespace tally
