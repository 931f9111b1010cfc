#include "node/snapshot_shelf.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <numeric>

namespace tally::node {

std::uint64_t SnapshotShelf::Held::bytes() const {
  return std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
}

SnapshotShelf::SnapshotShelf(std::filesystem::path directory, const ChainId& chain)
    : directory_(std::move(directory)), chain_(chain) {
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, failure)) {
    const std::string name = entry.path().filename().string();
    BlockHeight height;
    const auto [end, mistake] = std::from_chars(name.data(), name.data() + name.size(), height.value);
    if (mistake != std::errc{} || end != name.data() + name.size() || place(height) != entry.path()) continue;
    if (auto held = read(height)) held_.push_back(std::move(held).value());
  }
  std::sort(held_.begin(), held_.end(), [](const Held& left, const Held& right) { return left.height < right.height; });
}

std::vector<SnapshotShelf::Held> SnapshotShelf::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

std::optional<SnapshotShelf::Held> SnapshotShelf::newest() const {
  const std::lock_guard lock(mutex_);
  return held_.empty() ? std::nullopt : std::optional(held_.back());
}

std::filesystem::path SnapshotShelf::place(BlockHeight height) const {
  return directory_ / std::to_string(height.value);
}

Result<SnapshotShelf::Held> SnapshotShelf::read(BlockHeight height) const {
  const auto path = place(height);
  auto manifest = ledger::read_manifest(path);
  if (!manifest) return manifest.error();
  if (manifest->chain != chain_ || manifest->header.height != height)
    return make_error(ErrorCode::wrong_chain, "snapshot", path.string() + " is of another chain or block");
  std::error_code failure;
  const auto size = std::filesystem::file_size(ledger::manifest_path(path), failure);
  if (failure) return make_error(ErrorCode::io_failed, "snapshot", "cannot read " + path.string());
  return Held{height, ledger::snapshot_id(*manifest), size, std::move(manifest->sizes)};
}

Status SnapshotShelf::add(BlockHeight height) {
  auto held = read(height);
  if (!held) return held.error();
  const std::lock_guard lock(mutex_);
  const auto at = std::lower_bound(held_.begin(), held_.end(), height,
                                   [](const Held& it, BlockHeight wanted) { return it.height < wanted; });
  held_.insert(at, std::move(held).value());
  return {};
}

Status SnapshotShelf::keep(std::size_t newest) {
  std::vector<Held> dropped;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t too_many = held_.size() - std::min(held_.size(), newest);
    dropped.assign(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(too_many));
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(too_many));
  }
  for (const Held& it : dropped) {
    std::error_code failure;
    std::filesystem::remove_all(place(it.height), failure);
    if (failure)
      return make_error(ErrorCode::io_failed, "snapshots",
                        "cannot remove " + place(it.height).string() + ": " + failure.message());
  }
  return {};
}

Result<SnapshotPiece> SnapshotShelf::piece(const SnapshotPieceRequest& request) const {
  SnapshotPiece out{request.id, request.part, request.offset, {}};
  std::optional<Held> found;
  {
    const std::lock_guard lock(mutex_);
    for (const Held& it : held_)
      if (it.id == request.id) found = it;
  }
  if (!found || request.part > found->sizes.size()) return out;
  const std::uint64_t size = request.part == 0 ? found->manifest_bytes : found->sizes[request.part - 1];
  if (request.offset >= size) return out;
  const auto directory = place(found->height);
  const auto path =
      request.part == 0 ? ledger::manifest_path(directory) : ledger::chunk_path(directory, request.part - 1);
  out.bytes.resize(std::min<std::uint64_t>(size - request.offset, kSnapshotPieceBytes));
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(request.offset));
  in.read(reinterpret_cast<char*>(out.bytes.data()), static_cast<std::streamsize>(out.bytes.size()));
  if (!in) return make_error(ErrorCode::io_failed, "snapshots", "cannot read " + path.string());
  return out;
}

}  // namespace tally::node
