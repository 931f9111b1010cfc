#include "ledger/chain_file.h"

#include "common/limits.h"

namespace tally::ledger {

namespace {

enum RecordKind : std::uint8_t { kGenesisRecord, kBlockRecord, kTrailerRecord };

static_assert(kBlockRecordBytesMax < limits::kGenesisBytesMax);

}  // namespace

template <class T>
Status ChainFileWriter::write_record(std::uint8_t kind, const T& item) {
  Bytes record{kind};
  encode_into(record, item);
  Bytes length;
  encode_into(length, static_cast<std::uint32_t>(record.size()));
  for (const Bytes* part : {&length, &record})
    out_.write(reinterpret_cast<const char*>(part->data()), static_cast<std::streamsize>(part->size()));
  if (!out_)
    return make_error(ErrorCode::io_failed, "",
                      "the chain file cannot be written after " + std::to_string(trailer_.blocks) + " blocks",
                      "enough free space and a writable file");
  return {};
}

Status ChainFileWriter::begin(const Genesis& genesis) {
  Bytes head;
  append(head, as_bytes(kChainFileMagic));
  encode_into(head, kChainFileVersion);
  out_.write(reinterpret_cast<const char*>(head.data()), static_cast<std::streamsize>(head.size()));
  return write_record(kGenesisRecord, genesis);
}

Status ChainFileWriter::add(const CertifiedBlock& block) {
  if (auto written = write_record(kBlockRecord, block); !written) return written;
  ++trailer_.blocks;
  trailer_.last_header = digest_of(block.header);
  return {};
}

Status ChainFileWriter::finish() {
  if (auto written = write_record(kTrailerRecord, trailer_); !written) return written;
  out_.flush();
  if (!out_) return make_error(ErrorCode::io_failed, "", "the chain file cannot be flushed");
  return {};
}

Result<ChainFileReader> ChainFileReader::open(std::istream& in) {
  ChainFileReader reader(in);
  if (auto read = reader.in_.read_magic(kChainFileMagic, kChainFileVersion, "chain file"); !read) return read.error();
  auto record = reader.in_.read_record();
  if (!record) return record.error();
  const std::string where = "byte " + std::to_string(reader.in_.record_offset()) + ", genesis";
  if (record->front() != kGenesisRecord)
    return make_error(ErrorCode::invalid_encoding, where, "has record kind " + std::to_string(record->front()),
                      "the genesis first");
  auto genesis = decode<Genesis>(ByteView(*record).subspan(1));
  if (!genesis) return Error(genesis.error()).within(where);
  reader.genesis_ = std::move(genesis).value();
  return reader;
}

Result<std::optional<CertifiedBlock>> ChainFileReader::next() {
  if (finished_) return std::optional<CertifiedBlock>{};
  in_.now_at(read_.blocks + 1);
  const auto record = in_.read_record();
  if (!record) return record.error();
  const ByteView body = ByteView(*record).subspan(1);
  if (record->front() == kTrailerRecord) {
    if (auto trailer = read_trailer(body); !trailer) return trailer.error();
    finished_ = true;
    return std::optional<CertifiedBlock>{};
  }
  if (record->front() != kBlockRecord)
    return in_.at_fault(ErrorCode::invalid_encoding, "has record kind " + std::to_string(record->front()),
                        "a block or the trailer");
  if (record->size() > kBlockRecordBytesMax)
    return in_.at_fault(ErrorCode::too_large, "has " + std::to_string(record->size()) + " bytes",
                        "at most " + std::to_string(kBlockRecordBytesMax));
  auto block = decode<CertifiedBlock>(body);
  if (!block) return Error(block.error()).within(in_.where());
  ++read_.blocks;
  read_.last_header = digest_of(block->header);
  return std::optional<CertifiedBlock>(std::move(block).value());
}

Status ChainFileReader::read_trailer(ByteView record) {
  const auto trailer = decode<ChainTrailer>(record);
  if (!trailer) return Error(trailer.error()).within(in_.where() + ", trailer");
  if (trailer->blocks != read_.blocks)
    return in_.at_fault(ErrorCode::invalid_encoding,
                        "the trailer counts " + std::to_string(trailer->blocks) + " blocks",
                        std::to_string(read_.blocks) + ", as were read");
  if (trailer->last_header != read_.last_header)
    return in_.at_fault(ErrorCode::invalid_encoding,
                        "the trailer names " + trailer->last_header.hex() + " as the last header",
                        read_.last_header.hex() + ", as was read");
  return in_.expect_end();
}

}  // namespace tally::ledger
