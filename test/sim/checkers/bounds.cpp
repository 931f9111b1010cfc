#include "sim/checkers/bounds.h"

namespace tally::sim {

void Bounds::look(const Office& office, std::uint64_t window) {
  if (office.driver() == nullptr || office.driver()->replica() == nullptr) return;
  const auto& replica = *office.driver()->replica();
  const std::uint64_t n = office.driver()->validators().members.size();
  const auto it = replica.footprint();
  const auto within = [&](const char* what, std::uint64_t held, std::uint64_t most) {
    if (held > most)
      breaches_.add("memory", name_of(office) + " holds " + std::to_string(held) + " " + what + ", more than " +
                                  std::to_string(most));
  };
  within("slots", it.slots, window);
  within("votes", it.votes, window * 2 * 2 * n);
  within("bodies", it.bodies, window * 5);
  within("CHECKPOINTs", it.checkpoint_votes, (window + 2) * n);
  within("certificates", it.certificates, window * 4 + 2);
  within("VIEW-CHANGEs", it.view_changes, 3 * n);
}

void Bounds::on_decided(const Office& office, const consensus::Decided& decided, std::uint64_t window) {
  const auto* replica = office.driver()->replica();
  if (replica != nullptr && decided.seq.value > replica->stable().value + window)
    breaches_.add("window", name_of(office) + " decided " + std::to_string(decided.seq.value) +
                                ", beyond the window above " + std::to_string(replica->stable().value));
}

}  // namespace tally::sim
