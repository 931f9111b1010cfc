#include "ledger/hash_buckets.h"

#include <fstream>

#include "common/codec.h"
#include "common/invariant.h"

namespace tally::ledger {

namespace {

constexpr std::size_t kHeadBytes = Digest::kSize + sizeof(std::uint32_t);

std::size_t bucket_of(const Digest& hash) {
  return (static_cast<std::size_t>(hash.bytes[0]) << 8 | hash.bytes[1]) >> (16 - HashBuckets::kBits);
}

Error failed(const std::filesystem::path& path, const char* what) {
  return make_error(ErrorCode::io_failed, "", path.string() + " cannot be " + what,
                    "a directory that this user may write, on a disk with free space");
}

}  // namespace

HashBuckets::HashBuckets(std::filesystem::path directory, std::size_t memory_bytes)
    : directory_(std::move(directory)), memory_bytes_(memory_bytes), buffers_(kBuckets), spilled_(kBuckets, 0) {}

HashBuckets::~HashBuckets() {
  std::error_code ignored;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket)
    if (spilled_[bucket] > 0) std::filesystem::remove(file_of(bucket), ignored);
}

std::filesystem::path HashBuckets::file_of(std::size_t bucket) const {
  return directory_ / ("bucket-" + std::to_string(bucket) + ".part");
}

Status HashBuckets::add(const Digest& hash, ByteView record) {
  Bytes& buffer = buffers_[bucket_of(hash)];
  append(buffer, hash.view());
  encode_into(buffer, static_cast<std::uint32_t>(record.size()));
  append(buffer, record);
  held_bytes_ += kHeadBytes + record.size();
  return held_bytes_ < memory_bytes_ ? Status{} : spill();
}

Status HashBuckets::spill() {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    Bytes& buffer = buffers_[bucket];
    if (buffer.empty()) continue;
    std::ofstream file(file_of(bucket), std::ios::binary | std::ios::app);
    spilled_[bucket] += buffer.size();
    file.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
    file.close();
    if (!file) return failed(file_of(bucket), "written");
    buffer = Bytes();
  }
  held_bytes_ = 0;
  return {};
}

Status HashBuckets::read_back(std::size_t bucket, Bytes& into) {
  if (spilled_[bucket] > 0) {
    std::ifstream file(file_of(bucket), std::ios::binary);
    const std::size_t before = into.size();
    into.resize(before + spilled_[bucket]);
    file.read(reinterpret_cast<char*>(into.data() + before), static_cast<std::streamsize>(spilled_[bucket]));
    if (!file) return failed(file_of(bucket), "read back");
    file.close();
    std::error_code ignored;
    std::filesystem::remove(file_of(bucket), ignored);
    spilled_[bucket] = 0;
  }
  append(into, buffers_[bucket]);
  held_bytes_ -= buffers_[bucket].size();
  buffers_[bucket] = Bytes();
  return {};
}

Result<HashBuckets::Sorted> HashBuckets::take(std::size_t first, std::size_t count) {
  Sorted out;
  std::size_t total = 0;
  for (std::size_t i = first; i < first + count; ++i) total += buffers_[i].size() + spilled_[i];
  out.held.reserve(total);
  for (std::size_t i = first; i < first + count; ++i)
    if (auto read = read_back(i, out.held); !read) return read.error();
  for (ByteView left = out.held; !left.empty();) {
    const auto hash = Digest::from_view(left.first(Digest::kSize));
    const auto size = decode<std::uint32_t>(left.subspan(Digest::kSize, sizeof(std::uint32_t)));
    invariant(hash && size && *size <= left.size() - kHeadBytes, "a bucket holds whole records");
    out.records.push_back({*hash, left.subspan(kHeadBytes, *size)});
    left = left.subspan(kHeadBytes + *size);
  }
  std::sort(out.records.begin(), out.records.end(),
            [](const Record& left, const Record& right) { return left.hash < right.hash; });
  return out;
}

}  // namespace tally::ledger
