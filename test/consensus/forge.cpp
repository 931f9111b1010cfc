#include "consensus/forge.h"

#include <stdexcept>

namespace tally::consensus::test {

namespace {

[[noreturn]] void no_such(const std::string& what) {
  throw std::runtime_error("there is no such field or way here: " + what);
}

void flip(Digest& digest) {
  digest.bytes[0] = static_cast<Byte>(digest.bytes[0] ^ 1U);
}

void flip(Signature& signature) {
  signature.bytes[0] = static_cast<Byte>(signature.bytes[0] ^ 1U);
}

// What the replica would have signed for another chain: another digest under the same key.
void of_another_chain(Signature& signature) {
  std::rotate(signature.bytes.begin(), signature.bytes.begin() + 1, signature.bytes.end());
}

struct Alteration {
  const std::string& field;

  void vote(Vote& it) const {
    if (field == "view")
      ++it.view.value;
    else if (field == "seq")
      ++it.seq.value;
    else if (field == "digest")
      flip(it.digest);
    else if (field == "epoch")
      ++it.epoch.value;
    else if (field == "phase")
      it.phase = it.phase == Phase::commit ? Phase::prepare : Phase::commit;
    else
      no_such(field);
  }
  void checkpoint(CheckpointVote& it) const {
    if (field == "height")
      ++it.height.value;
    else if (field == "header")
      flip(it.header);
    else if (field == "epoch")
      ++it.epoch.value;
    else
      no_such(field);
  }
  // True if the field is about who signed.
  template <class Signed>
  [[nodiscard]] bool sender(Signed& it) const {
    if (field == "replica")
      it.replica.value = it.replica.value == 0 ? 1 : 0;
    else if (field == "signature")
      flip(it.signature);
    else if (field == "chain")
      of_another_chain(it.signature);
    else
      return false;
    return true;
  }

  void operator()(SignedVote& it) const {
    if (!sender(it)) vote(it.vote);
  }
  void operator()(Proposal& it) const {
    if (field == "batch")
      it.batch.push_back('x');
    else
      (*this)(it.pre_prepare);
  }
  void operator()(SignedCheckpoint& it) const {
    if (!sender(it)) checkpoint(it.vote);
  }
  void operator()(SignedViewChange& it) const {
    if (sender(it)) return;
    if (field == "view")
      ++it.body.new_view.value;
    else if (field == "prepared" && !it.body.prepared.empty())
      it.body.prepared.pop_back();
    else
      no_such(field);
  }
  void operator()(SignedNewView& it) const {
    if (sender(it)) return;
    if (field == "view")
      ++it.body.view.value;
    else if (field == "proposals" && !it.body.pre_prepares.empty())
      it.body.pre_prepares.pop_back();
    else
      no_such(field);
  }
  void operator()(CommitCertificate& it) const {
    certificate(it, [&] { vote(it.commit); });
  }
  void operator()(CheckpointCertificate& it) const {
    certificate(it, [&] { checkpoint(it.vote); });
  }
  void operator()(StatusReport&) const { no_such(field); }

  template <class Certificate, class Body>
  void certificate(Certificate& it, const Body& body) const {
    if (field == "duplicate_signer")
      it.signatures.back() = it.signatures.front();
    else if (field == "too_few")
      it.signatures.pop_back();
    else if (field == "signature")
      flip(it.signatures.back().signature);
    else
      body();
  }
};

void change(std::uint64_t& number, const std::string& how) {
  if (how == "plus_one")
    ++number;
  else if (how == "minus_one")
    --number;
  else if (how == "zero")
    number = 0;
  else if (how == "max")
    number = ~0ULL;
  else
    no_such(how);
}

void claim_view(PreparedCertificate& certificate, View view, const ValidatorSet& validators) {
  certificate.pre_prepare.view = view;
  certificate.primary.replica = validators.primary(view);
}

}  // namespace

Message altered(Message message, const std::string& field) {
  std::visit(Alteration{field}, message);
  return message;
}

Message re_signed(Message message, const std::string& field, const std::string& how, const PublicKey& key) {
  const MockSigner signer(key);
  if (auto* checkpoint = std::get_if<SignedCheckpoint>(&message)) {
    if (field != "height") no_such(field);
    change(checkpoint->vote.height.value, how);
    checkpoint->signature = sign_checkpoint(checkpoint->vote, signer);
    return message;
  }
  auto* proposal = std::get_if<Proposal>(&message);
  auto* vote = proposal != nullptr ? &proposal->pre_prepare : std::get_if<SignedVote>(&message);
  if (vote == nullptr || (field != "view" && field != "seq")) no_such(field);
  change(field == "view" ? vote->vote.view.value : vote->vote.seq.value, how);
  vote->signature = sign_vote(vote->vote, signer);
  return message;
}

PreparedCertificate ruined(PreparedCertificate certificate, const std::string& how, const ValidatorSet& validators) {
  auto& prepares = certificate.prepares;
  if (how == "bad_signature")
    flip(prepares.back().signature);
  else if (how == "duplicate_signer")
    prepares.back() = prepares.front();
  else if (how == "primary_counts")
    prepares.front() = certificate.primary;
  else if (how == "too_few")
    prepares.pop_back();
  else if (how.starts_with("claims_view_"))
    claim_view(certificate, View{std::stoull(how.substr(12))}, validators);
  else
    no_such(how);
  return certificate;
}

std::vector<std::pair<SeqNum, Digest>> ruined(std::vector<std::pair<SeqNum, Digest>> proposals,
                                              const std::string& how) {
  if (how == "right") return proposals;
  if (how == "empty") return {};
  if (proposals.empty()) no_such(how + ", since O is empty");
  if (how == "dropped")
    proposals.pop_back();
  else if (how == "swapped")
    std::swap(proposals.front().second, proposals.back().second);
  else if (how == "added")
    proposals.emplace_back(proposals.back().first.next(), digest_of_text("added"));
  else if (how == "nulled")
    proposals.front().second = kNullBatch;
  else
    no_such(how);
  return proposals;
}

SignedViewChange sign_again(ViewChange body, ReplicaIndex replica, const PublicKey& key) {
  const Digest digest = crypto::digest_of(crypto::kViewChangeDomain, body);
  return {std::move(body), replica, MockSigner(key).sign(crypto::kViewChangeDomain, digest)};
}

SignedNewView sign_again(NewView body, ReplicaIndex replica, const PublicKey& key) {
  const Digest digest = crypto::digest_of(crypto::kNewViewDomain, body);
  return {std::move(body), replica, MockSigner(key).sign(crypto::kNewViewDomain, digest)};
}

}  // namespace tally::consensus::test
