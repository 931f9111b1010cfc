// Purpose: the operations that transactions carry, declared once: this gives their wire bytes and their JSON.
// Thread rule: plain values. New operations are appended to the variant: its index is on the wire.
// People: a person (officer, resident) is a registered PersonId with one or more keys; "a different person"
// always compares PersonIds, never keys. Personal data never stands here: a subject is a random handle and a
// salted commitment; reasons and evidence are digests of texts that stay in the office's vault.
#pragma once

#include "contracts/work_operations.h"

namespace tally::contracts {

struct RegisterUnit {
  static constexpr std::string_view kName = "register_unit";
  UnitId unit;  // its parent must exist, except for a root at genesis
  UnitKind kind = UnitKind::village;
  std::string title;
  bool operator==(const RegisterUnit&) const = default;
};
BOOST_DESCRIBE_STRUCT(RegisterUnit, (), (unit, kind, title))

struct RegisterOfficer {
  static constexpr std::string_view kName = "register_officer";
  PersonId person;
  PublicKey key;
  UnitId unit;
  std::vector<Role> roles;
  std::string title;  // of the post ("accountant of Ludishao"), never a name
  bool operator==(const RegisterOfficer&) const = default;
};
BOOST_DESCRIBE_STRUCT(RegisterOfficer, (), (person, key, unit, roles, title))

// A lost or replaced key: `added` becomes a key of the person, `revoked` ceases to be one.
struct ChangeKeys {
  static constexpr std::string_view kName = "change_keys";
  PersonId person;
  std::optional<PublicKey> added;
  std::optional<PublicKey> revoked;
  bool operator==(const ChangeKeys&) const = default;
};
BOOST_DESCRIBE_STRUCT(ChangeKeys, (), (person, added, revoked))

struct RegisterSubject {
  static constexpr std::string_view kName = "register_subject";
  SubjectHandle subject;
  SubjectKind kind = SubjectKind::household;
  UnitId unit;
  Digest commitment;             // salted, of what the office's vault holds
  std::optional<PublicKey> key;  // with which the subject itself can sign (objections)
  // The officer who belongs to this subject (their own household), so that they neither propose, endorse nor
  // resolve in its affairs.
  std::optional<PersonId> person = std::nullopt;
  bool operator==(const RegisterSubject&) const = default;
};
BOOST_DESCRIBE_STRUCT(RegisterSubject, (), (subject, kind, unit, commitment, key, person))

// Opens the subject's accounts in all books that the rulebook keeps for its kind, each at the book's start.
struct OpenAccount {
  static constexpr std::string_view kName = "open_account";
  RulebookId rulebook;
  SubjectHandle subject;
  bool operator==(const OpenAccount&) const = default;
};
BOOST_DESCRIBE_STRUCT(OpenAccount, (), (rulebook, subject))

// What somebody claims about a subject under one rule of the catalogue.
struct Claimed {
  RulebookId rulebook;
  SubjectHandle subject;
  RuleCode rule;
  std::uint32_t quantity = 1;    // for rules per unit (hours of service, started months)
  std::optional<Amount> amount;  // for rules with a range, signed as in the rulebook
  TimestampMs event_time;        // within the rulebook's declared span before block time
  Digest reason;                 // zero if none
  Digest evidence;               // zero if none
  bool operator==(const Claimed&) const = default;
};
BOOST_DESCRIBE_STRUCT(Claimed, (), (rulebook, subject, rule, quantity, amount, event_time, reason, evidence))

// Whether a rule adds points, takes them or uses them up is the rule's affair, but each kind of operation accepts only
// rules of its kind, so that nobody deducts by mistake.
struct Award : Claimed {
  static constexpr std::string_view kName = "award";
  bool operator==(const Award&) const = default;
};
BOOST_DESCRIBE_STRUCT(Award, (Claimed), ())

// Proposes a deduction: a case that takes effect after an endorsement by a different person and the rule's
// objection window. If another endorser signed the same transaction, it is endorsed at once.
struct Deduct : Claimed {
  static constexpr std::string_view kName = "deduct";
  bool operator==(const Deduct&) const = default;
};
BOOST_DESCRIBE_STRUCT(Deduct, (Claimed), ())

// Cases are numbered per chain from 1.
struct Endorse {
  static constexpr std::string_view kName = "endorse";
  std::uint64_t case_number = 0;
  bool operator==(const Endorse&) const = default;
};
BOOST_DESCRIBE_STRUCT(Endorse, (), (case_number))

// By the subject's own key, or by an officer of the unit on the subject's behalf.
struct Object {
  static constexpr std::string_view kName = "object";
  std::uint64_t case_number = 0;
  Digest reason;
  bool operator==(const Object&) const = default;
};
BOOST_DESCRIBE_STRUCT(Object, (), (case_number, reason))

enum class Resolution : std::uint8_t { upheld, dismissed };  // of the objection
BOOST_DESCRIBE_ENUM(Resolution, upheld, dismissed)

// By an arbiter who is neither proposer nor endorser. upheld: the deduction falls. dismissed: it takes effect.
struct Resolve {
  static constexpr std::string_view kName = "resolve";
  std::uint64_t case_number = 0;
  Resolution resolution = Resolution::upheld;
  Digest reason;
  bool operator==(const Resolve&) const = default;
};
BOOST_DESCRIBE_STRUCT(Resolve, (), (case_number, resolution, reason))

// A correction is a new entry that is linked to the entry it takes back; each entry can be reversed once. Two
// different persons sign.
struct Reverse {
  static constexpr std::string_view kName = "reverse";
  RulebookId rulebook;
  BookCode book;  // empty: the main book of the subject's kind
  SubjectHandle subject;
  std::uint64_t entry = 0;  // its index in the account's history
  Digest reason;
  bool operator==(const Reverse&) const = default;
};
BOOST_DESCRIBE_STRUCT(Reverse, (), (rulebook, book, subject, entry, reason))

// The subject uses points up under a rule of kind spend. It must want to: its own key signs as well, or, if it has
// none, a second person whom the rule names as endorser.
struct Spend : Claimed {
  static constexpr std::string_view kName = "spend";
  bool operator==(const Spend&) const = default;
};
BOOST_DESCRIBE_STRUCT(Spend, (Claimed), ())

// The subject allows a unit (a bank) to ask its gates, or, with no unit, allows the rulebook to score it at all. Signed
// by the subject's own key, or by a registrar who holds the signed paper. A further consent replaces the one before.
struct GiveConsent {
  static constexpr std::string_view kName = "give_consent";
  RulebookId rulebook;
  SubjectHandle subject;
  UnitId unit;
  TimestampMs until;
  Digest evidence;  // of the paper, where a registrar signs
  bool operator==(const GiveConsent&) const = default;
};
BOOST_DESCRIBE_STRUCT(GiveConsent, (), (rulebook, subject, unit, until, evidence))

struct WithdrawConsent {
  static constexpr std::string_view kName = "withdraw_consent";
  RulebookId rulebook;
  SubjectHandle subject;
  UnitId unit;
  bool operator==(const WithdrawConsent&) const = default;
};
BOOST_DESCRIBE_STRUCT(WithdrawConsent, (), (rulebook, subject, unit))

// Asks a gate about a subject. The question and its answer are kept where the subject sees them.
struct Consult {
  static constexpr std::string_view kName = "consult";
  RulebookId rulebook;
  SubjectHandle subject;
  std::string gate;
  Digest purpose;  // of what is written down about it
  bool operator==(const Consult&) const = default;
};
BOOST_DESCRIBE_STRUCT(Consult, (), (rulebook, subject, gate, purpose))

// In a genesis only; afterwards propose_rulebook. The document is JSON text; it must pass the rulebook check. A higher
// version replaces a lower one for events from its effective time on.
struct DeployRulebook {
  static constexpr std::string_view kName = "deploy_rulebook";
  std::string document;
  bool operator==(const DeployRulebook&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeployRulebook, (), (document))

// Test clock only: block time of later blocks is at least `to`.
struct AdvanceClock {
  static constexpr std::string_view kName = "advance_clock";
  TimestampMs to;
  bool operator==(const AdvanceClock&) const = default;
};
BOOST_DESCRIBE_STRUCT(AdvanceClock, (), (to))

// Governance by the validators' organisations: each signs with its node's key. A proposal counts as its author's
// approval, and is adopted once a quorum of the members at that moment approve (consensus rule 12).

// A new validator, last in order. Its key signs as well, so that nobody is added who cannot vote.
struct AddValidator {
  static constexpr std::string_view kName = "add_validator";
  std::string validator;  // name of the organisation
  PublicKey key;
  std::string address;  // "host:port", where the others reach its node
  bool operator==(const AddValidator&) const = default;
};
BOOST_DESCRIBE_STRUCT(AddValidator, (), (validator, key, address))

struct RemoveValidator {
  static constexpr std::string_view kName = "remove_validator";
  std::string validator;
  bool operator==(const RemoveValidator&) const = default;
};
BOOST_DESCRIBE_STRUCT(RemoveValidator, (), (validator))

// The validator keeps its place and its vote. The new key signs as well.
struct RotateValidatorKey {
  static constexpr std::string_view kName = "rotate_validator_key";
  std::string validator;
  PublicKey key;
  bool operator==(const RotateValidatorKey&) const = default;
};
BOOST_DESCRIBE_STRUCT(RotateValidatorKey, (), (validator, key))

struct RaiseProtocol {
  static constexpr std::string_view kName = "raise_protocol";
  std::uint32_t version = 0;
  std::uint64_t from = 0;  // the first block under it
  bool operator==(const RaiseProtocol&) const = default;
};
BOOST_DESCRIBE_STRUCT(RaiseProtocol, (), (version, from))

// Proposals are numbered per chain from 1. An organisation may change its mind until the proposal is closed.
struct VoteProposal {
  static constexpr std::string_view kName = "vote_proposal";
  std::uint64_t proposal = 0;
  bool approve = true;
  bool operator==(const VoteProposal&) const = default;
};
BOOST_DESCRIBE_STRUCT(VoteProposal, (), (proposal, approve))

// Governance of the rules, by the posts that the chain's constitution names (constitution.h).

// Who holds a role in a unit of a kind; without a kind: in any.
struct Post {
  Role role = Role::governor;
  std::optional<UnitKind> unit_kind = std::nullopt;
  bool operator==(const Post&) const = default;
};
BOOST_DESCRIBE_STRUCT(Post, (), (role, unit_kind))

// So many different people of a post; `distinct_units`: each for another unit.
struct ApprovalTerm {
  Role role = Role::governor;
  std::optional<UnitKind> unit_kind = std::nullopt;
  std::uint32_t count = 1;
  bool distinct_units = false;
  bool operator==(const ApprovalTerm&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApprovalTerm, (), (role, unit_kind, count, distinct_units))

struct Procedure {
  std::vector<Post> proposers;
  std::vector<ApprovalTerm> approvals;  // all of them, by people other than the proposer
  std::uint32_t comment_days = 0;       // nothing is adopted before they are over
  std::uint32_t open_days = 31;         // then it expires
  bool operator==(const Procedure&) const = default;
};
BOOST_DESCRIBE_STRUCT(Procedure, (), (proposers, approvals, comment_days, open_days))

struct Constitution {
  Procedure rulebooks;
  std::vector<ApprovalTerm> bank_rules;  // beside those, of a rulebook that says what a bank does
  Procedure parameters;
  bool operator==(const Constitution&) const = default;
};
BOOST_DESCRIBE_STRUCT(Constitution, (), (rulebooks, bank_rules, parameters))

// In a genesis only, once. Without it the chain has default_constitution().
struct AdoptConstitution {
  static constexpr std::string_view kName = "adopt_constitution";
  Constitution constitution;
  bool operator==(const AdoptConstitution&) const = default;
};
BOOST_DESCRIBE_STRUCT(AdoptConstitution, (), (constitution))

// A rulebook, or a higher version of one, that shall be in force from its effective time on.
struct ProposeRulebook {
  static constexpr std::string_view kName = "propose_rulebook";
  std::string document;
  Digest reason;  // zero if none
  bool operator==(const ProposeRulebook&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProposeRulebook, (), (document, reason))

// Takes no new events from `effective` on. What happened stays; open cases run on; entries can be corrected.
struct RetireRulebook {
  static constexpr std::string_view kName = "retire_rulebook";
  RulebookId rulebook;
  TimestampMs effective;
  Digest reason;
  bool operator==(const RetireRulebook&) const = default;
};
BOOST_DESCRIBE_STRUCT(RetireRulebook, (), (rulebook, effective, reason))

struct ParameterValue {
  std::string name;
  std::uint64_t value = 0;
  bool operator==(const ParameterValue&) const = default;
};
BOOST_DESCRIBE_STRUCT(ParameterValue, (), (name, value))

struct FeatureFlag {
  std::string name;
  bool on = true;
  bool operator==(const FeatureFlag&) const = default;
};
BOOST_DESCRIBE_STRUCT(FeatureFlag, (), (name, on))

// Parameters and features of the engine (parameters.h); those that are not named stay as they are.
struct ProposeParameters {
  static constexpr std::string_view kName = "propose_parameters";
  std::vector<ParameterValue> values;
  std::vector<FeatureFlag> features;
  std::uint64_t from = 0;  // the first block under them; if adopted later: the block after
  Digest reason;
  bool operator==(const ProposeParameters&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProposeParameters, (), (values, features, from, reason))

// By any officer, or by a subject with its own key. Proposals share their numbers with those on validators.
struct CommentProposal {
  static constexpr std::string_view kName = "comment_proposal";
  std::uint64_t proposal = 0;
  Digest comment;  // of the text, which is kept off the chain
  bool operator==(const CommentProposal&) const = default;
};
BOOST_DESCRIBE_STRUCT(CommentProposal, (), (proposal, comment))

// `content` says what was read: the digest that the proposal has. approve = false takes an approval back.
struct ApproveProposal {
  static constexpr std::string_view kName = "approve_proposal";
  std::uint64_t proposal = 0;
  Digest content;
  bool approve = true;
  bool operator==(const ApproveProposal&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApproveProposal, (), (proposal, content, approve))

// By its proposer, while it is open.
struct WithdrawProposal {
  static constexpr std::string_view kName = "withdraw_proposal";
  std::uint64_t proposal = 0;
  bool operator==(const WithdrawProposal&) const = default;
};
BOOST_DESCRIBE_STRUCT(WithdrawProposal, (), (proposal))

using Operation =
    std::variant<RegisterUnit, RegisterOfficer, ChangeKeys, RegisterSubject, OpenAccount, Award, Deduct, Endorse,
                 Object, Resolve, Reverse, DeployRulebook, AdvanceClock, AddValidator, RemoveValidator,
                 RotateValidatorKey, RaiseProtocol, VoteProposal, Spend, GiveConsent, WithdrawConsent, Consult,
                 OpenCase, ActCase, Allocate, Settle, AdoptConstitution, ProposeRulebook, RetireRulebook,
                 ProposeParameters, CommentProposal, ApproveProposal, WithdrawProposal>;

// What became of a proposal. A closed one stays readable.
enum class ProposalState : std::uint8_t {
  open,
  adopted,
  rejected,  // too few are left who could approve
  expired,   // open for 31 days, or for as long as the constitution says
  outdated,  // what it would change is no longer as it was
  withdrawn
};
BOOST_DESCRIBE_ENUM(ProposalState, open, adopted, rejected, expired, outdated, withdrawn)

// Where a proposal stands after an operation.
struct ProposalOutcome {
  std::uint64_t number = 0;
  ProposalState state = ProposalState::open;
  std::uint32_t approvals = 0;  // that count at this moment
  std::uint32_t needed = 0;     // the quorum of the members, or what the constitution and the rulebook ask for
  bool operator==(const ProposalOutcome&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProposalOutcome, (), (number, state, approvals, needed))

// What a gate answered.
struct GateAnswer {
  std::string gate;
  bool passes = false;
  bool passes_after_pending = false;  // if every open case takes effect
  std::string reason;                 // the first
  std::optional<Amount> value;        // what it grants, in its own unit (a credit line); absent if it does not pass
  bool operator==(const GateAnswer&) const = default;
};
BOOST_DESCRIBE_STRUCT(GateAnswer, (), (gate, passes, passes_after_pending, reason, value))

// Result of an operation that was applied, in OperationResult::output. Absent parts do not apply.
struct OperationOutput {
  std::optional<std::uint64_t> entry;        // index of the new entry in the account's history
  std::optional<Amount> change;              // after floor and cap
  std::optional<Amount> score;               // of the account, afterwards
  std::optional<std::uint64_t> case_number;  // opened or moved
  std::optional<TimestampMs> effective;      // when a case takes effect unless somebody objects
  std::optional<ProposalOutcome> proposal;   // made or voted on
  std::optional<GateAnswer> gate;            // that was consulted
  std::optional<WorkOutcome> work;           // of an allocation: state is empty
  bool operator==(const OperationOutput&) const = default;
};
BOOST_DESCRIBE_STRUCT(OperationOutput, (), (entry, change, score, case_number, effective, proposal, gate, work))

// The operation's name on the wire of people: "award", "register_unit".
std::string_view name_of(const Operation& operation);
Bytes encode_operation(const Operation& operation);
// Errors: invalid_encoding with the field's path; too_large over limits::kOperationBytesMax.
Result<Operation> decode_operation(ByteView bytes);
Result<OperationOutput> decode_output(ByteView bytes);

}  // namespace tally::contracts
