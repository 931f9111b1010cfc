// Purpose: an office in a world where nothing happens, for tests of what watches offices: what its disk holds and what
// it is said to have sent are up to the test.
// Thread rule: one thread.
#pragma once

#include "common/codec.h"
#include "consensus/mock_crypto.h"
#include "sim/checkers/checker.h"

namespace tally::sim {

class StillWorld final : public Surroundings {
 public:
  explicit StillWorld(std::uint32_t n) : set_(consensus::test::make_validators(n)) {}

  void post(Office&, std::optional<std::uint32_t>, ParcelPtr) override {}
  void later(Office&, std::uint64_t, std::function<void()>) override {}
  [[nodiscard]] std::uint64_t now_ms(const Office&) const override { return 0; }
  [[nodiscard]] bool issued(const Transaction& it) const override { return it.client != kNobody; }
  [[nodiscard]] const crypto::Verifier& verifier() const override { return verifier_; }
  [[nodiscard]] const consensus::ValidatorSet& everybody() const override { return set_; }
  [[nodiscard]] const consensus::ValidatorSet& genesis() const override { return set_; }
  [[nodiscard]] std::uint32_t identity_of(const PublicKey& key) const override {
    std::uint32_t at = 0;
    while (set_.members[at].key != key) ++at;
    return at;
  }
  void on_sent(Office&, const consensus::Message&) override {}
  void on_decided(Office&, const consensus::Decided&) override {}
  void on_view_entered(Office&, const consensus::NewView&) override {}
  void on_loaded(Office&) override {}
  void on_block(Office&, const Block&) override {}
  void on_final(Office&, const consensus::CheckpointCertificate&) override {}
  void on_evidence(Office&, const consensus::Evidence&) override {}
  void on_halted(Office&, const std::string&) override {}
  void on_votes_lost(Office&) override {}
  void on_stopped(Office&, const Error& error) override { stopped = error.text(); }

  // Whose transactions no client signed.
  static constexpr std::uint32_t kNobody = 666;
  std::string stopped;

 private:
  consensus::ValidatorSet set_;
  consensus::test::MockVerifier verifier_;
};

// Of four, unless the test says otherwise; identity 1, the primary of view 1.
class StillOffice {
 public:
  explicit StillOffice(std::uint32_t identity = 1)
      : keys(world.everybody()),
        office(world, identity, std::make_unique<consensus::test::MockSigner>(world.everybody().members[identity].key),
               1, OfficeSettings{}) {}

  // Before start(): blocks that its disk holds.
  void holds(const std::vector<Batch>& batches) {
    Ledger ledger(office.disk, world.genesis(), world.everybody());
    if (!ledger.load()) throw std::runtime_error("the disk cannot be read");
    for (const auto& batch : batches) {
      const Bytes bytes = encode(batch);
      if (!ledger.append(consensus::batch_digest(bytes), bytes, false)) throw std::runtime_error("no room");
    }
    for (BlockHeight at{1}; at <= ledger.height(); at = at.next()) blocks.push_back(ledger.block(at));
  }
  void holds(const consensus::DurableRecord& record) {
    const bool body = std::holds_alternative<consensus::BodyRecord>(record);
    storage::WriteBatch write;
    write.put(body ? storage::Column::bodies : storage::Column::votes, storage_key(record), encode(record));
    if (!office.disk.write(write, storage::Sync::yes)) throw std::runtime_error("no room");
  }
  void start() {
    holds(consensus::DurableRecord(consensus::InitRecord{}));
    if (!office.start()) throw std::runtime_error(world.stopped);
  }
  // Of the first three members, for a block that it holds.
  [[nodiscard]] consensus::CheckpointCertificate certificate(std::uint64_t height) const {
    return keys.checkpoint_certificate({0, 1, 2}, height, blocks[height - 1].header);
  }

  StillWorld world{4};
  consensus::test::Keyring keys;
  Office office;
  std::vector<Block> blocks;
};

inline Batch batch_of(std::uint32_t number, std::uint32_t client = 0, std::vector<std::uint32_t> members = {}) {
  return {0, number, {Transaction{client, number, 0, 1, 5, std::move(members)}}};
}

}  // namespace tally::sim
