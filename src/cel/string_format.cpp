// text.format(list), as the strings extension of CEL has it; decimals stand beside its numbers and stay exact.
#include <algorithm>
#include <variant>

#include "cel/arguments.h"
#include "cel/number_text.h"
#include "cel/string_library.h"
#include "cel/text_search.h"
#include "cel/time_text.h"
#include "cel/utf8.h"

namespace tally::cel {

namespace {

constexpr unsigned kPrecisionDefault = 6;

// "%.3f"
struct Clause {
  char verb = 's';
  unsigned precision = kPrecisionDefault;
};

// Why the work stops; nullopt: it goes on. What was built so far is thrown away then.
using Stop = std::optional<Value>;
// A text, or why there is none.
using Built = std::variant<std::string, Value>;

Value refused(std::string_view problem) {
  return bad_argument("format", problem);
}
Value wrong_type(std::string_view taken, const Value& given) {
  return refused("error during formatting: " + std::string(taken) + ", was given " + given.runtime_type().text());
}

// Bytes as text: U+FFFD stands for each run of bytes that are no UTF-8.
std::string lenient_text(std::string_view bytes);

class Writer {
 public:
  explicit Writer(Evaluation& evaluation) : evaluation_(&evaluation) {}

  Stop put(std::string_view text) {
    if (!charge_bytes(*evaluation_, text.size())) return out_of_budget();
    out_ += text;
    return std::nullopt;
  }
  std::string take() { return std::move(out_); }

  // %s
  Stop put_value(const Value& value) {
    return std::visit([&](const auto& held) { return this->put_held(held, value); }, value.data());
  }

 private:
  Stop put_held(NullValue, const Value&) { return put("null"); }
  Stop put_held(bool held, const Value&) { return put(held ? "true" : "false"); }
  Stop put_held(std::int64_t held, const Value&) { return put(std::to_string(held)); }
  Stop put_held(std::uint64_t held, const Value&) { return put(std::to_string(held)); }
  Stop put_held(double held, const Value&) { return put(format_double_plainly(held)); }
  Stop put_held(const Decimal& held, const Value&) { return put(held.text()); }
  Stop put_held(const Timestamp& held, const Value&) { return put(format_timestamp(held)); }
  Stop put_held(const Duration& held, const Value&) { return put(format_duration(held)); }
  Stop put_held(const Shared<TextBox>& held, const Value&) { return put(held->value); }
  Stop put_held(const Shared<BytesBox>& held, const Value&) {
    if (!charge_bytes(*evaluation_, held->value.size())) return out_of_budget();
    return put(lenient_text(as_text(held->value)));
  }
  Stop put_held(const Shared<TypeBox>& held, const Value&) {
    return put(held->type.name().empty() ? held->type.kind_name() : std::string_view(held->type.name()));
  }
  Stop put_held(const Shared<ListBox>& held, const Value&) {
    if (!evaluation_->charge(held->elements.size())) return out_of_budget();
    out_ += "[";
    for (const Value& element : held->elements) {
      if (&element != held->elements.data()) out_ += ", ";
      if (auto stop = put_value(element)) return stop;
    }
    out_ += "]";
    return std::nullopt;
  }
  // Entries stand in the order of their keys' texts.
  Stop put_held(const Shared<MapBox>& held, const Value&) {
    if (!evaluation_->charge(held->entries.size())) return out_of_budget();
    std::vector<std::pair<std::string, std::string>> entries;
    for (const auto& [key, value] : held->entries) {
      Writer of_key(*evaluation_);
      Writer of_value(*evaluation_);
      if (auto stop = of_key.put_value(key)) return stop;
      if (auto stop = of_value.put_value(value)) return stop;
      entries.emplace_back(of_key.take(), of_value.take());
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& left, const auto& right) { return left.first < right.first; });
    out_ += "{";
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& [key, value] = entries[i];
      if (!charge_bytes(*evaluation_, key.size() + value.size())) return out_of_budget();
      out_.append(i == 0 ? "" : ", ").append(key).append(": ").append(value);
    }
    out_ += "}";
    return std::nullopt;
  }
  template <class Other>
  Stop put_held(const Other&, const Value& value) {
    return wrong_type("%s takes everything but optionals and objects", value);
  }

