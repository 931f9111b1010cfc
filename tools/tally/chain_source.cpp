#include "tally/chain_source.h"

#include <ostream>

#include "contracts/genesis_json.h"

namespace tally::cli {

namespace {

constexpr std::uint64_t kDrawEveryMs = 100;
constexpr std::uint64_t kBarWidth = 30;

Failure bad_answer(const std::string& problem) {
  return Failure(ExitCode::unreachable,
                 make_error(ErrorCode::invalid_encoding, "", "the node's answer cannot be understood: " + problem))
      .then("check that --node names a Tallystick node of this version");
}

std::optional<std::uint64_t> header_number(const node::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    const bool same = std::equal(key.begin(), key.end(), name.begin(), name.end(), [](char left, char right) {
      return std::tolower(static_cast<unsigned char>(left)) == right;
    });
    if (!same) continue;
    const auto number = json_detail::integer_from_text<std::uint64_t>(value);
    if (number) return *number;
  }
  return std::nullopt;
}

}  // namespace

Result<std::deque<ledger::CertifiedBlock>> blocks_of_answer(std::string_view body) {
  std::deque<ledger::CertifiedBlock> out;
  while (!body.empty()) {
    auto size = body.size() < 4
                    ? Result<std::uint32_t>(make_error(ErrorCode::invalid_encoding, "", "a length is cut off"))
                    : decode<std::uint32_t>(as_bytes(body.substr(0, 4)));
    if (!size || *size > body.size() - 4)
      return make_error(ErrorCode::invalid_encoding, "", "a block is cut off", "whole blocks");
    auto block = decode<ledger::CertifiedBlock>(as_bytes(body.substr(4, *size)));
    if (!block) return Error(block.error()).within("block");
    out.push_back(std::move(*block));
    body.remove_prefix(4 + *size);
  }
  return out;
}

Outcome<ChainSource> ChainSource::open(NodeClient& client) {
  auto status = client.status();
  if (!status) return status.error();
  auto document = client.get_raw("/v1/genesis", Access::open);
  if (!document) return document.error();
  auto genesis = contracts::parse_genesis(document->body);
  if (!genesis) return bad_answer("its genesis: " + genesis.error().text());
  if (ledger::chain_id(*genesis) != status->chain)
    return Failure(
        ExitCode::verification_failed,
        make_error(ErrorCode::wrong_chain, "",
                   "the genesis that the node serves is not the one of the chain it names, " + status->chain.hex()));
  return ChainSource(client, std::move(*genesis), status->final_height);
}

Outcome<void> ChainSource::fetch() {
  auto response = client_->get_raw("/v1/chain?from=" + std::to_string(from_), Access::personal);
  if (!response) return response.error();
  auto blocks = blocks_of_answer(response->body);
  if (!blocks) return bad_answer(blocks.error().text());
  blocks_ = std::move(*blocks);
  final_height_ = std::max(final_height_, header_number(*response, "tally-final").value_or(0));
  const std::uint64_t next = header_number(*response, "tally-next").value_or(from_ + blocks_.size());
  finished_ = blocks_.empty() || next <= from_;
  from_ = next;
  return {};
}

Outcome<std::optional<ledger::CertifiedBlock>> ChainSource::next() {
  if (blocks_.empty() && !finished_) {
    if (auto fetched = fetch(); !fetched) return fetched.error();
  }
  if (blocks_.empty()) return std::optional<ledger::CertifiedBlock>{};
  ledger::CertifiedBlock block = std::move(blocks_.front());
  blocks_.pop_front();
  return std::optional(std::move(block));
}

void Progress::show(std::uint64_t done, std::uint64_t total, const std::string& unit) {
  if (!shown_) return;
  line_ = "\r";
  if (total > 0) {
    const std::uint64_t filled = std::min(done, total) * kBarWidth / total;
    line_ += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
  }
  line_ += std::to_string(done) + (total > 0 ? " of " + std::to_string(total) : "") + " " + unit;
  const TimestampMs now = world_.now();
  if (now.value - drawn_at_.value < kDrawEveryMs) return;
  drawn_at_ = now;
  *world_.err << line_ << std::flush;
}

void Progress::finish() {
  if (line_.empty()) return;
  *world_.err << line_ << '\n' << std::flush;
  line_.clear();
}

}  // namespace tally::cli
