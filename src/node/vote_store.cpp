#include "node/vote_store.h"

namespace tally::node {

namespace {

storage::Column column_of(const consensus::DurableRecord& record) {
  return std::holds_alternative<consensus::BodyRecord>(record) ? storage::Column::bodies : storage::Column::votes;
}

// The sequence number that a record is about; nullopt for those that stand for the whole replica.
std::optional<SeqNum> seq_of(const consensus::DurableRecord& record) {
  struct Visitor {
    std::optional<SeqNum> operator()(const consensus::BodyRecord& body) const { return body.seq; }
    std::optional<SeqNum> operator()(const consensus::VoteRecord& own) const { return own.vote.vote.seq; }
    std::optional<SeqNum> operator()(const consensus::AcceptedRecord& it) const { return it.pre_prepare.vote.seq; }
    std::optional<SeqNum> operator()(const consensus::PreparedRecord& it) const {
      return it.certificate.pre_prepare.seq;
    }
    std::optional<SeqNum> operator()(const consensus::OwnCheckpointRecord& it) const {
      return it.checkpoint.vote.height;
    }
    std::optional<SeqNum> operator()(const consensus::ViewRecord&) const { return std::nullopt; }
    std::optional<SeqNum> operator()(const consensus::StableRecord&) const { return std::nullopt; }
    std::optional<SeqNum> operator()(const consensus::ViewChangeRecord&) const { return std::nullopt; }
    std::optional<SeqNum> operator()(const consensus::NewViewRecord&) const { return std::nullopt; }
    std::optional<SeqNum> operator()(const consensus::InitRecord&) const { return std::nullopt; }
    std::optional<SeqNum> operator()(const consensus::LostRecord&) const { return std::nullopt; }
  };
  return std::visit(Visitor{}, record);
}

}  // namespace

Result<std::vector<consensus::DurableRecord>> VoteStore::load() {
  std::vector<consensus::DurableRecord> records;
  std::optional<Error> refused;
  for (const storage::Column column : {storage::Column::votes, storage::Column::bodies}) {
    const Status scanned = store_.scan(column, {}, {}, [&](ByteView key, ByteView value) {
      auto record = decode<consensus::DurableRecord>(value);
      if (!record) {
        refused =
            make_error(ErrorCode::storage_failed, "votes[" + to_hex(key) + "]", "is damaged: " + record.error().text(),
                       "a store made whole by `tally repair`, which sees to it that nothing is signed twice");
        return false;
      }
      remember(*record, Bytes(key.begin(), key.end()));
      records.push_back(std::move(record).value());
      return true;
    });
    if (!scanned) return scanned.error();
    if (refused) return *refused;
  }
  return records;
}

void VoteStore::remember(const consensus::DurableRecord& record, Bytes key) {
  if (const auto seq = seq_of(record)) held_[*seq].emplace(column_of(record), std::move(key));
}

Status VoteStore::persist(const std::vector<consensus::DurableRecord>& records) {
  if (records.empty()) return {};
  storage::WriteBatch batch;
  std::optional<BlockHeight> stable;
  for (const auto& record : records) {
    if (const auto* it = std::get_if<consensus::StableRecord>(&record))
      stable = std::max(stable.value_or(BlockHeight{0}), it->certificate.vote.height);
    Bytes key = consensus::storage_key(record);
    remember(record, key);
    batch.put(column_of(record), std::move(key), encode(record));
  }
  if (stable) {
    const auto end = held_.upper_bound(*stable);
    for (auto it = held_.begin(); it != end; ++it)
      for (const auto& [column, key] : it->second) batch.erase(column, key);
    held_.erase(held_.begin(), end);
  }
  return store_.write(batch, storage::Sync::yes);
}

}  // namespace tally::node
