#include "node/own_records.h"

#include "consensus/evidence.h"
#include "ledger/block_records.h"
#include "node/halt_record.h"

namespace tally::node {

using consensus::DurableRecord;
using ledger::ScrubClass;
using storage::Column;

namespace {

constexpr std::string_view kOfTheLedger = "ledger/";
constexpr std::string_view kEvidence = "evidence/";
constexpr std::string_view kHalt = "node/halt";
constexpr std::string_view kSigned = "node/recovery/";

std::string name_of_record(Column column, ByteView key) {
  return std::string(storage::name_of(column)) + "[" + to_hex(key) + "]";
}

// Every signature of a record, by the members of its epoch if they are known.
class SignatureCheck {
 public:
  SignatureCheck(const ValidatorsOf& validators, const crypto::Verifier& verifier)
      : validators_(validators), verifier_(verifier) {}

  Status operator()(const consensus::BodyRecord& body) const {
    if (const Digest digest = consensus::batch_digest(body.bytes); digest != body.digest)
      return make_error(ErrorCode::root_mismatch, "bytes", "have digest " + digest.hex(), body.digest.hex());
    return {};
  }
  Status operator()(const consensus::VoteRecord& own) const { return message(own.vote); }
  Status operator()(const consensus::AcceptedRecord& accepted) const { return message(accepted.pre_prepare); }
  Status operator()(const consensus::OwnCheckpointRecord& own) const { return message(own.checkpoint); }
  Status operator()(const consensus::StableRecord& stable) const { return message(stable.certificate); }
  Status operator()(const consensus::ViewChangeRecord& own) const { return message(own.view_change); }
  Status operator()(const consensus::PreparedRecord& prepared) const {
    const auto set = validators_(prepared.certificate.pre_prepare.epoch);
    return set ? consensus::check_certificate(prepared.certificate, *set, verifier_) : Status{};
  }
  Status operator()(const consensus::NewViewRecord& entered) const {
    if (Status good = message(entered.new_view); !good) return good;
    for (const auto& view_change : entered.view_changes)
      if (Status good = message(view_change); !good) return Error(good.error()).within("view_changes");
    return {};
  }
  // Signed by nobody.
  Status operator()(const consensus::ViewRecord&) const { return {}; }
  Status operator()(const consensus::InitRecord&) const { return {}; }
  Status operator()(const consensus::LostRecord&) const { return {}; }

 private:
  Status message(consensus::Message it) const {
    const auto set = validators_(consensus::epoch_of(it));
    if (!set) return {};
    if (auto good = consensus::authenticate(std::move(it), *set, verifier_); !good) return good.error();
    return {};
  }

