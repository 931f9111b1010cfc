// Commands of liars. A liar signs anything under its own key; what it shows under others' keys they did sign, or it
// does not verify.
#include <stdexcept>

#include "consensus/forge.h"
#include "consensus/new_view.h"
#include "consensus/scenario.h"

namespace tally::consensus::test {

std::optional<ReplicaIndex> signer_of(const Message& message) {
  return std::visit(
      []<class One>(const One& it) -> std::optional<ReplicaIndex> {
        if constexpr (std::is_same_v<One, Proposal>)
          return it.pre_prepare.replica;
        else if constexpr (std::is_same_v<One, CommitCertificate> || std::is_same_v<One, CheckpointCertificate>)
          return std::nullopt;
        else
          return it.replica;
      },
      message);
}

void Scenario::add_lie_commands() {
  commands_["liar"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->set_liar(index); });
  };
  commands_["lie"] = [this](const Words& words) { lie(words); };
  commands_["prepared"] = [this](const Words& words) { prepared(words); };
  commands_["alter"] = [this](const Words& words) { alter(words); };
  commands_["replay"] = [this](const Words& words) { replay(words); };
  commands_["flood"] = [this](const Words& words) { flood(words); };
  commands_["view_storm"] = [this](const Words& words) { view_storm(words); };
  // More than f lie: honest replicas may come to disagree.
  commands_["beyond_f"] = [this](const Words&) { cluster_->invariants().set_beyond_f(); };
  commands_["serves"] = [this](const Words& words) {
    static const std::map<std::string, Serving> kWays = {{"honest", Serving::honest},
                                                         {"stalls", Serving::stalls},
                                                         {"empty", Serving::empty},
                                                         {"altered_batch", Serving::altered_batch},
                                                         {"altered_header", Serving::altered_header},
                                                         {"forged_certificate", Serving::forged_certificate},
                                                         {"gap", Serving::gap},
                                                         {"claims_more", Serving::claims_more}};
    const auto way = kWays.find(at(words, 2));
    need(way != kWays.end(), "no such way to serve");
    for_each(words[1], [&](auto index) {
      need(way->second == Serving::honest || cluster_->invariants().is_liar({index}), "only a liar lies");
      cluster_->node(index).serving = way->second;
    });
  };
}

// lie <signer> <to|all> <kind> ...: the arguments of made_message
void Scenario::lie(const Words& words) {
  const auto signer = replica(at(words, 1));
  need(cluster_->invariants().is_liar(ReplicaIndex{signer}), "only a liar lies");
  const Message message = made_message(words);
  cluster_->history.push_back(message);
  for (const auto to : replicas(at(words, 2)))
    if (to != signer) cluster_->inject(to, message);
}

// Of "checkpoint <height> <header>": one that is made up, or with "of:<replica>" the one that this replica computed.
Digest Scenario::header_named(const Words& words) {
  const std::string& header = at(words, 5);
  if (!header.starts_with("of:")) return digest_of_text(header);
  const auto& blocks = cluster_->node(replica(header.substr(3))).blocks;
  const std::uint64_t height = number(words[4]);
  need(height >= 1 && height <= blocks.size(), "it has no such block");
  return blocks[height - 1].header;
}

