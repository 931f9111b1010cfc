#include "node/replica_driver.h"

namespace tally::node {

Result<std::unique_ptr<ReplicaDriver>> ReplicaDriver::open(storage::Store& store,
                                                           const consensus::Configuration& configuration,
                                                           BlockHeight executed, const Digest& executed_header,
                                                           DriverHost& host) {
  VoteStore votes(store);
  auto records = votes.load();
  if (!records) return records.error();
  consensus::Replica replica(configuration, {std::move(records).value(), executed, executed_header});
  return std::unique_ptr<ReplicaDriver>(new ReplicaDriver(std::move(votes), std::move(replica), host));
}

Status ReplicaDriver::flush() {
  for (;;) {
    consensus::Ready ready = replica_.take_ready();
    if (ready.empty()) return {};
    if (Status persisted = votes_.persist(ready.persist); !persisted) return persisted;
    for (const auto& outgoing : ready.send) host_.send(outgoing);
    for (const auto& body : ready.check) host_.check(body);
    for (const auto& decided : ready.execute) host_.execute(decided);
    for (const auto& certificate : ready.finalised) host_.finalised(certificate);
    if (ready.behind) host_.behind(*ready.behind);
    for (const auto& evidence : ready.evidence) host_.evidence(evidence);
  }
}

}  // namespace tally::node