  const ValidatorsOf& validators_;
  const crypto::Verifier& verifier_;
};

// The record, if it is whole.
Result<DurableRecord> whole_record(Column column, ByteView key, ByteView value, const SignatureCheck& signatures) {
  auto record = decode<DurableRecord>(value);
  if (!record) return record.error();
  const Bytes own = consensus::storage_key(*record);
  if (!std::equal(own.begin(), own.end(), key.begin(), key.end()) ||
      (column == Column::bodies) != std::holds_alternative<consensus::BodyRecord>(*record))
    return make_error(ErrorCode::storage_failed, "", "holds the record of " + to_hex(own));
  if (Status good = std::visit(signatures, *record); !good) return good.error();
  return record;
}

// What is kept in `meta` beside the ledger's marks; records of a form that is not known here count as whole.
Status whole_meta(ByteView key, ByteView value, const ValidatorsOf& validators, const crypto::Verifier& verifier) {
  const std::string_view name = as_text(key);
  if (name == kHalt) {
    const auto halt = decode<HaltRecord>(value);
    if (!halt) return halt.error();
    const auto set = validators(halt->epoch);
    for (const auto& vote : halt->votes)
      if (set)
        if (auto good = consensus::authenticate(vote, *set, verifier); !good) return good.error();
    return {};
  }
  if (name.starts_with(kSigned)) {
    const auto statement = decode<consensus::RecoveryStatement>(value);
    if (!statement) return statement.error();
    if (name.substr(kSigned.size()) != std::to_string(statement->ended.value))
      return make_error(ErrorCode::storage_failed, "",
                        "holds the statement of epoch " + std::to_string(statement->ended.value));
    return {};
  }
  if (!name.starts_with(kEvidence)) return {};
  const auto misconduct = decode<consensus::Misconduct>(value);
  if (!misconduct) return misconduct.error();
  const Bytes place = consensus::place_key(*misconduct);
  key = key.subspan(kEvidence.size());
  if (!std::equal(place.begin(), place.end(), key.begin(), key.end()))
    return make_error(ErrorCode::storage_failed, "", "holds the evidence of " + to_hex(place));
  const auto set = validators(misconduct->epoch);
  return set ? consensus::check_misconduct(*misconduct, *set, verifier) : Status{};
}

// From both ends, so that one damaged place hides nothing behind it.
Status visit_column(const storage::Reader& store, Column column, const std::function<void(ByteView, ByteView)>& visit) {
  Bytes last;
  const Status forward = store.scan(column, {}, {}, [&](ByteView key, ByteView value) {
    visit(key, value);
    last.assign(key.begin(), key.end());
    return true;
  });
  if (forward) return forward;
  (void)store.scan_back(column, {}, {}, [&](ByteView key, ByteView value) {
    if (!std::lexicographical_compare(last.begin(), last.end(), key.begin(), key.end())) return false;
    visit(key, value);
    return true;
  });
  return forward;
}

bool tells_completeness(const DurableRecord& record) {
  return std::holds_alternative<consensus::InitRecord>(record) || std::holds_alternative<consensus::LostRecord>(record);
}

class OwnSalvage {
 public:
  OwnSalvage(storage::Store& to, const OwnPlace& place, const ValidatorsOf& validators,
             const crypto::Verifier& verifier)
      : to_(to), place_(place), current_(place.current), validators_(validators), verifier_(verifier) {}

  Result<OwnRecords> run(const storage::Reader* from, bool complete) {
    out_.votes_lost = !complete || from == nullptr;
    if (from != nullptr) {
      for (const auto column : {Column::votes, Column::bodies}) take_votes(*from, column);
      take_meta(*from);
    }
    if (!told_) out_.votes_lost = true;
    if (out_.votes_lost) write_down_loss();
    write(0, storage::Sync::yes);
    if (!written_) return written_.error();
    return std::move(out_);
  }

 private:
  void write_down_loss() {
    const consensus::LostRecord lost{current_.epoch, std::nullopt};
    const consensus::InitRecord init;
    const bool alone = current_.members.size() == 1;
    // One member alone has nobody to ask and nobody to contradict: it goes on at once, and keeps every vote from here
    // on, which is what the mark says.
    if (alone && place_.self == current_.members.front().key)
      batch_.put(Column::votes, consensus::storage_key(init), encode(DurableRecord(init)));
    else
      batch_.erase(Column::votes, consensus::storage_key(init));
    if (alone && (!place_.self || place_.self == current_.members.front().key))
      batch_.erase(Column::votes, consensus::storage_key(lost));
    else
      batch_.put(Column::votes, consensus::storage_key(lost), encode(DurableRecord(lost)));
  }

  void take_votes(const storage::Reader& from, Column column) {
    const SignatureCheck signatures(validators_, verifier_);
    const Status read = visit_column(from, column, [&](ByteView key, ByteView value) {
      const auto record = whole_record(column, key, value, signatures);
      if (!record) {
        out_.votes_lost = true;
        return leave_out(name_of_record(column, key), record.error());
      }
      told_ = told_ || tells_completeness(*record);
      if (const auto* stable = std::get_if<consensus::StableRecord>(&*record))
        out_.certificates.push_back(stable->certificate);
      keep(column, key, value);
    });
    if (read) return;
    out_.votes_lost = true;
    leave_out("a part of column " + std::string(storage::name_of(column)), read.error());
  }

  void take_meta(const storage::Reader& from) {
    const Status read = visit_column(from, Column::meta, [&](ByteView key, ByteView value) {
      const std::string_view name = as_text(key);
      if (name.starts_with(kOfTheLedger)) return;
      if (Status good = whole_meta(key, value, validators_, verifier_); !good) {
        leave_out(std::string(name.starts_with(kEvidence) ? "evidence[" + to_hex(key.subspan(kEvidence.size())) + "]"
                                                          : std::string(name)),
                  good.error());
        // Where it stood nobody may sign again: a record that does not decode refuses that.
        if (!may_be_signed_again(name)) keep(Column::meta, key, value);
        return;
      }
      keep(Column::meta, key, value);
    });
    if (!read) leave_out("a part of column meta", read.error());
  }