// proposal|pre_prepare|prepare|commit <view> <seq> <batch>, checkpoint <height> <header>|of:<replica>,
// status <view> <stable> <executed>, view_change <view> ..., new_view <view> ...,
// again <kind> <field> <how>: the last message of the signer's of that kind, changed and signed again,
// commit_certificate <signers> <view> <seq> <batch>: of liars
Message Scenario::made_message(const Words& words) {
  const auto signer = replica(at(words, 1));
  const std::string& kind = at(words, 3);
  const Keyring& keys = cluster_->keys();
  if (kind == "checkpoint") return keys.checkpoint(signer, number(at(words, 4)), header_named(words));
  if (kind == "view_change") return made_view_change(signer, words);
  if (kind == "new_view") return made_new_view(signer, words);
  if (kind == "again")
    return re_signed(last_sent(signer, at(words, 4)), at(words, 5), at(words, 6),
                     keys.validators().members[signer].key);
  if (kind == "status")
    return StatusReport{keys.validators().epoch,
                        View{number(at(words, 4))},
                        {signer},
                        {number(at(words, 5))},
                        {number(at(words, 6))},
                        {},
                        {}};
  if (kind == "commit_certificate") {
    const auto signers = replicas(at(words, 4));
    for (const auto one : signers) need(cluster_->invariants().is_liar({one}), "only liars sign it");
    return keys.commit_certificate(signers, number(at(words, 5)), number(at(words, 6)), digest_of_text(at(words, 7)));
  }
  const std::uint64_t view = number(at(words, 4));
  const std::uint64_t seq = number(at(words, 5));
  const std::string& batch = at(words, 6);
  if (kind == "proposal") return keys.proposal_of(signer, view, seq, batch);
  if (kind == "pre_prepare") return keys.vote(signer, Phase::pre_prepare, view, seq, digest_of_text(batch));
  if (kind == "prepare") return keys.vote(signer, Phase::prepare, view, seq, digest_of_text(batch));
  if (kind == "commit") return keys.vote(signer, Phase::commit, view, seq, digest_of_text(batch));
  throw std::runtime_error("nobody can lie with \"" + kind + "\"");
}

// prepared <name> <view> <seq> <batch> <backups> [<how it is ruined>]
void Scenario::prepared(const Words& words) {
  const std::uint64_t view = number(at(words, 2));
  const std::uint64_t seq = number(at(words, 3));
  const Digest digest = digest_of_text(at(words, 4));
  PreparedCertificate certificate = cluster_->keys().prepared_certificate(replicas(at(words, 5)), view, seq, digest);
  const auto require_signed = [&](ReplicaIndex replica, Phase phase) {
    const Invariants& invariants = cluster_->invariants();
    Vote vote = certificate.pre_prepare;
    vote.phase = phase;
    need(invariants.is_liar(replica) || invariants.signed_by(replica, vote),
         "replica " + std::to_string(replica.value) + " never signed that");
  };
  require_signed(certificate.primary.replica, Phase::pre_prepare);
  for (const auto& prepare : certificate.prepares) require_signed(prepare.replica, Phase::prepare);
  certificates_[at(words, 1)] = words.size() > 6 ? ruined(certificate, words[6], cluster_->genesis()) : certificate;
}

// view_change <view> [h:<replica whose stable checkpoint it shows>] [<certificate> ...]
Message Scenario::made_view_change(std::uint32_t signer, const Words& words) {
  ViewChange body{cluster_->keys().validators().epoch, View{number(at(words, 4))}, {}, std::nullopt, {}};
  for (std::size_t i = 5; i < words.size(); ++i) {
    if (words[i].starts_with("h:")) {
      const auto& certificates = cluster_->node(replica(words[i].substr(2))).certificates;
      need(!certificates.empty(), "it has no stable checkpoint");
      body.stable = certificates.rbegin()->first;
      body.stable_certificate = certificates.rbegin()->second;
    } else {
      need(certificates_.contains(words[i]), "there is no certificate " + words[i]);
      body.prepared.push_back(certificates_[words[i]]);
    }
  }
  return sign_again(std::move(body), {signer}, cluster_->keys().validators().members[signer].key);
}

const SignedViewChange& Scenario::sent_view_change(std::uint32_t replica, View view) {
  for (auto message = cluster_->history.rbegin(); message != cluster_->history.rend(); ++message) {
    const auto* change = std::get_if<SignedViewChange>(&*message);
    if (change != nullptr && change->replica.value == replica && change->body.new_view == view) return *change;
  }
  throw std::runtime_error("replica " + std::to_string(replica) + " sent no VIEW-CHANGE for view " +
                           std::to_string(view.value));
}

