// tally diff: where two nodes, snapshots or chain files part: the first block, its fields, the first key of the state,
// the transaction that wrote it, and who signed both.
#include "contracts/key_words.h"
#include "ledger/proofs.h"
#include "ledger/scrub.h"
#include "ledger/state_diff.h"
#include "tally/diff_codes.h"
#include "tally/diff_side.h"
#include "tally/files.h"
#include "tally/node_directory.h"
#include "tally/repair_commands.h"

namespace tally::cli {

namespace {

constexpr std::size_t kValueTextMax = 400;

struct DiffCommand {
  std::string left;
  std::string right;
  std::string genesis;
  std::string evidence;
  std::string work_directory;
  std::uint64_t keys = 10;
  bool blame = false;
};

struct FieldDifference {
  std::string field;
  std::string left;
  std::string right;
};
BOOST_DESCRIBE_STRUCT(FieldDifference, (), (field, left, right))

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}
std::string block_name(BlockHeight height) {
  return "block " + std::to_string(height.value);
}

class Difference {
 public:
  Difference(Context& context, const DiffCommand& command, const ledger::Genesis& genesis,
             std::unique_ptr<DiffSide> left, std::unique_ptr<DiffSide> right)
      : context_(context),
        command_(command),
        genesis_(genesis),
        verifier_(crypto::make_verifier(ledger::chain_id(genesis))),
        left_(std::move(left)),
        right_(std::move(right)) {}

  Outcome<void> run() {
    describe_sides();
    const ChainId chain = ledger::chain_id(genesis_);
    for (const auto* side : {left_.get(), right_.get()})
      if (side->facts().chain != chain)
        return finish(kDiffer,
                      side->facts().name + " is of chain " + side->facts().chain.hex() + ", not " + chain.hex());
    if (auto compared = compare_headers(); !compared) return compared.error();
    if (auto compared = compare_states(); !compared) return compared.error();
    if (command_.blame && parted_) {
      if (auto blamed = blame(); !blamed) return blamed.error();
    }
    if (parted_) return finish(kDiffer, "they part at " + block_name(*parted_));
    if (state_differs_) return finish(kDiffer, "the blocks are the same, and the states differ");
    const auto& left = left_->facts();
    const auto& right = right_->facts();
    if (left.head != right.head)
      return finish(kBehind, (left.head < right.head ? left : right).name + " is behind, and the same so far");
    return finish(ExitCode::ok, "the same");
  }

 private:
  void describe_sides() {
    Table table{{{"side"}, {"kind"}, {"head", Align::right}, {"final", Align::right}}, {}};
    for (const auto* side : {left_.get(), right_.get()}) {
      const auto& facts = side->facts();
      report_.json["sides"].push_back({{"name", facts.name},
                                       {"kind", facts.kind},
                                       {"chain", facts.chain.hex()},
                                       {"head", std::to_string(facts.head.value)},
                                       {"final", std::to_string(facts.final.value)}});
      table.rows.push_back(
          {facts.name, facts.kind, std::to_string(facts.head.value), std::to_string(facts.final.value)});
    }
    report_.sections.push_back({"", std::move(table)});
  }

  Outcome<bool> same_at(BlockHeight height) {
    const auto left = left_->digest(height);
    if (!left) return left.error();
    const auto right = right_->digest(height);
    if (!right) return right.error();
    return *left == *right;
  }

  // Headers name their parents: where they are the same, all below are.
  Outcome<void> compare_headers() {
    const BlockHeight lowest = std::max(left_->facts().lowest, right_->facts().lowest);
    const BlockHeight common = std::min(left_->facts().head, right_->facts().head);
    if (common < lowest)
      return Failure(make_error(ErrorCode::not_found, "", "the two have no height in common",
                                "sides that hold the header of one block: " + block_name(lowest) + " or later"));
    common_ = common;
    report_.json["common_height"] = std::to_string(common.value);
    auto same = same_at(common);
    if (!same) return same.error();
    if (*same) return {};
    same = same_at(lowest);
    if (!same) return same.error();
    BlockHeight good = lowest;
    BlockHeight bad = *same ? common : lowest;
    while (*same && bad.value - good.value > 1) {
      const BlockHeight middle{good.value + (bad.value - good.value) / 2};
      const auto here = same_at(middle);
      if (!here) return here.error();
      (*here ? good : bad) = middle;
    }
    parted_ = bad;
    return tell_block(bad, !*same && lowest.value > 0);
  }

