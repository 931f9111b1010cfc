#include "ledger/epoch_chain.h"

#include "ledger/block_records.h"
#include "ledger/proofs.h"

namespace tally::ledger {

using consensus::EpochRecovery;
using consensus::ValidatorSet;

namespace {

Result<ValidatorSet> follow(const ValidatorSet& before, const EpochEnd& end, const crypto::Verifier& verifier) {
  if (end.header.epoch != before.epoch)
    return make_error(ErrorCode::broken_chain, "header.epoch", "is " + std::to_string(end.header.epoch.value),
                      std::to_string(before.epoch.value));
  if (end.header.height <= before.start)
    return make_error(ErrorCode::broken_chain, "header.height", "is " + std::to_string(end.header.height.value),
                      "a block after " + std::to_string(before.start.value) + ", after which its epoch began");
  if (auto final = check_final(end.header, end.certificate, before, verifier); !final) return final.error();
  const Digest digest = digest_of(end.next);
  if (digest != end.header.next_validators)
    return make_error(ErrorCode::root_mismatch, "next", "has digest " + digest.hex(),
                      end.header.next_validators.hex() + ", which the header names");
  if (end.next.epoch.value != before.epoch.value + 1 || end.next.start != end.header.height)
    return make_error(ErrorCode::broken_chain, "next", "is the set of epoch " + std::to_string(end.next.epoch.value),
                      "epoch " + std::to_string(before.epoch.value + 1) + ", which begins after block " +
                          std::to_string(end.header.height.value));
  return end.next;
}

Result<ValidatorSet> follow(const ValidatorSet& before, const EpochRecovery& recovery,
                            const crypto::Verifier& verifier) {
  if (auto good = check_recovery(recovery, before, verifier); !good) return good.error();
  return next_epoch(recovery, before);
}

}  // namespace

Result<ValidatorSet> follow_epoch(const ValidatorSet& before, const EpochLink& link, const crypto::Verifier& verifier) {
  return std::visit([&](const auto& way) { return follow(before, way, verifier); }, link);
}

Result<ValidatorSet> follow_epochs(const Genesis& genesis, const std::vector<EpochLink>& links,
                                   const crypto::Verifier& verifier) {
  if (links.size() > kEpochLinksMax)
    return make_error(ErrorCode::too_large, "epochs", "has " + std::to_string(links.size()) + " links",
                      "at most " + std::to_string(kEpochLinksMax));
  ValidatorSet validators = validator_set(genesis);
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto next = follow_epoch(validators, links[i], verifier);
    if (!next) return Error(next.error()).within("epochs[" + std::to_string(i) + "]");
    validators = std::move(next).value();
  }
  return validators;
}

Result<std::vector<EpochLink>> epoch_links(const storage::Reader& store, Epoch epoch) {
  std::vector<EpochLink> links;
  for (std::uint64_t number = 1; number <= epoch.value; ++number) {
    auto recovery = read_recovery(store, Epoch{number});
    if (!recovery) return recovery.error();
    if (*recovery) {
      links.emplace_back(std::move(**recovery));
      continue;
    }
    const std::string name = "epoch " + std::to_string(number);
    auto set = read_validators(store, Epoch{number});
    if (!set) return set.error();
    if (!*set) return make_error(ErrorCode::not_found, "epoch", "is " + std::to_string(number), "one that began here");
    auto header = read_header(store, (*set)->start);
    if (!header) return header.error();
    auto certificate = read_certificate(store, (*set)->start);
    if (!certificate) return certificate.error();
    if (!*header || !*certificate)
      return make_error(ErrorCode::not_found, "epoch",
                        "the block before " + name + " or its certificate is not held here", "a node that holds it");
    links.emplace_back(EpochEnd{**header, std::move(**certificate), std::move(**set)});
  }
  return links;
}

}  // namespace tally::ledger
