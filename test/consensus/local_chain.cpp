#include "consensus/local_chain.h"

#include "common/codec.h"
#include "consensus/mock_crypto.h"

namespace tally::consensus::test {

using storage::Column;

namespace {

constexpr Byte kBlocks = 'h';
constexpr Byte kCertificates = 'c';

Bytes key_of(Byte kind, BlockHeight height) {
  Bytes key{kind};
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<Byte>(height.value >> shift));
  return key;
}

Status put(storage::Store& store, Bytes key, Bytes value, storage::Sync sync) {
  storage::WriteBatch write;
  write.put(Column::blocks, std::move(key), std::move(value));
  return store.write(write, sync);
}

}  // namespace

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    if (end > start) out.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

TimestampMs proposed_time(const std::string& batch) {
  return batch.starts_with("at:") ? TimestampMs{std::stoull(batch.substr(3))} : TimestampMs{};
}

std::vector<std::string> transactions_of(const std::string& batch) {
  if (batch.starts_with("members:")) return {batch};
  return split(batch.starts_with("at:") ? batch.substr(batch.find(':', 3) + 1) : batch, ',');
}

std::string client_of(const std::string& transaction) {
  const std::size_t slash = transaction.find('/');
  return slash == std::string::npos ? "" : transaction.substr(0, slash);
}

const Digest& genesis_header() {
  static const Digest digest = digest_of_text("genesis");
  return digest;
}

Digest header_of(const Digest& parent, const Block& block, const ValidatorSet& after) {
  Bytes bytes;
  tally::append(bytes, parent.view());
  tally::append(bytes, block.batch.view());
  tally::append(bytes, encode(block.epoch));
  tally::append(bytes, encode(block.time));
  tally::append(bytes, crypto::digest(crypto::kValidatorSetDomain, encode(after)).view());
  return crypto::digest(crypto::kHeaderDomain, bytes);
}

const ValidatorSet& LocalChain::validators() const {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
    if (block->next) return *block->next;
  return genesis_;
}

const ValidatorSet* LocalChain::set_of(Epoch epoch) const {
  if (epoch == genesis_.epoch) return &genesis_;
  for (const auto& block : blocks_)
    if (block.next && block.next->epoch == epoch) return &*block.next;
  return nullptr;
}

Status LocalChain::load(const storage::Reader& store) {
  const auto read_block = [&](ByteView, ByteView value) {
    remember(decode<Block>(value).value());
    return true;
  };
  if (Status scanned = store.scan(Column::blocks, {&kBlocks, 1}, {}, read_block); !scanned) return scanned;
  return store.scan(Column::blocks, {&kCertificates, 1}, {}, [&](ByteView, ByteView value) {
    const auto certificate = decode<CheckpointCertificate>(value).value();
    if (certificate.vote.height <= height()) certificates_.insert_or_assign(certificate.vote.height, certificate);
    return true;
  });
}

Block LocalChain::make(const Digest& batch, const std::string& text, bool wrong) const {
  const ValidatorSet& now = validators();
  const TimestampMs parent_time = blocks_.empty() ? TimestampMs{} : blocks_.back().time;
  Block block{height().next(), now.epoch, batch, {}, std::max(parent_time.next(), proposed_time(text)), text};
  if (text.starts_with("members:") && !executed(text)) {
    ValidatorSet next{Epoch{now.epoch.value + 1}, block.height, {}};
    const std::string members = split(text, ':').at(1);
    for (const char digit : members)
      next.members.push_back(everybody_.members.at(static_cast<std::size_t>(digit - '0')));
    block.next = std::move(next);
  }
  block.header = header_of(head(), block, block.next ? *block.next : now);
  if (wrong) block.header = crypto::digest(crypto::kHeaderDomain, block.header.view());
  return block;
}

void LocalChain::remember(Block block) {
  for (const auto& transaction : transactions_of(block.text)) {
    const bool added = executed_.insert(transaction).second;
    ++(added ? operations_ : repeated_);
  }
  blocks_.push_back(std::move(block));
}

Status LocalChain::append(storage::Store& store, const Digest& batch, const std::string& text, bool wrong) {
  Block block = make(batch, text, wrong);
  if (Status written = put(store, key_of(kBlocks, block.height), encode(block), storage::Sync::yes); !written)
    return written;
  remember(std::move(block));
  return {};
}

Status LocalChain::keep(storage::Store& store, const CheckpointCertificate& certificate) {
  if (certificate.vote.height > height() || !certificates_.emplace(certificate.vote.height, certificate).second)
    return {};
  return put(store, key_of(kCertificates, certificate.vote.height), encode(certificate), storage::Sync::no);
}

}  // namespace tally::consensus::test