  Outcome<void> tell_block(BlockHeight height, bool perhaps_below) {
    const auto left = left_->header(height);
    if (!left) return left.error();
    const auto right = right_->header(height);
    if (!right) return right.error();
    std::vector<FieldDifference> fields;
    const Json of_left = to_json(left->header);
    const Json of_right = to_json(right->header);
    for (const auto& [name, value] : of_left.items())
      if (value != of_right[name]) fields.push_back({name, text_of(value), text_of(of_right[name])});
    report_.json["first_difference"] = {
        {"height", std::to_string(height.value)}, {"or_before", perhaps_below}, {"fields", to_json(fields)}};
    Table table{{{"field"}, {left_->facts().name}, {right_->facts().name}}, {}};
    for (const auto& field : fields) table.rows.push_back({field.field, field.left, field.right});
    report_.sections.push_back(
        {"they part at " + block_name(height) + (perhaps_below ? ", or before it" : ""), std::move(table)});
    return tell_receipts(height);
  }

  // Which transaction of the block came out otherwise.
  Outcome<void> tell_receipts(BlockHeight height) {
    const auto left = left_->receipts(height);
    if (!left) return left.error();
    const auto right = right_->receipts(height);
    if (!right) return right.error();
    if (!*left || !*right) return {};
    const auto& ours = (*left)->receipts;
    const auto& theirs = (*right)->receipts;
    const std::size_t count = std::max(ours.size(), theirs.size());
    for (std::size_t i = 0; i < count; ++i) {
      if (i < ours.size() && i < theirs.size() && ours[i] == theirs[i]) continue;
      const auto told = [&](const std::vector<ledger::Receipt>& receipts) {
        return i < receipts.size() ? to_json(receipts[i]) : Json(nullptr);
      };
      const auto shown = [&](const std::vector<ledger::Receipt>& receipts) {
        return i < receipts.size()
                   ? receipts[i].transaction.hex() + ": " + std::string(tally::name_of(receipts[i].code))
                   : std::string("none");
      };
      report_.json["first_difference"]["transaction"] = {{"index", i}, {"left", told(ours)}, {"right", told(theirs)}};
      Table table{{{"transaction " + std::to_string(i)}, {left_->facts().name}, {right_->facts().name}}, {}};
      table.rows.push_back({"outcome", shown(ours), shown(theirs)});
      report_.sections.push_back({"the first outcome that differs", std::move(table)});
      return {};
    }
    return {};
  }

  Outcome<void> compare_states() {
    const auto left_height = left_->state_height();
    const auto right_height = right_->state_height();
    if (!left_height || !right_height) return {};
    if (*left_height != *right_height) {
      const std::string why = "a state is compared at one height only: " + left_->facts().name + " has that of " +
                              block_name(*left_height) + ", " + right_->facts().name + " that of " +
                              block_name(*right_height);
      report_.json["state"] = {{"compared", false}, {"why", why}};
      context_.note(why);
      return {};
    }
    const auto left = left_->state();
    if (!left) return left.error();
    const auto right = right_->state();
    if (!right) return right.error();
    const auto different = ledger::differing_leaves(**left, **right, command_.keys);
    if (!different) return Failure(different.error());
    state_differs_ = !different->empty();
    report_.json["state"] = {{"compared", true},
                             {"height", std::to_string(left_height->value)},
                             {"keys", Json::array()},
                             {"all", different->size() < command_.keys}};
    return tell_keys(**left, **right, *different);
  }

  Outcome<void> tell_keys(const storage::Reader& left, const storage::Reader& right,
                          const std::vector<ledger::LeafDifference>& different) {
    if (different.empty()) return {};
    std::vector<Digest> hashes;
    for (const auto& one : different) hashes.push_back(one.key_hash);
    auto keys = ledger::keys_of(left, hashes);
    if (!keys) return Failure(keys.error());
    const auto of_right = ledger::keys_of(right, hashes);
    if (!of_right) return Failure(of_right.error());
    for (std::size_t i = 0; i < different.size(); ++i) {
      if (!(*keys)[i]) (*keys)[i] = (*of_right)[i];
      if (auto told = tell_key(left, right, different[i], (*keys)[i], i == 0); !told) return told.error();
    }
    return {};
  }

