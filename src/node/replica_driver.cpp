#include "node/replica_driver.h"

namespace tally::node {

namespace {

std::string describe(const consensus::Divergence& diverged) {
  return "this node executed block " + std::to_string(diverged.certificate.vote.height.value) + " to header " +
         diverged.own.hex() + ", but a quorum certified " + diverged.certificate.vote.header.hex();
}

std::string describe(const consensus::Halt& halt) {
  std::string out = "no header of block " + std::to_string(halt.height.value) + " can reach a quorum:";
  for (const auto& checkpoint : halt.votes)
    out += " replica " + std::to_string(checkpoint.replica.value) + " has " + checkpoint.vote.header.hex() + ",";
  out.pop_back();
  return out;
}

}  // namespace

Result<std::unique_ptr<ReplicaDriver>> ReplicaDriver::open(storage::Store& store,
                                                           const consensus::Configuration& configuration,
                                                           BlockHeight executed, const Digest& executed_header,
                                                           DriverHost& host) {
  VoteStore votes(store);
  auto records = votes.load();
  if (!records) return records.error();
  // A new data directory: from here on, a missing mark means missing votes.
  if (records->empty() && executed.value == 0) {
    records->emplace_back(consensus::InitRecord{});
    if (Status marked = votes.persist(*records); !marked) return marked.error();
  }
  consensus::Replica replica(configuration, {std::move(records).value(), executed, executed_header});
  return std::unique_ptr<ReplicaDriver>(new ReplicaDriver(std::move(votes), std::move(replica), host));
}

Status ReplicaDriver::flush() {
  for (;;) {
    consensus::Ready ready = replica_.take_ready();
    // Said again as long as it holds, so it is no reason to go round again.
    if (ready.behind) host_.behind(*std::exchange(ready.behind, std::nullopt));
    if (ready.empty()) return {};
    if (Status persisted = votes_.persist(ready.persist); !persisted) return persisted;
    for (const auto& outgoing : ready.send) host_.send(outgoing);
    for (const auto& body : ready.check) host_.check(body);
    for (const auto& decided : ready.execute) host_.execute(decided);
    for (const auto& certificate : ready.finalised) host_.finalised(certificate);
    for (const auto& evidence : ready.evidence) host_.evidence(evidence);
    if (ready.diverged) host_.halted(describe(*ready.diverged));
    if (ready.halted) host_.halted(describe(*ready.halted));
  }
}

}  // namespace tally::node
