#include "devnet/network_chain.h"

#include <sstream>

#include "contracts/genesis_json.h"
#include "contracts/transaction_json.h"
#include "devnet/devnet_command.h"
#include "devnet/interruption.h"
#include "ledger/chain_file.h"
#include "tally/chain_source.h"
#include "tally/node_client.h"

namespace tally::devnet {

namespace {

constexpr Milliseconds kFinalLimit{60000};
constexpr Milliseconds kFinalWait{10000};  // that one request waits

std::string target_of(const rulebook::Question& question) {
  std::string out = "/v1";
  for (const auto& part : question.path) out += "/" + cli::url_encoded(part);
  char before = '?';
  for (const auto& [name, value] : question.query) {
    out += before + name + "=" + cli::url_encoded(value);
    before = '&';
  }
  return out;
}

std::string at(const Json& json, const Json::json_pointer& place) {
  return json.contains(place) ? json.at(place).dump() : "nothing";
}

Error told(std::string problem, std::string expected) {
  return make_error(ErrorCode::root_mismatch, "", std::move(problem), std::move(expected));
}

// What a node answered and what it should have, by the first member that differs; nothing if they are the same.
std::optional<Error> difference(const Json& served, const Json& made) {
  const Json changes = Json::diff(made, served);
  if (changes.empty()) return std::nullopt;
  const auto path = changes.front().at("path").get<std::string>();
  const Json::json_pointer place(path);
  return told("answers " + at(served, place) + " at " + (path.empty() ? "its top" : path), at(made, place));
}

std::optional<Error> difference(const Result<Json>& served, const Result<Json>& made) {
  if (served && made) return difference(*served, *made);
  if (!served && !made && served.error().code == made.error().code) return std::nullopt;
  return told(served ? "answers " + served->dump() : "fails: " + served.error().text(),
              made ? made->dump() : "it to fail: " + made.error().text());
}

template <class T>
Result<T> member_of(const Result<Json>& answer, const char* name) {
  if (!answer) return answer.error();
  return member<T>(*answer, name);
}

}  // namespace

std::string NetworkChain::where() const {
  return network_ ? (*network_)->file().nodes[node_].name + " at " + (*network_)->url(node_) : std::string();
}

Error NetworkChain::at_node(const Error& error) const {
  return Error(error).within((*network_)->file().nodes[node_].name);
}

Status NetworkChain::check_interruption() const {
  if (!options_.interrupted || !options_.interrupted()) return {};
  return make_error(ErrorCode::wrong_state, "", "the scenario was interrupted");
}

Status NetworkChain::begin(TimestampMs time, const std::vector<Bytes>& operations) {
  if (auto free = check_interruption(); !free) return free;
  if (auto started = start(time, operations); !started) return started;
  for (std::size_t i = 0; i < (*network_)->size(); ++i) {
    auto client = Client::open((*network_)->url(i));
    if (!client) return client.error();
    clients_.push_back(std::move(client).value());
  }
  // A validator may read everything, as it holds the whole chain anyway.
  const auto key = read_key_pair((*network_)->node_directory(0) / "validator");
  if (!key) return key.error();
  for (auto& client : clients_) client.act_as(*key, local_.chain().id());
  return rest();
}

// The genesis is executed here first: what it refuses is told without starting a node.
Status NetworkChain::start(TimestampMs time, const std::vector<Bytes>& operations) {
  NetworkPlan plan;
  plan.tallyd = options_.tallyd;
  plan.nodes = options_.nodes;
  plan.name = "scenario";
  plan.time = time;
  for (const auto& operation : operations) {
    auto decoded = contracts::decode_operation(operation);
    if (!decoded) return decoded.error();
    plan.cast.operations.push_back(std::move(decoded).value());
  }
  auto created = TemporaryDevnet::create(std::move(plan));
  if (!created) return created.error();
  const auto text = read_text((*created)->directory() / "genesis.json");
  if (!text) return text.error();
  const auto genesis = contracts::parse_genesis(*text);
  if (!genesis) return genesis.error();
  if (auto opened = local_.open(*genesis); !opened) return opened;
  network_.emplace(std::move(created).value());
  if (auto started = (*network_)->start(); !started) return started;
  return (*network_)->await_healthy(Devnet::kStartLimit);
}

Result<ledger::Receipt> NetworkChain::apply(const ledger::SignedTransaction& transaction) {
  if (auto free = check_interruption(); !free) return free.error();
  const Prepared prepared{ledger::id_of(transaction.body), encode(transaction)};
  const auto submitted = client().submit({&prepared, 1});
  if (!submitted) return at_node(submitted.error());
  if (const auto& refused = submitted->front().error) return at_node(*refused);
  node_ = (node_ + 1) % clients_.size();
  const auto place = await_final(prepared.id);
  if (!place) return place.error();
  if (auto followed = follow_to(place->height); !followed) return followed.error();
  if (auto same = check_receipt(*place); !same) return same.error();
  if (auto rested = rest(); !rested) return rested.error();
  return place->receipt;
}

Result<NetworkChain::Place> NetworkChain::await_final(const TransactionId& id) {
  const auto deadline = std::chrono::steady_clock::now() + kFinalLimit;
  while (true) {
    const auto answer = client().transaction(id, kFinalWait);
    const auto state = member_of<node::TransactionState>(answer, "state");
    if (!state) return at_node(state.error());
    if (*state == node::TransactionState::final || *state == node::TransactionState::rejected) {
      const auto height = member_of<BlockHeight>(answer, "height");
      if (!height) return at_node(height.error());
      auto receipt = contracts::receipt_from_json(answer->value("receipt", Json()));
      if (!receipt) return at_node(receipt.error());
      return Place{*height, std::move(receipt).value()};
    }
    if (std::chrono::steady_clock::now() > deadline)
      return at_node(make_error(ErrorCode::not_final, "",
                                "transaction " + id.short_hex() + " is not final after " +
                                    std::to_string(kFinalLimit.count() / 1000) + " s\n" + (*network_)->standing(),
                                "finality"));
  }
}

Status NetworkChain::follow() {
  const auto from = local_.chain().head().header.height.next();
  const auto body = client().get_text("/v1/chain?from=" + std::to_string(from.value));
  if (!body) return at_node(body.error());
  const auto blocks = cli::blocks_of_answer(*body);
  if (!blocks) return at_node(blocks.error());
  for (const auto& block : *blocks)
    if (auto applied = local_.chain().apply_certified(block); !applied) return at_node(applied.error());
  return {};
}

Status NetworkChain::follow_to(BlockHeight height) {
  while (local_.chain().head().header.height < height) {
    const auto before = local_.chain().head().header.height;
    if (auto followed = follow(); !followed) return followed;
    if (local_.chain().head().header.height == before)
      return at_node(make_error(ErrorCode::not_found, "",
                                "serves no block " + std::to_string(before.value + 1) + ", and says that " +
                                    std::to_string(height.value) + " is final",
                                "the blocks up to there"));
  }
  return {};
}

// The primary makes blocks by itself while something is due.
Status NetworkChain::rest() {
  while (true) {
    const auto due = local_.something_due();
    if (!due) return due.error();
    if (!*due) return {};
    const auto before = local_.chain().head().header.height;
    Status followed;
    const bool more = poll_until(kFinalLimit, [&] {
      followed = follow();
      return !followed || local_.chain().head().header.height > before;
    });
    if (!followed) return followed;
    if (!more)
      return at_node(make_error(ErrorCode::timeout, "",
                                "something is due, and no block came in " + std::to_string(kFinalLimit.count() / 1000) +
                                    " s\n" + (*network_)->standing(),
                                "a block"));
  }
}

Status NetworkChain::check_receipt(const Place& place) {
  const auto receipts = local_.chain().receipts(place.height);
  if (!receipts) return receipts.error();
  for (const auto& made : (*receipts)->receipts) {
    if (made.transaction != place.receipt.transaction) continue;
    if (auto differs = difference(contracts::receipt_json(place.receipt), contracts::receipt_json(made)))
      return at_node(std::move(*differs).within("receipt of " + made.transaction.short_hex()));
    return {};
  }
  return at_node(make_error(ErrorCode::root_mismatch, "",
                            "says that " + place.receipt.transaction.short_hex() + " is in block " +
                                std::to_string(place.height.value) + ", which does not hold it"));
}

Status NetworkChain::confirm(const rulebook::Question& question, const std::function<Result<Json>()>& answer) {
  const std::string target = target_of(question);
  while (true) {
    auto differs = difference(client().get(target), answer());
    if (!differs) return {};
    // Unless the node has gone on by itself.
    const auto before = local_.chain().head().header.height;
    if (auto followed = follow(); !followed) return followed;
    if (local_.chain().head().header.height == before) return at_node(std::move(*differs).within(target));
  }
}

Status NetworkChain::settle() {
  const auto agreed = (*network_)->await_agreement(kFinalLimit);
  if (!agreed) return agreed.error();
  if (auto followed = follow_to(agreed->height); !followed) return followed;
  const auto head = local_.chain().head();
  if (head.header.height == agreed->height && head.digest == agreed->header) return {};
  return make_error(ErrorCode::root_mismatch, "",
                    "the nodes stand at block " + std::to_string(agreed->height.value) + ", " + agreed->header.hex(),
                    "block " + std::to_string(head.header.height.value) + ", " + head.digest.hex());
}

// Once more from the first block on, from a node of which it was not followed.
Result<std::string> NetworkChain::exported() {
  node_ = (node_ + 1) % clients_.size();
  std::ostringstream out;
  ledger::ChainFileWriter writer(out);
  Status written = writer.begin(local_.chain().genesis());
  const auto last = local_.chain().head().header.height;
  for (BlockHeight next{1}; written && next <= last;) {
    const auto body = client().get_text("/v1/chain?from=" + std::to_string(next.value));
    if (!body) return at_node(body.error());
    const auto blocks = cli::blocks_of_answer(*body);
    if (!blocks) return at_node(blocks.error());
    if (blocks->empty())
      return at_node(make_error(ErrorCode::not_found, "", "serves no block " + std::to_string(next.value)));
    for (auto block = blocks->begin(); written && block != blocks->end(); ++block) written = writer.add(*block);
    next = blocks->back().header.height.next();
  }
  if (written) written = writer.finish();
  if (!written) return written.error();
  return out.str();
}

rulebook::ChainFactory network_chains(std::size_t nodes) {
  auto interruption = std::make_shared<Interruption>();
  return [nodes, interruption]() -> std::unique_ptr<rulebook::TestChain> {
    return std::make_unique<NetworkChain>(
        NetworkChainOptions{tallyd_program({}), nodes, [interruption] { return interruption->requested(); }});
  };
}

}  // namespace tally::devnet