  Outcome<void> tell_key(const storage::Reader& left, const storage::Reader& right,
                         const ledger::LeafDifference& difference, const std::optional<Bytes>& key, bool first) {
    if (!key) {
      report_.json["state"]["keys"].push_back({{"key_hash", difference.key_hash.hex()}});
      context_.warn("no key of the state has hash " + difference.key_hash.hex() + ": tally scrub tells more");
      return {};
    }
    const std::string words = contracts::key_in_words(*key, difference.left ? &left : &right);
    Json row = {{"key", to_hex(*key)}, {"words", words}};
    Table table{{{""}, {left_->facts().name}, {right_->facts().name}}, {}};
    std::vector<std::string> values{"value"};
    std::vector<std::string> writers{"last written by"};
    for (const auto& [name, reader, wanted] :
         {std::tuple("left", &left, &difference.left), std::tuple("right", &right, &difference.right)}) {
      auto told = tell_value(*reader, *key, *wanted);
      if (!told) return told.error();
      values.push_back(
          text_of(told->contains("record") ? (*told)["record"] : (*told)["value"]).substr(0, kValueTextMax));
      writers.push_back(told->contains("transaction")
                            ? (*told)["transaction"].get<std::string>() + " " + (*told)["which"].get<std::string>()
                            : "not told by the record");
      row[name] = std::move(*told);
    }
    report_.json["state"]["keys"].push_back(std::move(row));
    table.rows = {std::move(values), std::move(writers)};
    report_.sections.push_back({(first ? "the first key that differs: " : "another key: ") + words, std::move(table)});
    return {};
  }

  Outcome<Json> tell_value(const storage::Reader& reader, const Bytes& key, const std::optional<Digest>& wanted) {
    if (!wanted) return Json{{"value", "absent"}};
    const auto value = reader.get(storage::Column::state, key);
    if (!value) return Failure(value.error());
    if (!*value) return Json{{"value", "stands in the tree, and is missing: tally scrub"}};
    Json out = {{"value", to_hex(**value)}};
    if (auto record = contracts::value_json(key, **value); !record.is_null()) out["record"] = std::move(record);
    const auto writer = contracts::writer_of(reader, key, **value);
    if (!writer) return Failure(writer.error());
    if (*writer) {
      out["transaction"] = (*writer)->transaction.hex();
      out["which"] = (*writer)->what;
    }
    return out;
  }

  // The members of the epoch of the block at which they part, from whichever side leads to them.
  Outcome<consensus::ValidatorSet> members_of(Epoch epoch) {
    std::optional<Failure> last;
    for (auto* side : {left_.get(), right_.get()}) {
      auto links = side->epochs(epoch);
      if (!links) {
        last = links.error();
        continue;
      }
      if (links->size() > epoch.value) links->resize(epoch.value);
      auto members = ledger::follow_epochs(genesis_, *links, *verifier_);
      if (members && members->epoch == epoch) return std::move(members).value();
      last = members ? Failure(make_error(ErrorCode::not_found, side->facts().name,
                                          "does not lead to epoch " + std::to_string(epoch.value)))
                     : Failure(ExitCode::verification_failed, Error(members.error()).within(side->facts().name));
    }
    return *last;
  }

  struct Certified {
    ledger::CertifiedHeader header;
    bool good = false;
  };
  // Checked by the members.
  Outcome<Certified> certified_at(DiffSide& side, BlockHeight height, const consensus::ValidatorSet& members) {
    auto header = side.header(height);
    if (!header) return header.error();
    const bool good = header->certificate && header->header.epoch == members.epoch &&
                      ledger::check_final(header->header, *header->certificate, members, *verifier_);
    return Certified{std::move(*header), good};
  }

  // Two certificates of one height prove who signed both; else the side without one is named.
  Outcome<void> blame() {
    const auto parted = left_->header(*parted_);
    if (!parted) return parted.error();
    const auto members = members_of(parted->header.epoch);
    if (!members) return members.error();
    bool left_certified = false;
    bool right_certified = false;
    for (BlockHeight height = *parted_; height <= common_; height = height.next()) {
      const auto left = certified_at(*left_, height, *members);
      if (!left) return left.error();
      const auto right = certified_at(*right_, height, *members);
      if (!right) return right.error();
      left_certified = left_certified || left->good;
      right_certified = right_certified || right->good;
      if (left->good && right->good) return accuse(*members, *left, *right);
    }
    return name_the_odd_one(left_certified || left_->facts().final > common_,
                            right_certified || right_->facts().final > common_);
  }

