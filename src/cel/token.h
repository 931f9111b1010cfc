// Purpose: CEL's lexical grammar (google/cel-spec, doc/langdef.md, "Syntax"): an expression's text as tokens.
// Thread rule: pure functions.
// Errors: the first mistake, with its place. A text longer than kExpressionBytesMax is one.
#pragma once

#include <boost/system/result.hpp>
#include <string_view>
#include <vector>

#include "cel/mistake.h"
#include "common/bytes.h"

namespace tally::cel {

inline constexpr std::size_t kExpressionBytesMax = 64 * 1024;

enum class Kind : std::uint8_t {
  end,
  identifier,  // also reserved words; `text` is its name
  quoted,      // `a-b`: a field name that is no identifier
  integer,     // `text` without sign, decimal or 0x
  unsigned_integer,
  floating,
  text,
  bytes,
  sign  // an operator or bracket; `text` is it
};

struct Token {
  Kind kind = Kind::end;
  Position at;
  std::string text;  // of strings and bytes: their value
};

template <class T>
using Parsed = boost::system::result<T, Mistake>;
[[noreturn]] void throw_exception_from_error(const Mistake& mistake, const boost::source_location& where);

// The last is Kind::end.
Parsed<std::vector<Token>> tokenize(std::string_view source);

}  // namespace tally::cel
