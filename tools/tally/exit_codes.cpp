#include "tally/exit_codes.h"

#include <array>

#include "tally/diff_codes.h"

namespace tally::cli {

namespace {

constexpr std::array kTable = {
    ExitCodeRow{ExitCode::ok, "ok", "done as asked"},
    ExitCodeRow{ExitCode::internal, "internal", "a fault of the program or of the machine it runs on"},
    ExitCodeRow{ExitCode::usage, "usage", "the command line is wrong; nothing was done"},
    ExitCodeRow{ExitCode::unreachable, "unreachable", "the node does not answer, or is too busy to"},
    ExitCodeRow{ExitCode::not_final, "not_final", "sent, but not final in time; it may still become final"},
    ExitCodeRow{ExitCode::rejected, "rejected", "the node or the rules refused the transaction"},
    ExitCodeRow{ExitCode::verification_failed, "verification_failed", "a chain, proof or signature does not hold"},
    ExitCodeRow{ExitCode::bad_input, "bad_input", "an input file is missing, unreadable or wrong; nothing was sent"},
    ExitCodeRow{ExitCode::not_found, "not_found", "nothing stands under that name"},
    ExitCodeRow{ExitCode::unauthorised, "unauthorised", "the key or passphrase does not allow this"},
    ExitCodeRow{ExitCode::unhealthy, "unhealthy", "the node answers, but is not ready"},
    ExitCodeRow{kDiffer, "differ", "two chains or states that were compared differ"},
    ExitCodeRow{kBehind, "behind", "of two chains that were compared one is the beginning of the other"},
};

}  // namespace

std::span<const ExitCodeRow> exit_code_table() {
  return kTable;
}

std::string_view name_of(ExitCode code) {
  for (const auto& row : kTable) {
    if (row.code == code) return row.name;
  }
  return "unknown";
}

ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::ok:
      return ExitCode::ok;
    case ErrorCode::invalid_encoding:
    case ErrorCode::invalid_field:
    case ErrorCode::missing_field:
    case ErrorCode::unknown_field:
    case ErrorCode::too_large:
    case ErrorCode::io_failed:
    case ErrorCode::config_invalid:
      return ExitCode::bad_input;
    case ErrorCode::not_found:
    case ErrorCode::not_registered:
    case ErrorCode::pruned:
      return ExitCode::not_found;
    case ErrorCode::bad_certificate:
    case ErrorCode::root_mismatch:
    case ErrorCode::broken_chain:
      return ExitCode::verification_failed;
    case ErrorCode::unreachable:
    case ErrorCode::busy:
      return ExitCode::unreachable;
    case ErrorCode::timeout:
    case ErrorCode::not_final:
      return ExitCode::not_final;
    case ErrorCode::unauthorised:
    case ErrorCode::forbidden:
      return ExitCode::unauthorised;
    case ErrorCode::storage_failed:
    case ErrorCode::already_running:
    case ErrorCode::protocol_unsupported:
    case ErrorCode::internal:
      return ExitCode::internal;
    default:
      return ExitCode::rejected;  // the transaction codes
  }
}

}  // namespace tally::cli
