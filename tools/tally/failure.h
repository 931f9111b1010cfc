// Purpose: why a command ends without its result: what failed, why, what to do next, and the exit code.
// Thread rule: plain values.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <vector>

#include "common/error.h"
#include "tally/exit_codes.h"

namespace tally::cli {

struct Failure {
  ExitCode exit = ExitCode::internal;
  ErrorCode code = ErrorCode::internal;
  std::string what;
  std::string why;
  std::string expected;
  std::string next;
  std::vector<std::string> details;  // further mistakes of the same kind, one a line

  Failure() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): every Error is a Failure.
  Failure(const Error& error)
      : exit(exit_code_of(error.code)),
        code(error.code),
        what((error.field.empty() ? "" : error.field + ": ") + error.problem),
        expected(error.expected) {}
  Failure(ExitCode exit_as, const Error& error) : Failure(error) { exit = exit_as; }

  [[nodiscard]] Failure&& then(std::string advice) && {
    next = std::move(advice);
    return std::move(*this);
  }
  // Puts what was being done in front; what was said so far becomes the reason.
  [[nodiscard]] Failure&& during(std::string doing) && {
    why = why.empty() ? what : what + ": " + why;
    what = std::move(doing);
    return std::move(*this);
  }
};

[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& where);

template <class T>
using Outcome = boost::system::result<T, Failure>;

// A mistake on the command line.
inline Failure usage_failure(std::string field, std::string problem, std::string expected = {}) {
  return {ExitCode::usage,
          make_error(ErrorCode::invalid_field, std::move(field), std::move(problem), std::move(expected))};
}
// A mistake in a file.
inline Failure input_failure(std::string field, std::string problem, std::string expected = {}) {
  return {ExitCode::bad_input,
          make_error(ErrorCode::invalid_field, std::move(field), std::move(problem), std::move(expected))};
}

}  // namespace tally::cli
