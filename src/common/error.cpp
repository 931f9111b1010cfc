#include "common/error.h"

#include <boost/describe/enum_to_string.hpp>
#include <stdexcept>

namespace tally {

std::string_view name_of(ErrorCode code) {
  return boost::describe::enum_to_string(code, "unknown");
}

std::string Error::text() const {
  std::string out;
  if (!field.empty()) out += field + ": ";
  out += problem;
  if (!expected.empty()) out += "; expected " + expected;
  return out;
}

Error Error::within(std::string_view outer) && {
  if (field.empty()) {
    field = outer;
  } else {
    const bool index = field.front() == '[';
    field = std::string(outer) + (index ? "" : ".") + field;
  }
  return std::move(*this);
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error("value taken of a failed result at " + where.to_string() + ": " + error.text());
}

}  // namespace tally
