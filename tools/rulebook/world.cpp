#include "rulebook/world.h"

#include <charconv>

#include "common/time.h"
#include "crypto/digest.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

constexpr crypto::Domain kScenarioDomain{"tally.scenario"};
const std::string kClock = "the scenario's clock";
constexpr std::uint64_t kLeapDaysMax = 3000;
constexpr std::size_t kStepsMax = 100000;  // of the clock, in one statement

// "operations[7]" in the field of a genesis that was refused.
std::optional<std::size_t> operation_in(std::string_view field) {
  constexpr std::string_view kName = "operations[";
  const auto at = field.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t index = 0;
  const auto [stop, failed] = std::from_chars(field.data() + at + kName.size(), field.data() + field.size(), index);
  return failed == std::errc{} ? std::optional(index) : std::nullopt;
}

std::string refusal_text(const ledger::OperationResult& result) {
  return "refused " + std::string(name_of(result.code)) + ": " + result.message;
}

}  // namespace

World::World(std::string rulebook, RulebookId id, ReadFile read_file, std::unique_ptr<TestChain> chain)
    : read_file_(std::move(read_file)), test_chain_(std::move(chain)), rulebook_id_(std::move(id)) {
  rulebooks_.push_back(rulebook_id_);
  set_up(DeployRulebook{std::move(rulebook)});
}

World::~World() = default;

void World::stop(std::string expected, std::string seen) {
  throw Stopped{std::move(expected), std::move(seen), 0, nullptr};
}
void World::stop_at(const Word& word, std::string expected, std::string seen) {
  throw Stopped{std::move(expected), std::move(seen), word.column, nullptr};
}
void World::expect_equal(const std::string& wanted, const std::string& seen, const std::string& what) {
  if (wanted != seen) stop(what + " " + wanted, seen);
}

crypto::SecretKey World::key_of(const std::string& name) const {
  const auto found = keys_.find(name);
  if (found != keys_.end()) return found->second;
  const crypto::Seed seed = crypto::digest(kScenarioDomain, as_bytes("key"), as_bytes(name)).bytes;
  return keys_.emplace(name, crypto::SecretKey::from_seed(seed)).first->second;
}

void World::set_up(Operation operation) {
  genesis_.push_back(encode_operation(operation));
  genesis_lines_.push_back(line_);
}

void World::begin(TimestampMs time) {
  if (units_.empty()) stop("a unit before the first `on`", "none was set up");
  const UnitId& first = units_.begin()->second;
  const PersonId clock = *PersonId::from_view(
      crypto::digest(kScenarioDomain, as_bytes("person"), as_bytes(kClock)).view().first(PersonId::kSize));
  set_up(RegisterOfficer{clock, key_of(kClock).public_key(), first.substr(0, first.find('/')), {Role::clock}, kClock});
  if (auto begun = test_chain_->begin(time, genesis_); !begun) {
    const auto index = operation_in(begun.error().field);
    if (!index) stop("the chain to begin", begun.error().text());
    const ScriptLine* line = *index < genesis_lines_.size() ? genesis_lines_[*index] : nullptr;
    throw Stopped{"the village to be set up so", begun.error().problem, 0, line};
  }
}

TimestampMs World::now() const {
  return begun() ? chain().head().header.time : TimestampMs{};
}

std::optional<TimestampMs> World::next_due() {
  return must(test_chain_->local().chain().next_due());
}

ledger::OperationResult World::submit(const Operation& operation, const std::vector<std::string>& signers) {
  ledger::SignedTransaction transaction;
  transaction.body.chain = chain().id();
  transaction.body.author = key_of(signers.front()).public_key();
  ++transactions_;
  for (std::size_t i = 0; i < sizeof transactions_; ++i)
    transaction.body.client_id.bytes[i] = static_cast<Byte>(transactions_ >> (8 * i));
  transaction.body.valid_until = test_chain_->local().next_block_time().plus(kDayMs);
  transaction.body.operations.push_back(encode_operation(operation));
  for (const auto& signer : signers) ledger::add_signature(transaction, key_of(signer));
  if (auto form = ledger::check_form(transaction, chain().id(), encode(transaction).size()); !form)
    stop("a transaction that nodes take in", form.error().text());
  const auto receipt = test_chain_->apply(transaction);
  if (!receipt) stop("the chain to go on", receipt.error().text());
  if (receipt->results.empty()) return {receipt->code, {}, receipt->message, {}};
  return receipt->results.front();
}

void World::move_clock(TimestampMs time) {
  const auto moved = submit(AdvanceClock{time}, {kClock});
  // Nodes whose view changes make blocks of their own, and may have reached that time already.
  if (moved.code != ErrorCode::ok && now() < time) stop("the clock to move", refusal_text(moved));
}

void World::advance(TimestampMs time) {
  for (TimestampMs at = now(); at < time;) {
    at = std::min(time, at.plus(kLeapDaysMax * kDayMs));
    move_clock(at);
  }
  // The clock is set; a block at that time comes of its own accord only if something is due then.
  if (now() < time) move_clock(time);
}

void World::go_to(TimestampMs time) {
  if (!begun()) return begin(time);
  if (time < now())
    stop("a time from " + format_time(now()) + " on", format_time(time) + ": the clock never goes back");
  for (std::size_t steps = 0; steps < kStepsMax; ++steps) {
    const auto due = next_due();
    if (!due || *due > time) return advance(time);
    advance(*due);
  }
  stop("everything that falls due to be done", "after " + std::to_string(kStepsMax) + " steps more is due");
}

std::optional<OperationOutput> World::judge(const ledger::OperationResult& result) const {
  const std::string refused = with_names(refusal_text(result));
  if (!line_->refusal) {
    if (result.code != ErrorCode::ok) stop("it to be applied", refused);
    return must(decode_output(result.output));
  }
  const auto& wanted = *line_->refusal;
  const std::string expected =
      "refused " + wanted.code + (wanted.part.empty() ? "" : ", with \"" + wanted.part + "\" in its message");
  if (result.code == ErrorCode::ok) stop(expected, "it was applied");
  if (tally::name_of(result.code) != wanted.code || refused.find(wanted.part) == std::string::npos)
    stop(expected, refused);
  return std::nullopt;
}

void World::check_signer(const Word& name) const {
  const auto subject = subjects_.find(name.text);
  if (subject == subjects_.end()) return (void)officer(name);
  if (!subject->second.has_key) stop_at(name, "a subject that signs, set up with key", name.text + " has no key");
}

void World::act(const Match& match, Operation operation) {
  std::vector<std::string> signers;
  for (const char* slot : {"WHO", "OFFICER"}) {
    if (!match.has(slot)) continue;
    for (const auto& name : match.list(slot)) {
      check_signer(name);
      signers.push_back(name.text);
    }
  }
  if (match.has("NAME")) check_free(match["NAME"]);
  const auto output = judge(submit(operation, signers));
  if (!output || !match.has("NAME")) return;
  if (output->work) {
    made_[match["NAME"].text] = made_by_work(match, *output);
    return;
  }
  if (output->proposal) proposals_[match["NAME"].text] = output->proposal->number;
  const auto account = account_of(match);
  if (!account) return;
  made_[match["NAME"].text] = {*account, output->case_number, output->entry};
}

}  // namespace tally::rulebook
