#include "consensus/evidence.h"

#include "consensus/replica.h"
#include "crypto/digest.h"

namespace tally::consensus {

namespace {

// What the two messages of each kind have in common, and what makes them differ.
struct Place {
  View view;
  std::uint64_t number = 0;  // sequence number or height; 0 where there is none
  Byte phase = 0;
  bool operator==(const Place&) const = default;
};

Place place_of(const SignedVote& message) {
  return {message.vote.view, message.vote.seq.value, static_cast<Byte>(message.vote.phase)};
}
Place place_of(const SignedCheckpoint& message) {
  return {View{}, message.vote.height.value, 0};
}
Place place_of(const SignedViewChange& message) {
  return {message.body.new_view, 0, 0};
}
Place place_of(const SignedNewView& message) {
  return {message.body.view, 0, 0};
}

const auto& body_of(const SignedVote& message) {
  return message.vote;
}
const auto& body_of(const SignedCheckpoint& message) {
  return message.vote;
}
const auto& body_of(const SignedViewChange& message) {
  return message.body;
}
const auto& body_of(const SignedNewView& message) {
  return message.body;
}

const crypto::Domain& domain_of(const SignedVote&) {
  return crypto::kVoteDomain;
}
const crypto::Domain& domain_of(const SignedCheckpoint&) {
  return crypto::kCheckpointDomain;
}
const crypto::Domain& domain_of(const SignedViewChange&) {
  return crypto::kViewChangeDomain;
}
const crypto::Domain& domain_of(const SignedNewView&) {
  return crypto::kNewViewDomain;
}

// What a message claims beyond its signature (certificates that it carries) is not looked at: whoever signed two
// different ones for one place broke the rules whatever they say.
template <class Message>
Status check_message(const Message& message, const Misconduct& misconduct, const ValidatorSet& validators,
                     const crypto::Verifier& verifier) {
  if (body_of(message).epoch != misconduct.epoch)
    return make_error(ErrorCode::invalid_field, "epoch", "is " + std::to_string(body_of(message).epoch.value),
                      "epoch " + std::to_string(misconduct.epoch.value) + ", that of the evidence");
  if (message.replica != misconduct.replica)
    return make_error(ErrorCode::invalid_field, "replica", "is " + std::to_string(message.replica.value),
                      "replica " + std::to_string(misconduct.replica.value) + ", whom the evidence accuses");
  const auto& domain = domain_of(message);
  if (!verifier.verify(domain, crypto::digest_of(domain, body_of(message)), validators.key_of(message.replica),
                       message.signature))
    return make_error(ErrorCode::bad_signature, "signature",
                      "does not verify for replica " + std::to_string(message.replica.value) + " of this epoch");
  return {};
}

std::string name_of(Phase phase) {
  switch (phase) {
    case Phase::pre_prepare:
      return "PRE-PREPAREs";
    case Phase::prepare:
      return "PREPAREs";
    case Phase::commit:
      break;
  }
  return "COMMITs";
}

void put_big_endian(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<Byte>(value >> (8 * i)));
}

}  // namespace

Misconduct misconduct_of(const Evidence& evidence) {
  struct Visitor {
    Contradiction operator()(const std::pair<SignedVote, SignedVote>& pair) const {
      return TwoVotes{pair.first, pair.second};
    }
    Contradiction operator()(const std::pair<SignedCheckpoint, SignedCheckpoint>& pair) const {
      return TwoCheckpoints{pair.first, pair.second};
    }
    Contradiction operator()(const std::pair<SignedViewChange, SignedViewChange>& pair) const {
      return TwoViewChanges{pair.first, pair.second};
    }
    Contradiction operator()(const std::pair<SignedNewView, SignedNewView>& pair) const {
      return TwoNewViews{pair.first, pair.second};
    }
  };
  Misconduct out{{}, evidence.replica, std::visit(Visitor{}, evidence.votes)};
  out.epoch = std::visit([](const auto& two) { return body_of(two.first).epoch; }, out.messages);
  return out;
}

Status check_misconduct(const Misconduct& misconduct, const ValidatorSet& validators,
                        const crypto::Verifier& verifier) {
  if (misconduct.epoch != validators.epoch)
    return make_error(ErrorCode::invalid_field, "epoch", "is " + std::to_string(misconduct.epoch.value),
                      "epoch " + std::to_string(validators.epoch.value) + ", whose validators it is checked with");
  if (!validators.has(misconduct.replica))
    return make_error(ErrorCode::invalid_field, "replica", "is " + std::to_string(misconduct.replica.value),
                      "an index below " + std::to_string(validators.members.size()));
  return std::visit(
      [&](const auto& two) -> Status {
        if (Status good = check_message(two.first, misconduct, validators, verifier); !good)
          return Error(good.error()).within("messages.first");
        if (Status good = check_message(two.second, misconduct, validators, verifier); !good)
          return Error(good.error()).within("messages.second");
        if (place_of(two.first) != place_of(two.second))
          return make_error(ErrorCode::invalid_field, "messages", "are for different places",
                            "two messages of one kind for one view and number");
        if (body_of(two.first) == body_of(two.second))
          return make_error(ErrorCode::invalid_field, "messages", "say the same", "two that contradict each other");
        return {};
      },
      misconduct.messages);
}

Bytes place_key(const Misconduct& misconduct) {
  const Place place = std::visit([](const auto& two) { return place_of(two.first); }, misconduct.messages);
  Bytes out;
  put_big_endian(out, misconduct.epoch.value, 8);
  put_big_endian(out, misconduct.replica.value, 4);
  out.push_back(static_cast<Byte>(misconduct.messages.index()));
  out.push_back(place.phase);
  put_big_endian(out, place.view.value, 8);
  put_big_endian(out, place.number, 8);
  return out;
}

std::string describe(const Misconduct& misconduct) {
  const auto number = [](auto value) { return std::to_string(value.value); };
  if (const auto* votes = std::get_if<TwoVotes>(&misconduct.messages)) {
    const Vote& vote = votes->first.vote;
    return "signed two different " + name_of(vote.phase) + " for height " + number(vote.seq) + " in view " +
           number(vote.view);
  }
  if (const auto* checkpoints = std::get_if<TwoCheckpoints>(&misconduct.messages))
    return "signed two different CHECKPOINTs for height " + number(checkpoints->first.vote.height);
  if (const auto* changes = std::get_if<TwoViewChanges>(&misconduct.messages))
    return "signed two different VIEW-CHANGEs for view " + number(changes->first.body.new_view);
  return "signed two different NEW-VIEWs for view " +
         number(std::get<TwoNewViews>(misconduct.messages).first.body.view);
}

}  // namespace tally::consensus
