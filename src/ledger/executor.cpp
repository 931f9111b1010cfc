#include "ledger/executor.h"

#include "crypto/digest.h"

namespace tally::ledger {

Digest history_link(const Digest& previous, ByteView record) {
  return crypto::digest(crypto::kHistoryDomain, previous.view(), record);
}

}  // namespace tally::ledger
