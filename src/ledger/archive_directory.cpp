#include "ledger/archive_directory.h"

#include <algorithm>

namespace tally::ledger {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNumberDigits = 8;
constexpr std::string_view kPrefix = "chunk-";
constexpr std::string_view kSuffix = ".tally";

bool is_chunk_name(const std::string& name) {
  if (name.size() != kPrefix.size() + kNumberDigits + kSuffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kSuffix))
    return false;
  return std::all_of(name.begin() + kPrefix.size(), name.end() - kSuffix.size(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

// Whether the file is closed or open as its name says.
Status check_kind(const fs::path& file, const ChunkHead& head) {
  if (head.sealed != (file.filename() == kOpenEndFile)) return {};
  return make_error(ErrorCode::broken_chain, "head.sealed", head.sealed ? "is true" : "is false",
                    "a closed chunk under a chunk's name, what is open under " + std::string(kOpenEndFile));
}

Error in_file(const fs::path& file, const Error& error) {
  return Error(error).within(file.filename().string());
}

Error unreadable(const fs::path& file) {
  return make_error(ErrorCode::io_failed, file.string(), "is absent or cannot be read", "a chunk of an archive");
}

}  // namespace

std::string chunk_file_name(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < kNumberDigits) digits.insert(0, kNumberDigits - digits.size(), '0');
  return std::string(kPrefix) + digits + std::string(kSuffix);
}

Result<std::vector<fs::path>> archive_files(const fs::path& directory) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(directory, failed), end; !failed && it != end; it.increment(failed))
    if (is_chunk_name(it->path().filename().string())) files.push_back(it->path());
  if (failed) return make_error(ErrorCode::io_failed, directory.string(), failed.message(), "an archive's directory");
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i < files.size(); ++i)
    if (files[i].filename() != chunk_file_name(i))
      return make_error(ErrorCode::broken_chain, directory.string(),
                        "holds " + files[i].filename().string() + " but not " + chunk_file_name(i),
                        "every chunk from the first on");
  if (fs::exists(directory / kOpenEndFile, failed)) files.push_back(directory / kOpenEndFile);
  if (files.empty())
    return make_error(ErrorCode::not_found, directory.string(), "holds no chunk of an archive",
                      chunk_file_name(0) + " and so on");
  return files;
}

Status check_archive_file(const fs::path& file, const ChainId& chain, ChunkStart& start,
                          const crypto::Verifier& verifier, const std::function<void(const ChunkBlock&)>& visit) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return unreadable(file);
  auto reader = ChunkReader::open(in);
  if (!reader) return in_file(file, reader.error());
  if (auto kind = check_kind(file, reader->head()); !kind) return in_file(file, kind.error());
  in.clear();
  in.seekg(0);
  auto next = check_chunk(in, chain, start, verifier, visit);
  if (!next) return in_file(file, next.error());
  start = std::move(next).value();
  return {};
}

Result<ArchiveBlocks> ArchiveBlocks::open(const fs::path& directory, const ChainId& chain) {
  auto files = archive_files(directory);
  if (!files) return files.error();
  ArchiveBlocks blocks;
  blocks.files_ = std::move(files).value();
  blocks.chain_ = chain;
  return blocks;
}

Status ArchiveBlocks::open_next() {
  const fs::path& file = files_[at_];
  in_ = std::make_unique<std::ifstream>(file, std::ios::binary);
  if (!*in_) return unreadable(file);
  auto reader = ChunkReader::open(*in_);
  if (!reader) return in_file(file, reader.error());
  reader_.emplace(std::move(reader).value());
  const ChunkHead& head = reader_->head();
  if (auto kind = check_kind(file, head); !kind) return in_file(file, kind.error());
  if (head.chain != chain_)
    return in_file(file, make_error(ErrorCode::wrong_chain, "head.chain", "is " + head.chain.hex(), chain_.hex()));
  if (head.number != at_ || head.first != last_.next())
    return in_file(
        file, make_error(ErrorCode::broken_chain, "head",
                         "is chunk " + std::to_string(head.number) + " from block " + std::to_string(head.first.value),
                         "chunk " + std::to_string(at_) + " from block " + std::to_string(last_.next().value)));
  last_ = head.last;
  ++at_;
  return {};
}

Result<std::optional<CertifiedBlock>> ArchiveBlocks::next() {
  if (!reader_) {
    if (at_ == files_.size()) return std::optional<CertifiedBlock>{};
    if (auto opened = open_next(); !opened) return opened.error();
  }
  const fs::path& file = files_[at_ - 1];
  auto block = reader_->next();
  if (!block) return in_file(file, block.error());
  CertifiedBlock out{(*block)->header, std::move((*block)->batch), {}, std::move((*block)->recoveries)};
  if (out.header.height != last_) return std::optional(std::move(out));
  const auto end = reader_->next();
  if (!end) return in_file(file, end.error());
  out.certificate = reader_->end().certificate;
  reader_.reset();
  return std::optional(std::move(out));
}

}  // namespace tally::ledger
