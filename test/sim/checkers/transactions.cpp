#include "sim/checkers/transactions.h"

#include <numeric>

#include "common/codec.h"

namespace tally::sim {

void Transactions::compute(const Block& block) {
  Expected after = expected_.back();
  const auto batch = block.body.empty() ? Result<Batch>(Batch{}) : decode<Batch>(block.body);
  if (!batch) return breaches_.add("transactions", "block " + std::to_string(block.height.value) + " has no batch");
  for (const auto& transaction : batch->transactions) {
    if (!issued_(transaction))
      breaches_.add("transactions",
                    "block " + std::to_string(block.height.value) + " has a transaction that no client signed");
    if (!done_.insert(transaction.id()).second) continue;
    ++after.effects;
    after.accounts[transaction.from % kAccounts] -= transaction.amount;
    after.accounts[transaction.to % kAccounts] += transaction.amount;
  }
  expected_.push_back(after);
}

void Transactions::on_block(const Office& office, const Block& block) {
  if (block.height.value == expected_.size()) compute(block);
  const Ledger& ledger = office.ledger();
  on_state(name_of(office), ledger.height(), ledger.accounts(), ledger.operations());
}

void Transactions::on_state(const std::string& whose, BlockHeight height, const Accounts& accounts,
                            std::uint64_t effects) {
  const std::string after = whose + " after block " + std::to_string(height.value);
  if (std::accumulate(accounts.begin(), accounts.end(), std::int64_t{0}) != 0)
    breaches_.add("conservation", "the accounts of " + after + " do not add up");
  if (height.value >= expected_.size()) return;  // more of its blocks are about to be told
  const Expected& expected = expected_[height.value];
  if (accounts != expected.accounts || effects != expected.effects)
    breaches_.add("transactions", "a transaction took effect twice or not at all at " + after);
}

}  // namespace tally::sim
