#include "sim/ledger.h"

#include "common/codec.h"
#include "consensus/authentic.h"
#include "crypto/digest.h"

namespace tally::sim {

using consensus::CheckpointCertificate;
using consensus::ValidatorSet;
using storage::Column;

namespace {

Bytes key_of(char kind, BlockHeight height) {
  Bytes key{static_cast<Byte>(kind)};
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<Byte>(height.value >> shift));
  return key;
}

}  // namespace

Digest genesis_header() {
  static const Digest digest = crypto::digest(crypto::kHeaderDomain, as_bytes("genesis"));
  return digest;
}

Digest digest_of(const ValidatorSet& set) {
  return crypto::digest(crypto::kValidatorSetDomain, encode(set));
}

Digest header_of(const Digest& parent, const Block& block, const ValidatorSet& after) {
  Bytes bytes;
  append(bytes, parent.view());
  append(bytes, block.batch.view());
  append(bytes, block.state.view());
  append(bytes, digest_of(after).view());
  append(bytes, encode(block.epoch));
  return crypto::digest(crypto::kHeaderDomain, bytes);
}

Ledger::Ledger(Disk& disk, ValidatorSet genesis, const ValidatorSet& everybody) : disk_(disk), everybody_(everybody) {
  sets_.emplace(genesis.epoch, std::move(genesis));
}

Status Ledger::load() {
  std::optional<Error> refused;
  const auto read_block = [&](ByteView, ByteView value) {
    auto block = decode<Block>(value);
    if (!block) {
      refused = block.error();
      return false;
    }
    take_effect(*block);
    remember(std::move(block).value());
    return true;
  };
  const Byte blocks = 'h';
  if (Status scanned = disk_.scan(Column::blocks, {&blocks, 1}, {}, read_block); !scanned) return scanned;
  if (refused) return *refused;
  const Byte certificates = 'c';
  return disk_.scan(Column::blocks, {&certificates, 1}, {}, [&](ByteView, ByteView value) {
    const auto certificate = decode<CheckpointCertificate>(value).value();
    if (certificate.vote.height <= height()) certificates_.insert_or_assign(certificate.vote.height, certificate);
    return true;
  });
}

const ValidatorSet* Ledger::set_of(Epoch epoch) const {
  const auto found = sets_.find(epoch);
  return found == sets_.end() ? nullptr : &found->second;
}

void Ledger::take_effect(Block& block) {
  block.next.reset();
  if (block.body.empty()) return;
  const ValidatorSet& now = validators();
  for (const auto& transaction : decode<Batch>(block.body).value().transactions) {
    if (!done_.insert(transaction.id()).second) {
      ++repeated_;
      continue;
    }
    ++operations_;
    accounts_[transaction.from % kAccounts] -= transaction.amount;
    accounts_[transaction.to % kAccounts] += transaction.amount;
    if (transaction.members.empty()) continue;
    ValidatorSet next{Epoch{now.epoch.value + 1}, block.height, {}};
    for (const std::uint32_t identity : transaction.members) next.members.push_back(everybody_.members[identity]);
    if (next.members != now.members) block.next = std::move(next);
  }
}

void Ledger::seal(Block& block, bool wrong) const {
  const ValidatorSet& now = validators();
  block.epoch = now.epoch;
  const Digest before = blocks_.empty() ? Digest{} : blocks_.back().state;
  Bytes state;
  tally::append(state, before.view());
  tally::append(state, block.batch.view());
  tally::append(state, encode(std::vector<std::int64_t>(accounts_.begin(), accounts_.end())));
  if (wrong) state.push_back(1);
  block.state = crypto::digest(crypto::kHistoryDomain, state);
  block.header = header_of(head(), block, block.next ? *block.next : now);
}

void Ledger::remember(Block block) {
  if (block.next) sets_.emplace(block.next->epoch, *block.next);
  blocks_.push_back(std::move(block));
}

Status Ledger::append(const Digest& batch, ByteView body, bool wrong) {
  Block block;
  block.height = height().next();
  block.batch = batch;
  block.body = Bytes(body.begin(), body.end());
  take_effect(block);
  seal(block, wrong);
  storage::WriteBatch write;
  write.put(Column::blocks, key_of('h', block.height), encode(block));
  if (Status written = disk_.write(write, storage::Sync::yes); !written) return written;
  remember(std::move(block));
  return {};
}

Status Ledger::keep(const CheckpointCertificate& certificate) {
  if (certificate.vote.height > height() || !certificates_.emplace(certificate.vote.height, certificate).second)
    return {};
  storage::WriteBatch write;
  write.put(Column::blocks, key_of('c', certificate.vote.height), encode(certificate));
  return disk_.write(write, storage::Sync::no);
}

}  // namespace tally::sim
