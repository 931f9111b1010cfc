// How a development network is doing: seen from outside, over its nodes' APIs.
#include "devnet/devnet.h"

namespace tally::devnet {

bool NetworkReport::healthy() const {
  return std::all_of(nodes.begin(), nodes.end(), [](const NodeReport& node) { return node.problem.empty(); });
}

NodeReport Devnet::report_of(std::size_t index) const {
  const NodeEntry& node = file_.nodes[index];
  NodeReport out{node.name, url(index), node.pid, running(index), std::nullopt, ""};
  if (!out.running) {
    out.problem = node.pid == 0 ? "is not started" : "has ended";
    return out;
  }
  auto client = Client::open(out.url);
  if (!client) {
    out.problem = client.error().text();
    return out;
  }
  auto status = client->status();
  if (!status) {
    out.problem = status.error().text();
    return out;
  }
  if (status->chain != file_.chain)
    out.problem = "serves chain " + status->chain.short_hex() + ", not " + file_.chain.short_hex();
  else if (!status->failure.empty())
    out.problem = "stopped voting: " + status->failure;
  else if (const auto healthy = client->healthy(); !healthy)
    out.problem = healthy.error().text();
  else if (status->peers_connected + 1 < size())
    out.problem =
        "is linked with " + std::to_string(status->peers_connected) + " of " + std::to_string(size() - 1) + " peers";
  out.status = std::move(status).value();
  return out;
}

NetworkReport Devnet::report() const {
  NetworkReport out;
  for (std::size_t i = 0; i < size(); ++i) out.nodes.push_back(report_of(i));
  return out;
}

std::string Devnet::standing() const {
  std::string out;
  for (const auto& node : report().nodes) {
    out += node.name + ": ";
    if (node.status)
      out += "executed " + std::to_string(node.status->executed_height.value) + ", final " +
             std::to_string(node.status->final_height.value) + ", view " + std::to_string(node.status->view) +
             (node.status->changing_view ? " (changing)" : "") + ", " + std::to_string(node.status->peers_connected) +
             " links";
    out += (node.problem.empty() ? "" : "; " + node.problem) + "\n";
  }
  return out;
}

Status Devnet::await_healthy(Milliseconds limit) const {
  NetworkReport last;
  const bool well = poll_until(
      limit,
      [&] {
        last = report();
        return last.healthy();
      },
      Milliseconds(100));
  if (well) return {};
  for (const auto& node : last.nodes) {
    if (node.problem.empty()) continue;
    return make_error(
        ErrorCode::timeout, node.name, node.problem,
        "a healthy node within " + std::to_string(limit.count() / 1000) + " s; `tally devnet logs` shows what it says");
  }
  return {};
}

Result<AgreedHead> Devnet::await_agreement(Milliseconds limit) const {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < size(); ++i) {
    auto client = Client::open(url(i));
    if (!client) return client.error();
    clients.push_back(std::move(client).value());
  }
  std::map<BlockHeight, std::pair<Digest, std::size_t>> seen;  // header and who showed it first
  std::optional<Error> wrong;
  std::optional<AgreedHead> head;
  std::string where;
  const auto one_height = [&] {
    std::vector<NodeStatus> all;
    where.clear();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto status = clients[i].status();
      where += (where.empty() ? "" : ", ") + file_.nodes[i].name + " " +
               (status ? "at " + std::to_string(status->final_height.value) : status.error().text());
      if (!status || status->final_header.is_zero()) return false;
      const auto [first, fresh] = seen.try_emplace(status->final_height, status->final_header, i);
      if (!fresh && first->second.first != status->final_header) {
        wrong = make_error(ErrorCode::root_mismatch, file_.nodes[i].name,
                           "holds header " + status->final_header.hex() + " at height " +
                               std::to_string(status->final_height.value) + ", " +
                               file_.nodes[first->second.second].name + " holds " + first->second.first.hex());
        return true;
      }
      all.push_back(*status);
    }
    const BlockHeight height = all.front().final_height;
    for (const auto& status : all)
      if (status.final_height != height || status.executed_height != height) return false;
    head = AgreedHead{height, all.front().final_header};
    return true;
  };
  const bool settled = poll_until(limit, one_height, Milliseconds(50));
  if (wrong) return *std::move(wrong);
  if (settled) return *head;
  return make_error(ErrorCode::timeout, "", "the nodes do not stand at one final height: " + where,
                    "one height once no transactions are on their way");
}

Result<TemporaryDevnet> TemporaryDevnet::create(NetworkPlan plan, bool keep) {
  std::error_code failure;
  std::string pattern = (std::filesystem::temp_directory_path(failure) / "tally-devnet-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    return make_error(ErrorCode::io_failed, "", "cannot make a directory such as " + pattern,
                      "a writable directory for temporary files (TMPDIR)");
  plan.directory = pattern;
  plan.ends_with_parent = true;
  auto created = Devnet::create(plan);
  if (!created) {
    std::filesystem::remove_all(pattern, failure);
    return created.error();
  }
  return TemporaryDevnet(std::make_unique<Devnet>(std::move(created).value()), keep);
}

Result<TemporaryDevnet> TemporaryDevnet::start(NetworkPlan plan, bool keep) {
  auto out = create(std::move(plan), keep);
  if (!out) return out;
  if (auto started = (*out)->start(); !started) return started.error();
  if (auto healthy = (*out)->await_healthy(Devnet::kStartLimit); !healthy) return healthy.error();
  return out;
}

TemporaryDevnet::~TemporaryDevnet() {
  if (!devnet_) return;
  for (std::size_t i = 0; i < devnet_->size(); ++i)
    end_process(devnet_->file().nodes[i].pid, devnet_->command(i), Milliseconds(0));
  std::error_code ignored;
  if (!keep_) std::filesystem::remove_all(devnet_->directory(), ignored);
}

}  // namespace tally::devnet
