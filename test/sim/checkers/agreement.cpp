#include "sim/checkers/agreement.h"

namespace tally::sim {

void Agreement::on_block(const Office& office, const Block& block) {
  const std::size_t at = block.height.value - 1;
  if (at == headers_.size()) {
    headers_.push_back(block.header);
    null_blocks_ += block.body.empty() ? 1 : 0;
  } else if (at > headers_.size()) {
    breaches_.add("agreement", name_of(office) + " has block " + std::to_string(block.height.value) +
                                   " before anyone had the one below");
  } else if (headers_[at] != block.header) {
    breaches_.add("agreement", name_of(office) + " has another block at height " + std::to_string(block.height.value));
  }
}

void Agreement::on_final(const Office& office, const consensus::CheckpointCertificate& certificate,
                         const crypto::Verifier& verifier) {
  const auto& vote = certificate.vote;
  const std::string block = "block " + std::to_string(vote.height.value);
  if (vote.height.value == 0 || vote.height.value > headers_.size())
    return breaches_.add("certificates", name_of(office) + " holds " + block + " for final, which nobody executed");
  if (headers_[vote.height.value - 1] != vote.header)
    return breaches_.add("certificates", name_of(office) + " holds another header of " + block + " for final");
  const auto* set = office.ledger().set_of(vote.epoch);
  if (set == nullptr || !consensus::check_certificate(certificate, *set, verifier))
    return breaches_.add("certificates", name_of(office) + " holds " + block +
                                             " for final by a certificate that does not verify in its epoch");
  if (vote.height <= set->start || office.ledger().block(vote.height).epoch != vote.epoch)
    breaches_.add("certificates", name_of(office) + " holds " + block + " for final by another epoch's certificate");
}

}  // namespace tally::sim
