#include "sim/checkers/recoveries.h"

namespace tally::sim {

using namespace consensus;

namespace {

// The PRE-PREPAREs of O are signed as well, and may come back alone, with their batches.
void gather(const SignedNewView& view, std::set<Signature>& into) {
  into.insert(view.signature);
  for (const auto& pre_prepare : view.body.pre_prepares) into.insert(pre_prepare.signature);
}

// Signed before the crash and never sent, perhaps: the disk knows.
void gather(const DurableRecord& record, std::set<Signature>& into) {
  if (const auto* vote = std::get_if<VoteRecord>(&record)) into.insert(vote->vote.signature);
  if (const auto* checkpoint = std::get_if<OwnCheckpointRecord>(&record)) into.insert(checkpoint->checkpoint.signature);
  if (const auto* change = std::get_if<ViewChangeRecord>(&record)) into.insert(change->view_change.signature);
  if (const auto* view = std::get_if<NewViewRecord>(&record)) gather(view->new_view, into);
}

}  // namespace

void Recoveries::on_sent(const Office& office, const Message& message) {
  const auto* replica = office.driver() != nullptr ? office.driver()->replica() : nullptr;
  if (replica == nullptr) return;
  Record& record = records_[office.identity];
  record.stable = std::max(record.stable, replica->stable());
  const auto given = signed_in(message);
  if (!given || !own(office, given->replica, given->epoch)) return;
  if (record.signatures.contains(given->signature)) return;
  if (!record.learned || replica->stable() >= record.may_have_signed) {
    record.signatures.insert(given->signature);
    if (const auto* view = std::get_if<SignedNewView>(&message)) gather(*view, record.signatures);
    return;
  }
  breaches_.add("recovery", name_of(office) + " signed something new at stable height " +
                                std::to_string(replica->stable().value) +
                                " although its disk lost what it signed up to " +
                                std::to_string(record.may_have_signed.value) + ", as it knows");
}

void Recoveries::on_disk_lost(const Office& office) {
  Record& record = records_[office.identity];
  if (office.driver() != nullptr && office.driver()->replica() != nullptr)
    record.stable = std::max(record.stable, office.driver()->replica()->stable());
  record.may_have_signed = record.stable.plus(window_);
  // What it learned may have been lost too.
  record.learned = false;
}

void Recoveries::on_votes_lost(const Office& office) {
  Record& record = records_[office.identity];
  record.learned = true;
  office.disk.each(storage::Column::votes, [&](const Bytes& value) {
    if (const auto held = decode<DurableRecord>(value)) gather(*held, record.signatures);
  });
}

}  // namespace tally::sim
