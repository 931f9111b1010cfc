#include "p2p/arbitration.h"

namespace tally::p2p {

bool arbiter_adopts(const std::optional<LinkFacts>& live, const LinkFacts& fresh) {
  if (!live || live->boot != fresh.boot) return true;
  if (fresh.opened_here || !live->opened_here) return true;
  return fresh.since - live->since > kCrossingWindow;
}

bool follower_adopts(const std::optional<LinkFacts>& live, const LinkFacts& fresh) {
  return !live || live->boot != fresh.boot || fresh.adoption > live->adoption;
}

}  // namespace tally::p2p
