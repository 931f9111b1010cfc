#include "ledger/chunk_file.h"

#include "ledger/epoch_chain.h"

namespace tally::ledger {

namespace {

enum RecordKind : std::uint8_t { kHeadRecord, kBlockRecord, kEndRecord };

template <class T>
void append_record(Bytes& out, std::uint8_t kind, const T& item) {
  Bytes record{kind};
  encode_into(record, item);
  encode_into(out, static_cast<std::uint32_t>(record.size()));
  append(out, record);
}

std::string number(BlockHeight height) {
  return std::to_string(height.value);
}

}  // namespace

// --- writing ---

Result<std::optional<ChunkPieces>> ChunkPieces::of(const Chain& chain, const ChunkHead& head,
                                                   consensus::CheckpointCertificate certificate) {
  // Blocks are pruned from the oldest on.
  const auto held = chain.header(head.first);
  if (!held) return held.error();
  if (!*held) return std::optional<ChunkPieces>{};
  ChunkPieces pieces;
  pieces.chain_ = &chain;
  pieces.head_ = head;
  pieces.certificate_ = std::move(certificate);
  return std::optional(std::move(pieces));
}

Result<std::optional<ChunkPieces>> ChunkPieces::closed(const Chain& chain, std::uint64_t number) {
  auto seal = chain.seal_of(number);
  if (!seal) return seal.error();
  if (!*seal || (*seal)->last() > chain.final_height()) return std::optional<ChunkPieces>{};
  return of(chain, {chain.id(), number, (*seal)->first, (*seal)->last(), true}, std::move((*seal)->certificate));
}

Result<std::optional<ChunkPieces>> ChunkPieces::open_end(const Chain& chain) {
  const auto mark = chain.archive();
  if (!mark) return mark.error();
  BlockHeight last = chain.final_height();
  const BlockHeight first = mark->sealed.next();
  if (first > last) return std::optional<ChunkPieces>{};
  const auto header = chain.header(first);
  if (!header) return header.error();
  if (!*header) return std::optional<ChunkPieces>{};
  const auto next = chain.validators_of(Epoch{(*header)->epoch.value + 1});
  if (!next) return next.error();
  if (*next) last = std::min(last, (*next)->start);
  auto certificate = chain.certificate(last);
  if (!certificate) return certificate.error();
  if (!*certificate) return std::optional<ChunkPieces>{};
  return of(chain, {chain.id(), mark->chunks, first, last, false}, std::move(**certificate));
}

Result<Bytes> ChunkPieces::piece(std::size_t index) const {
  Bytes out;
  if (index == 0) {
    append(out, as_bytes(kChunkFileMagic));
    encode_into(out, kChunkFileVersion);
    append_record(out, kHeadRecord, head_);
    return out;
  }
  if (index + 1 < count()) {
    const BlockHeight height{head_.first.value + index - 1};
    auto block = chain_->block(height);
    if (!block) return block.error();
    if (!*block) return make_error(ErrorCode::not_found, "chunk", "block " + number(height) + " is not held any more");
    append_record(out, kBlockRecord,
                  ChunkBlock{(*block)->header, std::move((*block)->batch), std::move((*block)->recoveries)});
    return out;
  }
  ChunkEnd end{certificate_, {}, {}};
  const auto last = chain_->header(head_.last);
  if (!last) return last.error();
  auto next = chain_->validators_of(Epoch{certificate_.vote.epoch.value + 1});
  if (!next) return next.error();
  if (*last && *next && digest_of(**next) == (*last)->next_validators) end.next = std::move(**next);
  append_record(out, kEndRecord, end);
  out.resize(out.size() - Digest::kSize);
  return out;
}

Result<ChunkIndex> index_of(const ChunkPieces& pieces) {
  ChunkIndex index;
  crypto::StreamDigest digest(crypto::kChunkFileDomain);
  crypto::StreamSha256 sha256;
  for (std::size_t i = 0; i < pieces.count(); ++i) {
    const auto piece = pieces.piece(i);
    if (!piece) return piece.error();
    index.offsets.push_back(index.bytes);
    index.bytes += piece->size();
    digest.add(*piece);
    sha256.add(*piece);
  }
  index.digest = digest.finish();
  sha256.add(index.digest.view());
  index.sha256 = sha256.finish();
  index.bytes += Digest::kSize;
  return index;
}

// --- reading ---

void ChunkReader::add(ByteView record) {
  Bytes length;
  encode_into(length, static_cast<std::uint32_t>(record.size()));
  hash_.add(length);
  hash_.add(record);
}

Result<ChunkReader> ChunkReader::open(std::istream& in) {
  ChunkReader reader(in);
  if (auto read = reader.in_.read_magic(kChunkFileMagic, kChunkFileVersion, "chunk of an archive"); !read)
    return read.error();
  Bytes begin;
  append(begin, as_bytes(kChunkFileMagic));
  encode_into(begin, kChunkFileVersion);
  reader.hash_.add(begin);
  const auto record = reader.in_.read_record();
  if (!record) return record.error();
  const std::string where = "byte " + std::to_string(reader.in_.record_offset()) + ", head";
  if (record->front() != kHeadRecord)
    return make_error(ErrorCode::invalid_encoding, where, "has record kind " + std::to_string(record->front()),
                      "the head first");
  auto head = decode<ChunkHead>(ByteView(*record).subspan(1));
  if (!head) return Error(head.error()).within(where);
  if (head->first.value == 0 || head->last < head->first)
    return make_error(ErrorCode::invalid_encoding, where,
                      "has blocks " + number(head->first) + " to " + number(head->last),
                      "one block or more, from 1 on");
  reader.add(*record);
  reader.head_ = *head;
  reader.next_ = head->first;
  reader.in_.now_at(head->first.value);
  return reader;
}

Result<std::optional<ChunkBlock>> ChunkReader::next() {
  if (finished_) return std::optional<ChunkBlock>{};
  in_.now_at(std::min(next_, head_.last).value);
  const auto record = in_.read_record();
  if (!record) return record.error();
  const bool ended = next_ > head_.last;
  if (record->front() != (ended ? kEndRecord : kBlockRecord))
    return in_.at_fault(ErrorCode::invalid_encoding, "has record kind " + std::to_string(record->front()),
                        ended ? "the end, after block " + number(head_.last)
                              : "a block, as the head names those up to " + number(head_.last));
  if (ended) {
    if (auto end = read_end(*record); !end) return end.error();
    finished_ = true;
    return std::optional<ChunkBlock>{};
  }
  auto block = decode<ChunkBlock>(ByteView(*record).subspan(1));
  if (!block) return Error(block.error()).within(in_.where());
  if (block->header.height != next_)
    return in_.at_fault(ErrorCode::broken_chain, "holds block " + number(block->header.height),
                        "block " + number(next_));
  add(*record);
  next_ = next_.next();
  return std::optional(std::move(block).value());
}

Status ChunkReader::read_end(ByteView record) {
  auto end = decode<ChunkEnd>(record.subspan(1));
  if (!end) return Error(end.error()).within(in_.where() + ", end");
  Bytes length;
  encode_into(length, static_cast<std::uint32_t>(record.size()));
  hash_.add(length);
  hash_.add(record.first(record.size() - Digest::kSize));
  const Digest digest = hash_.finish();
  if (digest != end->digest)
    return in_.at_fault(ErrorCode::root_mismatch, "the file ends with digest " + end->digest.hex(),
                        digest.hex() + ", that of its bytes");
  end_ = std::move(end).value();
  return in_.expect_end();
}

ChunkStart chunk_start(const Genesis& genesis, const BlockHeader& genesis_header) {
  return {0, genesis_header, validator_set(genesis)};
}

Status ChunkJudge::begin(const ChunkHead& head) const {
  if (head.chain != chain_)
    return make_error(ErrorCode::wrong_chain, "head.chain", "is " + head.chain.hex(), chain_.hex());
  if (head.number != start_.number)
    return make_error(ErrorCode::broken_chain, "head.number", "is " + std::to_string(head.number),
                      std::to_string(start_.number));
  if (head.first != start_.before.height.next())
    return make_error(ErrorCode::broken_chain, "head.first", "is " + number(head.first),
                      number(start_.before.height.next()));
  return {};
}

Status ChunkJudge::add(const ChunkBlock& block) {
  for (const auto& recovery : block.recoveries) {
    // The block that it names is the last of the chunk before; its certificate was checked there.
    if (recovery.statement.height != start_.before.height || recovery.statement.header != digest_of(start_.before))
      return make_error(ErrorCode::broken_chain, "recoveries", "name block " + number(recovery.statement.height),
                        "block " + number(start_.before.height) + ", after which the chunk begins");
    auto next = follow_epoch(start_.validators, recovery, verifier_);
    if (!next) return Error(next.error()).within("recoveries");
    start_.validators = std::move(next).value();
  }
  if (auto follows = check_follows(start_.before, digest_of(start_.before), block.header); !follows) return follows;
  if (block.header.epoch != start_.validators.epoch)
    return make_error(ErrorCode::broken_chain, "header.epoch", "is " + std::to_string(block.header.epoch.value),
                      std::to_string(start_.validators.epoch.value) + ": a chunk has one epoch");
  const Digest digest = block.batch.empty() ? consensus::kNullBatch : consensus::batch_digest(block.batch);
  if (block.header.batch != digest)
    return make_error(ErrorCode::root_mismatch, "header.batch", "is " + block.header.batch.hex(),
                      digest.hex() + ", the digest of its batch");
  start_.before = block.header;
  return {};
}

Result<ChunkStart> ChunkJudge::finish(const ChunkEnd& end) const {
  if (auto good = check_final(start_.before, end.certificate, start_.validators, verifier_); !good) return good.error();
  ChunkStart next = start_;
  ++next.number;
  const bool ends = start_.before.next_validators != digest_of(start_.validators);
  if (ends != end.next.has_value())
    return make_error(ErrorCode::broken_chain, "next", ends ? "is missing" : "is given",
                      ends ? "the validators that the last block names" : "nothing: no epoch ends here");
  if (!ends) return next;
  auto set = follow_epoch(start_.validators, EpochEnd{start_.before, end.certificate, *end.next}, verifier_);
  if (!set) return set.error();
  next.validators = std::move(set).value();
  return next;
}

Result<ChunkStart> check_chunk(std::istream& in, const ChainId& chain, const ChunkStart& start,
                               const crypto::Verifier& verifier, const std::function<void(const ChunkBlock&)>& visit) {
  auto reader = ChunkReader::open(in);
  if (!reader) return reader.error();
  ChunkJudge judge(chain, start, verifier);
  if (auto begun = judge.begin(reader->head()); !begun) return begun.error();
  for (;;) {
    auto block = reader->next();
    if (!block) return block.error();
    if (!*block) break;
    if (auto good = judge.add(**block); !good) return Error(good.error()).within(reader->where());
    if (visit) visit(**block);
  }
  auto next = judge.finish(reader->end());
  if (!next) return Error(next.error()).within(reader->where());
  return next;
}

}  // namespace tally::ledger
