#include "cel/number_text.h"
#include "cel/time_text.h"
#include "cel/value.h"

namespace tally::cel {

namespace {

class Writer {
 public:
  explicit Writer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void write(const Value& value) {
    if (out_.size() < bytes_max_)
      std::visit([this](const auto& held) { put(held); }, value.data());
    else
      cut_ = true;
  }
  std::string done() {
    if (cut_) out_ += "...";
    return std::move(out_);
  }

 private:
  void put(const NullValue&) { out_ += "null"; }
  void put(bool it) { out_ += it ? "true" : "false"; }
  void put(std::int64_t it) { out_ += std::to_string(it); }
  void put(std::uint64_t it) { out_ += std::to_string(it) + "u"; }
  void put(double it) {
    const std::string text = format_double(it);
    out_ += text;
    if (text.find_first_not_of("-0123456789") == text.npos) out_ += ".0";
  }
  void put(const Decimal& it) { out_ += "decimal('" + it.text() + "')"; }
  void put(const Timestamp& it) { out_ += "timestamp('" + format_timestamp(it) + "')"; }
  void put(const Duration& it) { out_ += "duration('" + format_duration(it) + "')"; }
  void put(const Shared<TextBox>& it) { quote(it->value); }
  void put(const Shared<BytesBox>& it) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    out_ += "b\"";
    for (const Byte byte : it->value) {
      if (out_.size() >= bytes_max_) {
        cut_ = true;
        break;
      }
      if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\')
        out_.push_back(static_cast<char>(byte));
      else
        (out_ += "\\x").append({kDigits[byte >> 4U], kDigits[byte & 15U]});
    }
    out_ += "\"";
  }
  void put(const Shared<ListBox>& it) {
    out_ += "[";
    for (const Value& element : it->elements) {
      if (&element != it->elements.data()) out_ += ", ";
      write(element);
      if (cut_) break;
    }
    out_ += "]";
  }
  void put(const Shared<MapBox>& it) {
    out_ += "{";
    for (const auto& entry : it->entries) {
      if (&entry != it->entries.data()) out_ += ", ";
      write(entry.first);
      out_ += ": ";
      write(entry.second);
      if (cut_) break;
    }
    out_ += "}";
  }
  void put(const Shared<OptionalBox>& it) {
    if (!it->value) {
      out_ += "optional.none()";
      return;
    }
    out_ += "optional.of(";
    write(*it->value);
    out_ += ")";
  }
  void put(const Shared<TypeBox>& it) {
    out_ += it->type.name().empty() ? std::string(it->type.kind_name()) : it->type.name();
  }
  void put(const Shared<Object>& it) { out_ += it->type().name; }
  void put(const Shared<ErrorBox>& it) { out_ += "error: " + it->problem; }

  void quote(const std::string& text) {
    out_ += "\"";
    for (const char c : text) {
      if (out_.size() >= bytes_max_) {
        cut_ = true;
        break;
      }
      if (c == '"' || c == '\\')
        (out_ += "\\").push_back(c);
      else if (c == '\n')
        out_ += "\\n";
      else if (c == '\r')
        out_ += "\\r";
      else if (c == '\t')
        out_ += "\\t";
      else
        out_.push_back(c);
    }
    out_ += "\"";
  }

  const std::size_t bytes_max_;
  std::string out_;
  bool cut_ = false;
};

}  // namespace

std::string text_of(const Value& value, std::size_t bytes_max) {
  Writer writer(bytes_max);
  writer.write(value);
  return writer.done();
}

}  // namespace tally::cel
