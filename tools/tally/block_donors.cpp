#include "tally/block_donors.h"

#include <fstream>

#include "ledger/archive_directory.h"
#include "ledger/chain_file.h"
#include "ledger/prune.h"
#include "tally/block_source.h"
#include "tally/chain_source.h"

namespace tally::cli {

namespace {

using ledger::BlockSource;
using ledger::CertifiedBlock;

Error as_error(const Failure& failure) {
  return make_error(failure.code, "", failure.what + (failure.why.empty() ? "" : ": " + failure.why), failure.expected);
}

class NodeDonor final : public ledger::BlockDonor {
 public:
  explicit NodeDonor(NodeClient client) : client_(std::move(client)) {}
  [[nodiscard]] const std::string& name() const override { return client_.url(); }

  Result<std::vector<CertifiedBlock>> run(BlockHeight from) override {
    // Asked about what it does not have, a node answers with an error.
    auto status = client_.status(true);
    if (!status) return as_error(status.error());
    if (status->final_height < from.value) return std::vector<CertifiedBlock>{};
    auto answer = client_.get_raw("/v1/chain?from=" + std::to_string(from.value), Access::personal);
    if (!answer && answer.error().code == ErrorCode::pruned) return std::vector<CertifiedBlock>{};
    if (!answer) return as_error(answer.error());
    auto blocks = blocks_of_answer(answer->body);
    if (!blocks) return blocks.error();
    return std::vector<CertifiedBlock>(std::make_move_iterator(blocks->begin()),
                                       std::make_move_iterator(blocks->end()));
  }

  Result<std::optional<ledger::CertifiedHeader>> header(BlockHeight height) override {
    const auto answer = client_.get_raw("/v1/headers?limit=1&from=" + std::to_string(height.value), Access::open);
    if (!answer) return as_error(answer.error());
    auto headers = decode<std::vector<ledger::CertifiedHeader>>(as_bytes(answer->body));
    if (!headers) return headers.error();
    if (headers->empty() || headers->front().header.height != height) return std::optional<ledger::CertifiedHeader>{};
    return std::optional(std::move(headers->front()));
  }

 private:
  NodeClient client_;
};

// Read forward; begun anew where an earlier block is asked for.
class FileDonor final : public ledger::BlockDonor {
 public:
  FileDonor(std::string name, std::function<Result<BlockSource>()> open)
      : name_(std::move(name)), open_(std::move(open)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }

  Result<std::vector<CertifiedBlock>> run(BlockHeight from) override {
    std::vector<CertifiedBlock> out;
    if (!source_ || from < next_) {
      auto source = open_();
      if (!source) return source.error();
      source_ = std::move(source).value();
      next_ = BlockHeight{};
    }
    std::size_t bytes = 0;
    std::size_t certified = 0;
    for (;;) {
      auto block = source_();
      if (!block) return block.error();
      if (!*block) break;
      next_ = (*block)->header.height.next();
      if ((*block)->header.height < from) continue;
      bytes += (*block)->batch.size();
      if (bytes > ledger::kRunBytesMax)
        return make_error(ErrorCode::too_large, "", "has no certificate in " + std::to_string(bytes) + " bytes");
      const bool ends = (*block)->certificate.has_value();
      out.push_back(std::move(**block));
      if (!ends) continue;
      certified = out.size();
      break;
    }
    out.resize(certified);
    return out;
  }

 private:
  std::string name_;
  std::function<Result<BlockSource>()> open_;
  BlockSource source_;
  BlockHeight next_;  // that the source gives, at the earliest
};

Result<BlockSource> open_chain_file(const std::string& file, const ledger::Genesis& genesis) {
  auto in = std::make_shared<std::ifstream>(file, std::ios::binary);
  if (!*in) return make_error(ErrorCode::io_failed, file, "is absent or cannot be read", "a chain file");
  auto reader = ledger::ChainFileReader::open(*in);
  if (!reader) return Error(reader.error()).within(file);
  if (reader->genesis() != genesis)
    return make_error(ErrorCode::wrong_chain, file, "is of chain " + ledger::chain_id(reader->genesis()).hex(),
                      ledger::chain_id(genesis).hex() + ", this node's");
  auto kept = std::make_shared<ledger::ChainFileReader>(std::move(*reader));
  return BlockSource([in, kept] { return kept->next(); });
}

Result<BlockSource> open_archive(const std::string& directory, const ledger::Genesis& genesis) {
  auto blocks = ledger::ArchiveBlocks::open(directory, ledger::chain_id(genesis));
  if (!blocks) return blocks.error();
  auto kept = std::make_shared<ledger::ArchiveBlocks>(std::move(*blocks));
  return BlockSource([kept] { return kept->next(); });
}

}  // namespace

Outcome<std::unique_ptr<ledger::BlockDonor>> donor_of_node(Context& context, const std::string& url,
                                                           const ChainId& chain) {
  auto client = NodeClient::connect_to(context, url);
  if (!client) return client.error();
  const auto status = client->status();
  if (!status) return status.error();
  if (status->chain != chain)
    return Failure(ExitCode::bad_input, make_error(ErrorCode::wrong_chain, "--from",
                                                   url + " serves chain " + status->chain.hex(), chain.hex()));
  return std::unique_ptr<ledger::BlockDonor>(std::make_unique<NodeDonor>(*std::move(client)));
}

Result<BlockSource> open_block_file(const std::string& path, const ledger::Genesis& genesis) {
  return is_archive(path) ? open_archive(path, genesis) : open_chain_file(path, genesis);
}

Outcome<std::unique_ptr<ledger::BlockDonor>> donor_of_file(const std::string& path, const ledger::Genesis& genesis) {
  const auto open = [path, genesis] { return open_block_file(path, genesis); };
  if (auto opened = open(); !opened) return Failure(ExitCode::bad_input, opened.error());
  return std::unique_ptr<ledger::BlockDonor>(std::make_unique<FileDonor>(path, open));
}

}  // namespace tally::cli
