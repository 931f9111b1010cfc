// Purpose: an auditor's memory of a chain: the last head that was verified, and what each node showed. Nodes are asked
// for headers and certificates; what they answer moves the memory forward or raises an alarm, and never changes what
// was trusted before. Thread rule: one thread. Errors: io_failed, invalid_encoding (the trust directory); everything
// about nodes is an alarm, not an error. Files in the directory: trusted.json, replaced in one step and only after
// verification; alarms/, one file each, kept.
#pragma once

#include <boost/describe/enum.hpp>
#include <filesystem>

#include "ledger/light.h"
#include "tally/node_client.h"

namespace tally::cli {

// fork: two headers of one height, both certified; who signed both is proven. other_chain: another chain id.
// lacks_trusted_head: a node's chain does not contain what was trusted, without a certificate for what it has instead.
// went_back: a node's final block is lower than it was. bad_answer: headers that do not follow or certify. stalled: no
// new block for as long as was allowed.
enum class AlarmKind : std::uint8_t {
  fork,
  other_chain,
  lacks_trusted_head,
  went_back,
  bad_answer,
  unreachable,
  stalled
};
BOOST_DESCRIBE_ENUM(AlarmKind, fork, other_chain, lacks_trusted_head, went_back, bad_answer, unreachable, stalled)

struct Alarm {
  AlarmKind kind = AlarmKind::bad_answer;
  std::string node;
  std::string what;
};
BOOST_DESCRIBE_STRUCT(Alarm, (), (kind, node, what))

// What is remembered of one node.
struct SeenNode {
  std::string url;
  std::uint64_t final_height = 0;
  bool operator==(const SeenNode&) const = default;
};
BOOST_DESCRIBE_STRUCT(SeenNode, (), (url, final_height))

struct Trust {
  ledger::TrustedHead head;
  TimestampMs moved;  // by this machine's clock: when the head last moved forward
  std::vector<SeenNode> nodes;
  bool operator==(const Trust&) const = default;
};
BOOST_DESCRIBE_STRUCT(Trust, (), (head, moved, nodes))

class TrustDirectory {
 public:
  explicit TrustDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  // nullopt: nothing is trusted yet.
  Outcome<std::optional<Trust>> read() const;
  Outcome<void> write(const Trust& trust) const;
  // Evidence of a fork, as `tally audit --blame --evidence` takes it. Returns the file.
  Outcome<std::string> keep_fork(const std::vector<consensus::Misconduct>& proven, BlockHeight height) const;

 private:
  std::filesystem::path path_;
};

class Watcher {
 public:
  Watcher(Trust trust, TrustDirectory directory) : trust_(std::move(trust)), directory_(std::move(directory)) {}

  // Asks one node: follows it as far as it is certified. What does not hold is added to the alarms.
  Outcome<void> visit(NodeClient& client, TimestampMs now, std::vector<Alarm>& alarms);
  [[nodiscard]] const Trust& trust() const { return trust_; }

 private:
  SeenNode& seen(const std::string& url);
  // nullopt: it told something that is an alarm already.
  std::optional<std::vector<ledger::CertifiedHeader>> headers(NodeClient& client, std::uint64_t from,
                                                              std::vector<Alarm>& alarms);
  Outcome<bool> contains_head(NodeClient& client, std::vector<Alarm>& alarms);

  Trust trust_;
  TrustDirectory directory_;
};

}  // namespace tally::cli