// new_view <view> <V: replicas, each with @<view> if it is another> <how O is ruined>
Message Scenario::made_new_view(std::uint32_t signer, const Words& words) {
  const View view{number(at(words, 4))};
  std::vector<SignedViewChange> changes;
  for (const auto& word : split(at(words, 5), ',')) {
    const auto parts = split(word, '@');
    changes.push_back(sent_view_change(replica(parts[0]), parts.size() > 1 ? View{number(parts[1])} : view));
  }
  NewView body{cluster_->keys().validators().epoch, view, {}, {}};
  std::vector<std::pair<SeqNum, Digest>> proposals;
  for (const auto& change : changes) body.view_changes.push_back({change.replica, digest_of(change.body)});
  for (const auto& proposal : compute_new_view(changes).proposals)
    proposals.emplace_back(proposal.seq, proposal.digest);
  for (const auto& [seq, digest] : ruined(proposals, at(words, 6)))
    body.pre_prepares.push_back(cluster_->keys().vote(signer, Phase::pre_prepare, view.value, seq.value, digest));
  return sign_again(std::move(body), {signer}, cluster_->keys().validators().members[signer].key);
}

Message Scenario::last_sent(std::uint32_t signer, const std::string& kind) const {
  const auto& history = cluster_->history;
  for (auto message = history.rbegin(); message != history.rend(); ++message) {
    const auto by = signer_of(*message);
    if (kind_of(*message) == kind && (!by || by->value == signer)) return *message;
  }
  throw std::runtime_error("replica " + std::to_string(signer) + " sent no " + kind);
}

// alter <from> <to|all> <kind> <field>: whoever relays a message changes it under the old signature
void Scenario::alter(const Words& words) {
  const Message message = altered(last_sent(replica(at(words, 1)), at(words, 3)), at(words, 4));
  for_each(at(words, 2), [&](auto to) { cluster_->inject(to, message); });
}

// replay <signer|*> <to|all> <kind|*>: everything of it that was ever sent comes again, in order
void Scenario::replay(const Words& words) {
  const std::vector<Message> history = cluster_->history;
  std::uint64_t count = 0;
  for (const auto& message : history) {
    const auto by = signer_of(message);
    const bool fits = (at(words, 1) == "*" || (by && by->value == number(words[1]))) &&
                      (at(words, 3) == "*" || words[3] == kind_of(message));
    if (!fits) continue;
    ++count;
    for (const auto to : replicas(at(words, 2))) cluster_->inject(to, message);
  }
  need(count > 0, "no such message was sent");
}

// view_storm <liar> <to|all> <views>: a VIEW-CHANGE for each
void Scenario::view_storm(const Words& words) {
  const auto signer = replica(at(words, 1));
  need(cluster_->invariants().is_liar({signer}), "only a liar lies");
  const PublicKey& key = cluster_->keys().validators().members[signer].key;
  for (std::uint64_t view = 1; view <= number(at(words, 3)); ++view) {
    const Message message = sign_again(ViewChange{{}, View{view}, {}, std::nullopt, {}}, {signer}, key);
    for (const auto to : replicas(at(words, 2)))
      if (to != signer) cluster_->inject(to, message);
  }
}

// flood <liar> <to|all> <messages>: well-signed, of every kind, for places near and far
void Scenario::flood(const Words& words) {
  const auto signer = replica(at(words, 1));
  need(cluster_->invariants().is_liar({signer}), "only a liar lies");
  const Keyring& keys = cluster_->keys();
  Random random(number(at(words, 3)));
  const PublicKey& key = keys.validators().members[signer].key;
  for (std::uint64_t i = 0; i < number(words[3]); ++i) {
    const std::uint64_t seq = random.chance(50) ? random.below(20) : random.next();
    const std::uint64_t view = random.chance(70) ? random.below(4) : random.next();
    const std::string batch = "flood " + std::to_string(random.below(1000));
    const Digest digest = digest_of_text(batch);
    Message message = keys.vote(signer, static_cast<Phase>(random.below(3)), view, seq, digest);
    switch (random.below(6)) {
      case 0:
        message = keys.proposal_of(signer, view, seq, batch);
        break;
      case 1:
        message = keys.checkpoint(signer, seq, digest);
        break;
      case 2:
        message = sign_again(ViewChange{{}, View{view}, {}, std::nullopt, {}}, {signer}, key);
        break;
      case 3:
        message = StatusReport{{}, View{view}, {signer}, {seq}, {seq}, {}, {}};
        break;
      default:
        break;
    }
    for (const auto to : replicas(at(words, 2)))
      if (to != signer) cluster_->inject(to, message);
    if (i % 100 == 99) need(cluster_->breaches().empty(), cluster_->breaches());
  }
}

}  // namespace tally::consensus::test