  Evaluation* evaluation_;
  std::string out_;
};

// Length of the code point at the front; 0: bytes that are no UTF-8.
std::size_t valid_point_size(std::string_view bytes) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(bytes.size(), 4); ++size) {
    if (is_utf8(bytes.substr(0, size))) return size;
  }
  return 0;
}

std::string lenient_text(std::string_view bytes) {
  std::string out;
  bool in_run = false;
  while (!bytes.empty()) {
    const std::size_t size = valid_point_size(bytes);
    if (size > 0)
      out += bytes.substr(0, size);
    else if (!in_run)
      out += "\xEF\xBF\xBD";
    in_run = size == 0;
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string in_base(std::uint64_t number, unsigned bits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  do {
    out.push_back(kDigits[number & ((1U << bits) - 1)]);
    number >>= bits;
  } while (number != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

// Of an int or uint in base 2^bits; nullopt: it is neither.
std::optional<std::string> integer_in_base(const Value& value, unsigned bits) {
  if (const auto* number = value.as<std::uint64_t>()) return in_base(*number, bits);
  const auto* number = value.as<std::int64_t>();
  if (number == nullptr) return std::nullopt;
  const auto pattern = static_cast<std::uint64_t>(*number);
  return *number < 0 ? "-" + in_base(0 - pattern, bits) : in_base(pattern, bits);
}

// Rounded half to even, with exactly `precision` decimals.
std::string fixed_text(Decimal number, unsigned precision) {
  std::string out = number.rounded(precision, Rounding::half_even).text();
  const std::size_t point = out.find('.');
  const std::size_t decimals = point == out.npos ? 0 : out.size() - point - 1;
  if (precision > 0 && point == out.npos) out.push_back('.');
  return out.append(precision - decimals, '0');
}

Built fixed(const Value& value, unsigned precision) {
  if (const auto* number = value.as<double>()) return format_double_fixed(*number, precision);
  if (const auto* number = value.as<Decimal>()) return fixed_text(*number, precision);
  if (const auto* number = value.as<std::int64_t>()) return fixed_text(Decimal::whole(*number), precision);
  if (const auto* number = value.as<std::uint64_t>())
    return std::to_string(*number) + (precision > 0 ? "." + std::string(precision, '0') : "");
  return wrong_type("%f can only be used on doubles, decimals, ints and uints", value);
}

Built scientific(const Value& value, unsigned precision) {
  if (const auto* number = value.as<double>()) return format_double_scientific(*number, precision);
  if (const auto* number = value.as<std::int64_t>())
    return format_double_scientific(static_cast<double>(*number), precision);
  if (const auto* number = value.as<std::uint64_t>())
    return format_double_scientific(static_cast<double>(*number), precision);
  return wrong_type("%e can only be used on doubles, ints and uints", value);
}

Built whole(const Value& value) {
  if (const auto* number = value.as<std::int64_t>()) return std::to_string(*number);
  if (const auto* number = value.as<std::uint64_t>()) return std::to_string(*number);
  if (const auto* number = value.as<double>()) return format_double_plainly(*number);
  if (const auto* number = value.as<Decimal>()) return number->text();
  return wrong_type("%d can only be used on ints, uints, doubles and decimals", value);
}

Built binary(const Value& value) {
  if (const auto* flag = value.as<bool>()) return std::string(*flag ? "1" : "0");
  if (auto text = integer_in_base(value, 1)) return *std::move(text);
  return wrong_type("%b can only be used on ints, uints and bools", value);
}

Built octal(const Value& value) {
  if (auto text = integer_in_base(value, 3)) return *std::move(text);
  return wrong_type("%o can only be used on ints and uints", value);
}

Built hexadecimal(const Value& value, bool upper) {
  std::string out;
  if (const auto* text = value.box<TextBox>())
    out = to_hex(as_bytes(text->value));
  else if (const auto* bytes = value.box<BytesBox>())
    out = to_hex(bytes->value);
  else if (auto number = integer_in_base(value, 4))
    out = *std::move(number);
  else
    return wrong_type(upper ? "%X can only be used on ints, uints, bytes and strings"
                            : "%x can only be used on ints, uints, bytes and strings",
                      value);
  if (upper)
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

Built formatted(const Clause& clause, const Value& value) {
  switch (clause.verb) {
    case 'd':
      return whole(value);
    case 'f':
      return fixed(value, clause.precision);
    case 'e':
      return scientific(value, clause.precision);
    case 'b':
      return binary(value);
    case 'o':
      return octal(value);
    default:
      return hexadecimal(value, clause.verb == 'X');
  }
}

// Takes a clause behind its '%' from the front.
std::variant<Clause, Value> read_clause(std::string_view& rest) {
  Clause out;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0) return refused("could not parse formatting clause: a precision has digits, as in %.3f");
    out.precision = 0;
    for (const char digit : rest.substr(0, digits)) {
      out.precision = out.precision * 10 + static_cast<unsigned>(digit - '0');
      if (out.precision > kPrecisionMax)
        return refused("could not parse formatting clause: a precision is at most " + std::to_string(kPrecisionMax));
    }
    rest.remove_prefix(digits);
  }
  if (rest.empty()) return refused("could not parse formatting clause: unexpected end of string");
  out.verb = rest.front();
  if (std::string_view("sdfebxXo").find(out.verb) == std::string_view::npos)
    return refused("could not parse formatting clause: unrecognized formatting clause " +
                   shown(rest.substr(0, point_size(rest, 0))));
  rest.remove_prefix(1);
  return out;
}

// What formatting will build at most beyond the weight of the value, known before it is built.
std::uint64_t bytes_of(const Clause& clause, const Value& value) {
  if (clause.verb == 'f' || clause.verb == 'e') return clause.precision;
  if (const auto* text = value.box<TextBox>()) return 2 * text->value.size();
  if (const auto* bytes = value.box<BytesBox>()) return 2 * bytes->value.size();
  return 0;
}

Stop put_clause(Writer& writer, const Clause& clause, const Value& value, Evaluation& evaluation) {
  if (clause.verb == 's') return writer.put_value(value);
  if (!charge_bytes(evaluation, bytes_of(clause, value))) return out_of_budget();
  const Built text = formatted(clause, value);
  if (const auto* error = std::get_if<Value>(&text)) return *error;
  return writer.put(std::get<std::string>(text));
}

Stop put_all(Writer& writer, std::string_view rest, const std::vector<Value>& values, Evaluation& evaluation) {
  std::size_t used = 0;
  while (true) {
    const std::size_t mark = std::min(rest.find('%'), rest.size());
    if (auto stop = writer.put(rest.substr(0, mark))) return stop;
    rest.remove_prefix(mark);
    if (rest.empty()) return std::nullopt;
    rest.remove_prefix(1);
    if (!evaluation.charge(1)) return out_of_budget();
    if (rest.starts_with('%')) {
      rest.remove_prefix(1);
      if (auto stop = writer.put("%")) return stop;
      continue;
    }
    const auto clause = read_clause(rest);
    if (const auto* error = std::get_if<Value>(&clause)) return *error;
    if (used == values.size()) return refused("index " + std::to_string(used) + " out of range");
    if (auto stop = put_clause(writer, std::get<Clause>(clause), values[used++], evaluation)) return stop;
  }
}

}  // namespace

Value format_text(std::span<const Value> arguments, Evaluation& evaluation) {
  const std::string& pattern = text_argument(arguments, 0);
  const auto& values = boxed_argument<ListBox>(arguments, 1).elements;
  if (!charge_bytes(evaluation, pattern.size())) return out_of_budget();
  Writer writer(evaluation);
  if (auto stop = put_all(writer, pattern, values, evaluation)) return *stop;
  return Value::text(writer.take());
}

}  // namespace tally::cel
