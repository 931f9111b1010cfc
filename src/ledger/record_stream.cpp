#include "ledger/record_stream.h"

namespace tally::ledger {

namespace {

constexpr std::size_t kPieceBytes = 64 * limits::kKiB;

}  // namespace

std::string RecordStream::where() const {
  return "byte " + std::to_string(record_offset_) + ", block " + std::to_string(block_);
}

Error RecordStream::at_fault(ErrorCode code, std::string problem, std::string expected) const {
  return make_error(code, where(), std::move(problem), std::move(expected));
}

Status RecordStream::read_exactly(Bytes& out, std::size_t size) {
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

Status RecordStream::read_magic(std::string_view magic, std::uint32_t version, std::string_view what) {
  Bytes bytes;
  if (auto read = read_exactly(bytes, magic.size()); !read) return read;
  if (as_text(bytes) != magic)
    return make_error(ErrorCode::invalid_encoding, "byte 0", "is not a " + std::string(what),
                      "a file that starts with " + std::string(magic));
  if (auto read = read_exactly(bytes, sizeof(std::uint32_t)); !read) return read;
  if (const auto found = *decode<std::uint32_t>(bytes); found != version)
    return make_error(ErrorCode::invalid_encoding, "byte " + std::to_string(magic.size()),
                      "has version " + std::to_string(found), "version " + std::to_string(version));
  return {};
}

Result<Bytes> RecordStream::read_record() {
  record_offset_ = offset_;
  Bytes bytes;
  if (auto read = read_exactly(bytes, sizeof(std::uint32_t)); !read) return read.error();
  const std::uint32_t length = *decode<std::uint32_t>(bytes);
  if (length == 0 || length > record_bytes_max_)
    return at_fault(length == 0 ? ErrorCode::invalid_encoding : ErrorCode::too_large,
                    "a record claims " + std::to_string(length) + " bytes",
                    "1 to " + std::to_string(record_bytes_max_));
  if (auto read = read_exactly(bytes, length); !read) return read.error();
  return bytes;
}

Status RecordStream::expect_end() {
  if (in_->peek() != std::istream::traits_type::eof())
    return at_fault(ErrorCode::invalid_encoding, "bytes follow the trailer", "the end of the file");
  return {};
}

}  // namespace tally::ledger
