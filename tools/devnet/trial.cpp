#include "devnet/trial.h"

#include "common/json.h"
#include "ledger/block.h"

namespace tally::devnet {

namespace {

constexpr std::size_t kHouseholdsPerClient = 50;
constexpr std::size_t kAskedAtOnce = 1000;

}  // namespace

Result<Trial> Trial::start(const TrialSetup& setup) {
  NetworkPlan plan = bench_plan(setup.tallyd, setup.nodes, setup.clients + 1);
  plan.name = setup.name;
  plan.log_level = "info";
  auto network = TemporaryDevnet::start(std::move(plan));
  if (!network) return network.error();
  auto seats = bench_seats(**network, setup.clients + 1, kHouseholdsPerClient);
  if (!seats) return seats.error();
  const ChainId chain = (*network)->file().chain;
  if (auto opened = Load(chain, *seats, 1, 1).open_accounts(); !opened) return opened.error();
  Seat spare = std::move(seats->back());
  seats->pop_back();
  Trial out(std::move(network).value(), std::move(spare));
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < out.network_->size(); ++i) urls.push_back(out.network_->url(i));
  out.load_ = std::make_unique<SteadyLoad>(chain, std::move(seats).value(), std::move(urls), setup.pace);
  out.load_->start();
  return out;
}

std::vector<std::size_t> Trial::others(std::size_t index) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < network_->size(); ++i)
    if (i != index) out.push_back(i);
  return out;
}

Result<AgreedHead> Trial::finish(Milliseconds limit) {
  if (auto stopped = load_->stop(limit); !stopped) return stopped.error();
  if (auto healthy = network_->await_healthy(limit); !healthy) return healthy.error();
  const auto head = network_->await_agreement(limit);
  if (!head) return head.error();
  if (auto held = check_final_everywhere(); !held) return held.error();
  return *head;
}

Status Trial::check_final_everywhere() {
  const auto& ids = load_->all_acknowledged();
  for (std::size_t node = 0; node < network_->size(); ++node) {
    auto client = Client::open(network_->url(node));
    if (!client) return client.error();
    for (std::size_t from = 0; from < ids.size(); from += kAskedAtOnce) {
      const auto part = std::span(ids).subspan(from, std::min(kAskedAtOnce, ids.size() - from));
      const auto states = client->states(part, Milliseconds(0));
      if (!states) return Error(states.error()).within(network_->file().nodes[node].name);
      for (std::size_t i = 0; i < part.size(); ++i)
        if ((*states)[i] != node::TransactionState::final)
          return make_error(ErrorCode::not_final, network_->file().nodes[node].name,
                            "holds the acknowledged transaction " + part[i].hex() + " as " +
                                std::string(to_json((*states)[i]).get<std::string>()),
                            "final on every node");
    }
  }
  return {};
}

Result<Digest> Trial::state_root(const AgreedHead& head) {
  std::optional<Digest> first;
  for (std::size_t node = 0; node < network_->size(); ++node) {
    auto client = Client::open(network_->url(node));
    if (!client) return client.error();
    client->act_as(spare_.officer.key, network_->file().chain);
    const auto block = client->get("/v1/blocks/" + std::to_string(head.height.value));
    if (!block) return block.error();
    const auto header = member<ledger::BlockHeader>(*block, "header");
    if (!header) return header.error();
    if (!first) first = header->state_root;
    if (*first != header->state_root)
      return make_error(ErrorCode::root_mismatch, network_->file().nodes[node].name,
                        "holds the state root " + header->state_root.hex(), first->hex());
  }
  return *first;
}

Result<TrialAudit> Trial::audit(const std::filesystem::path& tally, const AgreedHead& head) {
  const auto chain = (network_->directory() / "chain.tally").string();
  const std::string stem = (network_->directory() / "keys" / spare_.officer.name).string();
  const auto exported = run_to_end({tally.string(), "export", "--file", chain, "--node", network_->url(0), "--key",
                                    stem + ".key", "--passphrase-file", stem + ".pass"});
  if (!exported) return exported.error();
  if (exported->exit_code != 0)
    return make_error(ErrorCode::internal, "export",
                      "ended with exit code " + std::to_string(exported->exit_code) + ": " + exported->errors);
  const auto genesis = (network_->directory() / "genesis.json").string();
  const auto audited = run_to_end({tally.string(), "audit", "--file", chain, "--genesis", genesis, "--json"});
  if (!audited) return audited.error();
  const auto verdict = parse_json(audited->output);
  if (audited->exit_code != 0 || !verdict)
    return make_error(
        ErrorCode::broken_chain, "audit",
        "ended with exit code " + std::to_string(audited->exit_code) + ": " + audited->output + audited->errors);
  const auto transactions = member<std::uint64_t>(*verdict, "transactions");
  const auto verified_until = member<BlockHeight>(*verdict, "verified_until");
  const auto state_root = member<Digest>(*verdict, "state_root");
  if (!transactions) return transactions.error();
  if (!verified_until) return verified_until.error();
  if (!state_root) return state_root.error();
  if (*verified_until != head.height || *transactions < load_->acknowledged())
    return make_error(
        ErrorCode::broken_chain, "audit",
        "verified " + std::to_string(*transactions) + " transactions until height " +
            std::to_string(verified_until->value),
        std::to_string(load_->acknowledged()) + " or more until height " + std::to_string(head.height.value));
  return TrialAudit{*transactions, *verified_until, *state_root};
}

std::string Trial::standing() const {
  return network_->standing() + "the load's last trouble: " + load_->last_trouble();
}

}  // namespace tally::devnet
