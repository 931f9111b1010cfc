// Purpose: one error type for everything that input, peers, files or people can get wrong.
// Thread rule: plain values.
// Invariant: `code` is stable across versions (clients branch on it); texts may improve.
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace tally {

// Stable codes: the enumerator's name is what the API, the CLI and receipts show.
// New codes are appended: receipts encode the position.
enum class ErrorCode : std::uint16_t {
  ok,
  // Form of the input.
  invalid_encoding,  // bytes are not the canonical encoding of the expected type
  invalid_field,     // a field's value is outside what it may be
  missing_field,     // a required field is absent
  unknown_field,     // a field that nobody defined
  too_large,         // over a stated limit
  not_found,
  // Transactions.
  wrong_chain,      // made for another genesis
  expired,          // block time has reached valid_until
  not_yet_valid,    // valid_until lies too far ahead
  duplicate,        // same author and client id, same content: the first outcome stands
  replay_conflict,  // same author and client id, other content
  bad_signature,
  pool_full,
  // Rules.
  not_registered,  // no such officer, subject, unit, account or rulebook
  already_registered,
  missing_role,  // the signer does not hold the role that the operation needs
  outside_unit,  // the subject is not in the officer's unit or below it
  same_person,   // proposer and endorser, or parties that must differ, are one person
  rule_unknown,  // the catalogue has no such rule
  rule_off,      // the rule is in the catalogue but not in force
  amount_out_of_range,
  limit_reached,  // per day, month, cycle or case
  evidence_missing,
  reason_missing,
  wrong_state,  // the entry or case is not in a state that allows this
  overflow,
  test_clock_disabled,  // a production genesis refuses operations on the clock
  batch_aborted,        // another operation of an all-or-nothing transaction failed
  // Verification of chains, proofs and peers.
  bad_certificate,
  root_mismatch,
  broken_chain,  // a parent digest, height or epoch does not follow
  // The node and its surroundings.
  unreachable,
  timeout,
  busy,
  not_final,
  storage_failed,
  io_failed,
  already_running,
  config_invalid,
  unauthorised,
  forbidden,
  internal,
  protocol_unsupported,  // the chain asks for a protocol version that this software does not know
  // Rules again.
  condition_failed,   // a condition of the rule or transition does not hold
  expression_failed,  // an expression of the rulebook has no value here
  consent_missing,
  pruned  // this node has let go of it; others or an archive hold it
};
BOOST_DESCRIBE_ENUM(ErrorCode, ok, invalid_encoding, invalid_field, missing_field, unknown_field, too_large, not_found,
                    wrong_chain, expired, not_yet_valid, duplicate, replay_conflict, bad_signature, pool_full,
                    not_registered, already_registered, missing_role, outside_unit, same_person, rule_unknown, rule_off,
                    amount_out_of_range, limit_reached, evidence_missing, reason_missing, wrong_state, overflow,
                    test_clock_disabled, batch_aborted, bad_certificate, root_mismatch, broken_chain, unreachable,
                    timeout, busy, not_final, storage_failed, io_failed, already_running, config_invalid, unauthorised,
                    forbidden, internal, protocol_unsupported, condition_failed, expression_failed, consent_missing,
                    pruned)

// The code's stable name, e.g. "replay_conflict".
std::string_view name_of(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string field;     // path of the field at fault ("operations[3].amount"), empty if none
  std::string problem;   // what is wrong, with the offending value
  std::string expected;  // what would be right, or what to do next; empty if nothing can be said

  // "operations[3].amount: is 12.34; expected at most one decimal"
  [[nodiscard]] std::string text() const;
  // The same error, one level further out: `outer` is put in front of the field path.
  [[nodiscard]] Error within(std::string_view outer) &&;
};

inline Error make_error(ErrorCode code, std::string field, std::string problem, std::string expected = {}) {
  return Error{code, std::move(field), std::move(problem), std::move(expected)};
}

// Thrown only when a caller takes the value of a failed Result: a programming mistake.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;
using Status = Result<void>;

}  // namespace tally
