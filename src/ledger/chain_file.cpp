#include "ledger/chain_file.h"

#include "common/limits.h"

namespace tally::ledger {

namespace {

enum RecordKind : std::uint8_t { kGenesisRecord, kBlockRecord, kTrailerRecord };

// A header and a certificate of all replicas take far less than the room kept for them.
constexpr std::size_t kBlockBytesMax = limits::kBatchBytesMax + 64 * limits::kKiB;
constexpr std::size_t kRecordBytesMax = limits::kGenesisBytesMax + 1;
static_assert(kBlockBytesMax < kRecordBytesMax);

// Memory grows as bytes arrive, whatever length a record claims.
constexpr std::size_t kPieceBytes = 64 * limits::kKiB;

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

Error ChainFileReader::at_fault(ErrorCode code, std::string problem, std::string expected) const {
  return make_error(code, "byte " + std::to_string(record_offset_) + ", block " + std::to_string(read_.blocks + 1),
                    std::move(problem), std::move(expected));
}

Status ChainFileReader::read_exactly(Bytes& out, std::size_t size) {
  out.clear();
  while (out.size() < size) {
    const std::size_t before = out.size();
    const std::size_t piece = std::min(kPieceBytes, size - before);
    out.resize(before + piece);
    in_->read(reinterpret_cast<char*>(out.data() + before), static_cast<std::streamsize>(piece));
    const auto got = static_cast<std::size_t>(in_->gcount());
    offset_ += got;
    if (got == piece) continue;
    if (in_->bad()) return at_fault(ErrorCode::io_failed, "the file cannot be read at byte " + std::to_string(offset_));
    return at_fault(ErrorCode::invalid_encoding, "the file ends at byte " + std::to_string(offset_),
                    std::to_string(piece - got) + " more bytes: it was cut off");
  }
  return {};
}

Result<Bytes> ChainFileReader::read_record() {
  record_offset_ = offset_;
  Bytes bytes;
  if (auto read = read_exactly(bytes, sizeof(std::uint32_t)); !read) return read.error();
  const std::uint32_t length = *decode<std::uint32_t>(bytes);
  if (length == 0 || length > kRecordBytesMax)
    return at_fault(length == 0 ? ErrorCode::invalid_encoding : ErrorCode::too_large,
                    "a record claims " + std::to_string(length) + " bytes", "1 to " + std::to_string(kRecordBytesMax));
  if (auto read = read_exactly(bytes, length); !read) return read.error();
  return bytes;
}

Result<ChainFileReader> ChainFileReader::open(std::istream& in) {
  ChainFileReader reader(in);
  Bytes bytes;
  if (auto read = reader.read_exactly(bytes, kChainFileMagic.size()); !read) return read.error();
  if (as_text(bytes) != kChainFileMagic)
    return make_error(ErrorCode::invalid_encoding, "byte 0", "is not a chain file",
                      "a file that starts with " + std::string(kChainFileMagic));
  if (auto read = reader.read_exactly(bytes, sizeof(std::uint32_t)); !read) return read.error();
  if (const auto version = *decode<std::uint32_t>(bytes); version != kChainFileVersion)
    return make_error(ErrorCode::invalid_encoding, "byte 8", "has version " + std::to_string(version),
                      "version " + std::to_string(kChainFileVersion));
  auto record = reader.read_record();
  if (!record) return record.error();
  const std::string where = "byte " + std::to_string(reader.record_offset_) + ", genesis";
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
  const auto record = read_record();
  if (!record) return record.error();
  const ByteView body = ByteView(*record).subspan(1);
  if (record->front() == kTrailerRecord) {
    if (auto trailer = read_trailer(body); !trailer) return trailer.error();
    finished_ = true;
    return std::optional<CertifiedBlock>{};
  }
  if (record->front() != kBlockRecord)
    return at_fault(ErrorCode::invalid_encoding, "has record kind " + std::to_string(record->front()),
                    "a block or the trailer");
  if (record->size() > kBlockBytesMax)
    return at_fault(ErrorCode::too_large, "has " + std::to_string(record->size()) + " bytes",
                    "at most " + std::to_string(kBlockBytesMax));
  auto block = decode<CertifiedBlock>(body);
  if (!block) return Error(block.error()).within(at_fault(ErrorCode::invalid_encoding, "").field);
  ++read_.blocks;
  read_.last_header = digest_of(block->header);
  return std::optional<CertifiedBlock>(std::move(block).value());
}

Status ChainFileReader::read_trailer(ByteView record) {
  const auto trailer = decode<ChainTrailer>(record);
  if (!trailer) return Error(trailer.error()).within(at_fault(ErrorCode::invalid_encoding, "").field + ", trailer");
  if (trailer->blocks != read_.blocks)
    return at_fault(ErrorCode::invalid_encoding, "the trailer counts " + std::to_string(trailer->blocks) + " blocks",
                    std::to_string(read_.blocks) + ", as were read");
  if (trailer->last_header != read_.last_header)
    return at_fault(ErrorCode::invalid_encoding,
                    "the trailer names " + trailer->last_header.hex() + " as the last header",
                    read_.last_header.hex() + ", as was read");
  if (in_->peek() != std::istream::traits_type::eof())
    return at_fault(ErrorCode::invalid_encoding, "bytes follow the trailer", "the end of the file");
  return {};
}

}  // namespace tally::ledger