  [[nodiscard]] bool may_be_signed_again(std::string_view name) const {
    if (!name.starts_with(kSigned)) return true;
    for (std::uint64_t epoch = 0; epoch < current_.epoch.value; ++epoch)
      if (name.substr(kSigned.size()) == std::to_string(epoch)) return true;
    return false;
  }

  void leave_out(std::string record, const Error& why) { out_.left_out.push_back({std::move(record), why.text()}); }

  void keep(Column column, ByteView key, ByteView value) {
    ++out_.kept;
    batch_.put(column, key, value);
    static constexpr std::size_t kPieceBytes = 4 * limits::kMiB;
    write(kPieceBytes, storage::Sync::no);
  }

  void write(std::size_t at_least, storage::Sync sync) {
    if (!written_ || batch_.bytes() < at_least) return;
    written_ = to_.write(batch_, sync);
    batch_.clear();
  }

  storage::Store& to_;
  const OwnPlace& place_;
  const consensus::ValidatorSet& current_;
  const ValidatorsOf& validators_;
  const crypto::Verifier& verifier_;
  storage::WriteBatch batch_;
  Status written_;
  bool told_ = false;  // by a mark, whether all votes are there
  OwnRecords out_;
};

}  // namespace

ScrubClass scrub_votes(const storage::Reader& store, const ValidatorsOf& validators, const crypto::Verifier& verifier) {
  ScrubClass out{"votes", 0, 0, {}};
  const SignatureCheck signatures(validators, verifier);
  bool told = false;
  for (const auto column : {Column::votes, Column::bodies}) {
    const Status read = visit_column(store, column, [&](ByteView key, ByteView value) {
      ++out.checked;
      const auto record = whole_record(column, key, value, signatures);
      if (!record) return out.add(name_of_record(column, key), record.error().text());
      told = told || tells_completeness(*record);
    });
    if (!read) out.add("the column " + std::string(storage::name_of(column)), read.error().text());
  }
  if (out.checked > 0 && out.damaged == 0 && !told)
    out.add("the mark that no vote was ever lost", "is missing, and no record says that some were");
  return out;
}

ScrubClass scrub_evidence(const storage::Reader& store, const ValidatorsOf& validators,
                          const crypto::Verifier& verifier) {
  ScrubClass out{"evidence", 0, 0, {}};
  const Status read = visit_column(store, Column::meta, [&](ByteView key, ByteView value) {
    if (as_text(key).starts_with(kOfTheLedger)) return;
    ++out.checked;
    if (Status good = whole_meta(key, value, validators, verifier); !good)
      out.add(ledger::key_in_words(key), good.error().text());
  });
  if (!read) out.add("the column meta", read.error().text());
  return out;
}

ValidatorsOf validators_in(const storage::Reader& store, const ledger::Genesis& genesis) {
  return [&store, genesis](Epoch epoch) -> std::optional<consensus::ValidatorSet> {
    if (epoch == Epoch{}) return ledger::validator_set(genesis);
    auto set = ledger::read_validators(store, epoch);
    if (!set || !*set || (*set)->epoch != epoch) return std::nullopt;
    return std::move(**set);
  };
}

std::vector<consensus::CheckpointCertificate> certificates_of_votes(const storage::Reader& store,
                                                                    const ValidatorsOf& validators,
                                                                    const crypto::Verifier& verifier) {
  std::vector<consensus::CheckpointCertificate> out;
  const SignatureCheck signatures(validators, verifier);
  (void)visit_column(store, Column::votes, [&](ByteView key, ByteView value) {
    const auto record = whole_record(Column::votes, key, value, signatures);
    const auto* stable = record ? std::get_if<consensus::StableRecord>(&*record) : nullptr;
    if (stable != nullptr && validators(stable->certificate.vote.epoch)) out.push_back(stable->certificate);
  });
  return out;
}

Result<OwnRecords> salvage_own_records(const storage::Reader* from, bool complete, storage::Store& to,
                                       const OwnPlace& place, const ValidatorsOf& validators,
                                       const crypto::Verifier& verifier) {
  return OwnSalvage(to, place, validators, verifier).run(from, complete);
}

}  // namespace tally::node
