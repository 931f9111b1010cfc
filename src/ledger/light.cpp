#include "ledger/light.h"

#include "ledger/proofs.h"

namespace tally::ledger {

using consensus::Misconduct;

namespace {

Error at_height(const Error& error, BlockHeight height) {
  return Error(error).within("block " + std::to_string(height.value));
}

// The header after which an epoch gave way to the next.
Digest last_header(const EpochLink& link) {
  if (const auto* end = std::get_if<EpochEnd>(&link)) return digest_of(end->header);
  return std::get<consensus::EpochRecovery>(link).statement.header;
}

Status enter_epoch(TrustedHead& at, const Digest& before, const BlockHeader& header,
                   const std::vector<EpochLink>& epochs, const crypto::Verifier& verifier) {
  while (at.validators.epoch < header.epoch) {
    if (at.validators.epoch.value >= epochs.size())
      return make_error(ErrorCode::broken_chain, "epoch",
                        "is " + std::to_string(header.epoch.value) + ", and nothing leads to its validators",
                        "a link for each epoch before it");
    const auto& link = epochs[at.validators.epoch.value];
    if (last_header(link) != before)
      return make_error(ErrorCode::broken_chain, "epoch",
                        "follows another block than the last of epoch " + std::to_string(at.validators.epoch.value),
                        "the block that ended it");
    auto next = follow_epoch(at.validators, link, verifier);
    if (!next) return next.error();
    at.validators = std::move(next).value();
  }
  if (at.validators.epoch != header.epoch)
    return make_error(ErrorCode::broken_chain, "epoch", "is " + std::to_string(header.epoch.value),
                      std::to_string(at.validators.epoch.value));
  return {};
}

}  // namespace

TrustedHead trust_genesis(const Genesis& genesis, const BlockHeader& genesis_header) {
  return {chain_id(genesis), genesis_header, std::nullopt, validator_set(genesis)};
}

Result<TrustedHead> advance(const TrustedHead& head, const std::vector<CertifiedHeader>& headers,
                            const std::vector<EpochLink>& epochs) {
  const auto verifier = crypto::make_verifier(head.chain);
  TrustedHead trusted = head;
  TrustedHead at = head;  // links checked up to here
  Digest digest = digest_of(head.header);
  for (const auto& [header, certificate] : headers) {
    const BlockHeight height = at.header.height.next();
    if (auto follows = check_follows(at.header, digest, header); !follows) return at_height(follows.error(), height);
    if (auto entered = enter_epoch(at, digest, header, epochs, *verifier); !entered)
      return at_height(entered.error(), height);
    at.header = header;
    at.certificate = certificate;
    digest = digest_of(header);
    if (!certificate) continue;
    if (auto final = check_final(header, *certificate, at.validators, *verifier); !final)
      return at_height(final.error(), height);
    trusted = at;
  }
  return trusted;
}

Result<std::vector<Misconduct>> prove_fork(const TrustedHead& head, const CertifiedHeader& other) {
  if (!head.certificate || !other.certificate || other.header.height != head.header.height ||
      other.header.epoch != head.header.epoch)
    return make_error(ErrorCode::bad_certificate, "certificate",
                      "is missing, or for another height or epoch than the trusted head's",
                      "certificates of both headers of one height");
  if (digest_of(other.header) == digest_of(head.header))
    return make_error(ErrorCode::invalid_field, "header", "is the trusted one", "another header of its height");
  const auto verifier = crypto::make_verifier(head.chain);
  if (auto final = check_final(other.header, *other.certificate, head.validators, *verifier); !final)
    return at_height(final.error(), other.header.height);
  std::vector<Misconduct> out;
  for (const auto& mine : head.certificate->signatures) {
    for (const auto& theirs : other.certificate->signatures) {
      if (mine.replica != theirs.replica) continue;
      consensus::TwoCheckpoints both{{head.certificate->vote, mine.replica, mine.signature},
                                     {other.certificate->vote, theirs.replica, theirs.signature}};
      out.push_back({head.header.epoch, mine.replica, std::move(both)});
    }
  }
  return out;
}

}  // namespace tally::ledger
