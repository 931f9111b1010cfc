#include "cel/conversions.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "cel/arguments.h"
#include "cel/number_text.h"
#include "cel/time_text.h"
#include "cel/utf8.h"

namespace tally::cel {

namespace {

using Arguments = std::span<const Value>;

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

Value itself(Arguments arguments, Evaluation&) {
  return arguments[0];
}

Value out_of_range(std::string_view function, const Value& value) {
  return failed(Failure::overflow, function, text_of(value) + " is out of range");
}

template <class Whole>
std::optional<Whole> parse_whole(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Whole out = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

template <class T>
Value parsed(std::string_view function, Arguments arguments, Evaluation& evaluation,
             std::optional<T> (*parse)(std::string_view), std::string_view wanted) {
  const std::string& text = text_argument(arguments, 0);
  if (!charge_bytes(evaluation, text.size())) return out_of_budget();
  if (const auto value = parse(text)) return *value;
  return bad_argument(function, shown(text) + " is no " + std::string(wanted));
}

// Cut off toward zero. The bounds themselves are out of range, since a double is near them only.
Value int_of_double(Arguments arguments, Evaluation&) {
  const double number = argument<double>(arguments, 0);
  if (!(number > -kTwo63 && number < kTwo63)) return out_of_range("int", arguments[0]);
  return static_cast<std::int64_t>(number);
}
Value uint_of_double(Arguments arguments, Evaluation&) {
  const double number = argument<double>(arguments, 0);
  if (!(number >= 0 && number < kTwo64)) return out_of_range("uint", arguments[0]);
  return static_cast<std::uint64_t>(number);
}
Value int_of_uint(Arguments arguments, Evaluation&) {
  const auto number = argument<std::uint64_t>(arguments, 0);
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return out_of_range("int", arguments[0]);
  return static_cast<std::int64_t>(number);
}
Value uint_of_int(Arguments arguments, Evaluation&) {
  const auto number = argument<std::int64_t>(arguments, 0);
  return number < 0 ? out_of_range("uint", arguments[0]) : Value(static_cast<std::uint64_t>(number));
}
Value int_of_timestamp(Arguments arguments, Evaluation&) {
  return argument<Timestamp>(arguments, 0).seconds;
}

template <class Whole>
Value double_of(Arguments arguments, Evaluation&) {
  return static_cast<double>(argument<Whole>(arguments, 0));
}

Value string_of_bytes(Arguments arguments, Evaluation& evaluation) {
  const Bytes& bytes = boxed_argument<BytesBox>(arguments, 0).value;
  if (!charge_bytes(evaluation, bytes.size())) return out_of_budget();
  if (!is_utf8(as_text(bytes))) return bad_argument("string", "the bytes are no UTF-8");
  return Value::text(std::string(as_text(bytes)));
}
Value bytes_of_string(Arguments arguments, Evaluation& evaluation) {
  const ByteView bytes = as_bytes(text_argument(arguments, 0));
  if (!charge_bytes(evaluation, bytes.size())) return out_of_budget();
  return Value::bytes(Bytes(bytes.begin(), bytes.end()));
}
template <class Whole>
Value string_of_whole(Arguments arguments, Evaluation&) {
  return Value::text(std::to_string(argument<Whole>(arguments, 0)));
}

Value bool_of_string(Arguments arguments, Evaluation&) {
  const std::string& text = text_argument(arguments, 0);
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return bad_argument("bool", shown(text) + " is no bool");
}

Value timestamp_of_int(Arguments arguments, Evaluation&) {
  const auto timestamp = timestamp_at(argument<std::int64_t>(arguments, 0));
  return timestamp ? Value(*timestamp) : out_of_range("timestamp", arguments[0]);
}

void declare(Library& library, const char* name, TypeKind from, TypeKind to, Implementation run) {
  library.push_back({name, false, {from}, to, run});
}

void declare_numbers(Library& library) {
  constexpr auto kInt = TypeKind::integer;
  constexpr auto kUint = TypeKind::unsigned_integer;
  constexpr auto kDouble = TypeKind::floating;
  declare(library, "int", kInt, kInt, itself);
  declare(library, "int", kUint, kInt, int_of_uint);
  declare(library, "int", kDouble, kInt, int_of_double);
  declare(library, "int", TypeKind::timestamp, kInt, int_of_timestamp);
  declare(library, "int", TypeKind::text, kInt, [](Arguments arguments, Evaluation& evaluation) {
    return parsed<std::int64_t>("int", arguments, evaluation, parse_whole, "int");
  });
  declare(library, "uint", kUint, kUint, itself);
  declare(library, "uint", kInt, kUint, uint_of_int);
  declare(library, "uint", kDouble, kUint, uint_of_double);
  declare(library, "uint", TypeKind::text, kUint, [](Arguments arguments, Evaluation& evaluation) {
    return parsed<std::uint64_t>("uint", arguments, evaluation, parse_whole, "uint");
  });
  declare(library, "double", kDouble, kDouble, itself);
  declare(library, "double", kInt, kDouble, double_of<std::int64_t>);
  declare(library, "double", kUint, kDouble, double_of<std::uint64_t>);
  declare(library, "double", TypeKind::text, kDouble, [](Arguments arguments, Evaluation& evaluation) {
    return parsed<double>("double", arguments, evaluation, parse_double, "double");
  });
}

void declare_strings(Library& library) {
  constexpr auto kText = TypeKind::text;
  declare(library, "string", kText, kText, itself);
  declare(library, "string", TypeKind::boolean, kText, [](Arguments arguments, Evaluation&) {
    return Value::text(argument<bool>(arguments, 0) ? "true" : "false");
  });
  declare(library, "string", TypeKind::integer, kText, string_of_whole<std::int64_t>);
  declare(library, "string", TypeKind::unsigned_integer, kText, string_of_whole<std::uint64_t>);
  declare(library, "string", TypeKind::floating, kText,
          [](Arguments arguments, Evaluation&) { return Value::text(format_double(argument<double>(arguments, 0))); });
  declare(library, "string", TypeKind::bytes, kText, string_of_bytes);
  declare(library, "string", TypeKind::timestamp, kText, [](Arguments arguments, Evaluation&) {
    return Value::text(format_timestamp(argument<Timestamp>(arguments, 0)));
  });
  declare(library, "string", TypeKind::duration, kText, [](Arguments arguments, Evaluation&) {
    return Value::text(format_duration(argument<Duration>(arguments, 0)));
  });
  declare(library, "bytes", TypeKind::bytes, TypeKind::bytes, itself);
  declare(library, "bytes", kText, TypeKind::bytes, bytes_of_string);
  declare(library, "bool", TypeKind::boolean, TypeKind::boolean, itself);
  declare(library, "bool", kText, TypeKind::boolean, bool_of_string);
}

void declare_times(Library& library) {
  declare(library, "timestamp", TypeKind::timestamp, TypeKind::timestamp, itself);
  declare(library, "timestamp", TypeKind::integer, TypeKind::timestamp, timestamp_of_int);
  declare(library, "timestamp", TypeKind::text, TypeKind::timestamp, [](Arguments arguments, Evaluation& evaluation) {
    return parsed<Timestamp>("timestamp", arguments, evaluation, parse_timestamp,
                             "timestamp, such as 2026-01-31T00:00:00Z");
  });
  declare(library, "duration", TypeKind::duration, TypeKind::duration, itself);
  declare(library, "duration", TypeKind::text, TypeKind::duration, [](Arguments arguments, Evaluation& evaluation) {
    return parsed<Duration>("duration", arguments, evaluation, parse_duration, "duration, such as 1h30m");
  });
}

}  // namespace

void declare_conversions(Library& library) {
  declare_numbers(library);
  declare_strings(library);
  declare_times(library);
  library.push_back({"dyn", false, {Type::parameter("A")}, TypeKind::dyn, itself});
  library.push_back({"type", false, {Type::parameter("A")}, TypeKind::type, [](Arguments arguments, Evaluation&) {
                       return Value::type(arguments[0].runtime_type());
                     }});
}

}  // namespace tally::cel