  Outcome<void> accuse(const consensus::ValidatorSet& members, const Certified& left, const Certified& right) {
    const ledger::TrustedHead head{ledger::chain_id(genesis_), left.header.header, left.header.certificate, members};
    const auto proven = ledger::prove_fork(head, right.header);
    if (!proven) return Failure(proven.error());
    Table table{{{"replica", Align::right}, {"office"}, {"key"}, {"what"}}, {}};
    Json rows = Json::array();
    Json pieces = Json::array();
    for (const auto& one : *proven) {
      const auto& member = members.members[one.replica.value];
      const std::string what = consensus::describe(one);
      rows.push_back(
          {{"replica", one.replica.value}, {"office", member.name}, {"key", member.key.hex()}, {"what", what}});
      pieces.push_back({{"what", what}, {"bytes", to_hex(encode(one))}});
      table.rows.push_back({std::to_string(one.replica.value), member.name, member.key.hex(), what});
    }
    report_.json["blame"] = rows;
    report_.sections.push_back({"signed both, at " + block_name(left.header.header.height), std::move(table)});
    if (command_.evidence.empty()) return {};
    return write_new_file(command_.evidence, Json{{"evidence", pieces}}.dump(2) + "\n", Privacy::shared);
  }

  Outcome<void> name_the_odd_one(bool left_certified, bool right_certified) {
    std::string what = "neither side shows a certificate at or above " + block_name(*parted_) + ": nobody is to blame";
    if (left_certified != right_certified) {
      const auto& odd = (left_certified ? right_ : left_)->facts();
      what = odd.name + " holds another " + block_name(*parted_) +
             " than a quorum certified: that node computed it otherwise, or its disk did; nobody signed twice";
      report_.json["odd_one"] = odd.name;
    } else if (left_certified) {
      what = "both are certified, and not at one height: ask both when they have moved on, for who signed both";
    }
    report_.json["blame"] = Json::array();
    report_.json["blame_says"] = what;
    context_.note(what);
    return {};
  }

  Outcome<void> finish(ExitCode exit, const std::string& verdict) {
    report_.json["verdict"] = exit == ExitCode::ok ? "same" : exit == kBehind ? "behind" : "differ";
    report_.json["says"] = verdict;
    context_.emit(report_);
    if (exit == ExitCode::ok) {
      context_.note("They are the same.");
      return {};
    }
    return Failure(exit, make_error(ErrorCode::root_mismatch, "", verdict));
  }

  Context& context_;
  const DiffCommand& command_;
  const ledger::Genesis& genesis_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<DiffSide> left_;
  std::unique_ptr<DiffSide> right_;
  BlockHeight common_;
  std::optional<BlockHeight> parted_;
  bool state_differs_ = false;
  Report report_;
};

Outcome<void> diff(Context& context, const DiffCommand& command) {
  if (!command.evidence.empty() && !command.blame)
    return usage_failure("--evidence", "is given without --blame", "--blame --evidence FILE");
  if (command.left == command.right) return usage_failure("B", "is A again", "another node, snapshot or file");
  const auto genesis = read_genesis_file(command.genesis, context.world());
  if (!genesis) return genesis.error();
  const DiffPlaces places{*genesis, command.work_directory};
  auto left = open_diff_side(context, command.left, places);
  if (!left) return left.error();
  auto right = open_diff_side(context, command.right, places);
  if (!right) return right.error();
  return Difference(context, command, *genesis, *std::move(left), *std::move(right)).run();
}

}  // namespace

void register_diff(Program& program) {
  auto command = std::make_shared<DiffCommand>();
  program.root()
      .command("diff", "Find where two nodes, snapshots or chain files part",
               {"tally diff http://10.0.0.1:8080 http://10.0.0.2:8080 --genesis genesis.json",
                "tally diff a/node.toml b/node.toml --genesis genesis.json --json",
                "tally diff snapshot chain.tally --genesis genesis.json",
                "tally diff http://10.0.0.1:8080 chain.tally --genesis genesis.json --blame --evidence fork.json"},
               [command](Context& context) { return diff(context, *command); })
      .argument("A", command->left, "A node's URL or node.toml, a snapshot's or archive's directory, or a chain file")
      .argument("B", command->right, "The other one")
      .text("--genesis", "FILE", command->genesis, "The genesis document of their chain", Need::required)
      .number("--keys", "N", command->keys, 1, 1000, "How many keys that differ are shown")
      .flag("--blame", command->blame, "Name the members whose signatures stand under both")
      .text("--evidence", "FILE", command->evidence, "With --blame: a new file with what proves it")
      .text("--work-dir", "DIR", command->work_directory, "Where the state of a snapshot is unpacked meanwhile");
}

}  // namespace tally::cli
