#include "devnet/proof_bench.h"

#include <algorithm>

#include "contracts/history_terms.h"
#include "contracts/proof_story.h"
#include "crypto/digest.h"
#include "devnet/bench.h"
#include "devnet/bench_chain.h"
#include "tally/proof_view.h"
#include "tally/replay_store.h"

namespace tally::devnet {

namespace {

using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

constexpr const char* kRulebook = "qingzhen";
constexpr const char* kRule = "QZ7";
constexpr const char* kBook = "credit";
constexpr const char* kGate = "loan";
constexpr std::uint64_t kLastEntries = 10;  // as `tally prove history` asks for
constexpr std::uint64_t kMinuteMs = 60'000;
constexpr std::size_t kAwardsPerTransaction = 500;
constexpr crypto::Domain kEvidenceDomain{"tally.evidence"};
// The last blocks hold transactions of one operation, as most are: what receipts are proved of.
constexpr std::uint64_t kSingleBlocks = 32;
constexpr std::uint64_t kSinglesPerBlock = 100;

Cast county() {
  Cast cast;
  cast.add_unit("bench", contracts::UnitKind::county, "Bench county");
  cast.add_unit("bench/village", contracts::UnitKind::village, "Village");
  cast.add_officer("recorder", "bench/village", {contracts::Role::registrar, contracts::Role::recorder}, "recorder");
  cast.add_rulebook(qingzhen_rulebook());
  return cast;
}

contracts::Award award_of(const BenchChain& chain, const SubjectHandle& household, std::uint64_t paper) {
  contracts::Award award;
  award.rulebook = kRulebook;
  award.subject = household;
  award.rule = kRule;
  award.event_time = TimestampMs{chain.now().value - kMinuteMs};
  award.evidence = crypto::digest(kEvidenceDomain, encode(paper));
  return award;
}

Status add_awards(BenchChain& chain, const std::vector<SubjectHandle>& households, std::uint64_t round) {
  for (std::size_t first = 0; first < households.size(); first += kAwardsPerTransaction) {
    std::vector<contracts::Operation> operations;
    for (std::size_t i = first; i < std::min(first + kAwardsPerTransaction, households.size()); ++i)
      operations.emplace_back(award_of(chain, households[i], round));
    if (auto added = chain.add(operations); !added) return added;
  }
  return chain.close();
}

Status add_singles(BenchChain& chain, const std::vector<SubjectHandle>& households, std::uint64_t paper) {
  std::size_t turn = 0;
  for (std::uint64_t block = 0; block < kSingleBlocks; ++block) {
    for (std::uint64_t i = 0; i < kSinglesPerBlock; ++i) {
      const auto& household = households[turn++ % households.size()];
      if (auto added = chain.add({award_of(chain, household, paper++)}); !added) return added;
    }
    if (auto closed = chain.close(); !closed) return closed;
  }
  return {};
}

// Makes the proof of the run's account or transaction.
using Make = std::function<Result<ledger::ProofDocument>(std::uint64_t run)>;

class Measure {
 public:
  explicit Measure(const ledger::Genesis& genesis)
      : genesis_(genesis), texts_(genesis), verifier_(crypto::make_verifier(ledger::chain_id(genesis))) {}

  Result<ProofFigures> of(const std::string& kind, std::uint64_t runs, const Make& make) {
    ProofFigures out;
    out.kind = kind;
    std::vector<std::size_t> bytes;
    std::vector<nanoseconds> made;
    std::vector<nanoseconds> verified;
    std::vector<nanoseconds> rest;
    for (std::uint64_t run = 0; run < runs; ++run) {
      const auto started = Clock::now();
      const auto document = make(run);
      if (!document) return Error(document.error()).within(kind);
      const Bytes file = ledger::encode_proof_file(*document);
      made.push_back(Clock::now() - started);
      bytes.push_back(file.size());
      const auto begun = Clock::now();
      const auto checked = cli::check_proof(file, genesis_, texts_);
      verified.push_back(Clock::now() - begun);
      if (!checked) return make_error(ErrorCode::internal, kind, "a proof does not hold: " + checked.error().what);
      const auto signatures = signatures_alone(*document, checked->verified.validators);
      if (!signatures) return Error(signatures.error()).within(kind);
      rest.push_back(std::max(nanoseconds(0), verified.back() - *signatures));
      out.signatures = checked->verified.validator_signatures + checked->verified.client_signatures;
    }
    std::sort(bytes.begin(), bytes.end());
    out.bytes_p50 = bytes[bytes.size() / 2];
    out.bytes_most = bytes.back();
    out.made = spread_of(std::move(made));
    out.verified = spread_of(std::move(verified));
    out.without_signatures = spread_of(std::move(rest));
    return out;
  }

 private:
  // The time that the signatures of the document take, checked by the same functions.
  Result<nanoseconds> signatures_alone(const ledger::ProofDocument& document,
                                       const consensus::ValidatorSet& validators) const {
    const auto started = Clock::now();
    const BlockHeader& header = document.later.empty() ? document.header : document.later.back();
    if (auto good = ledger::check_final(header, document.certificate, validators, *verifier_); !good)
      return good.error();
    if (const auto* receipt = std::get_if<ledger::ReceiptContent>(&document.content); receipt && receipt->transaction)
      if (auto good = ledger::check_signatures(*receipt->transaction, receipt->receipt.transaction); !good)
        return good.error();
    return Clock::now() - started;
  }

  using BlockHeader = ledger::BlockHeader;
  const ledger::Genesis& genesis_;
  contracts::RulebookTexts texts_;
  std::unique_ptr<crypto::Verifier> verifier_;
};

// The accounts of the runs lie far apart, so that what one run read is of no use to the next.
std::size_t spread_index(std::uint64_t run, std::size_t count) {
  return static_cast<std::size_t>(run * 7919 % count);
}

Status measure_all(const BenchChain& chain, const storage::Reader& store, const std::vector<SubjectHandle>& households,
                   ProofBenchResult& out) {
  const auto view = chain.chain().final_view();
  if (view == nullptr) return make_error(ErrorCode::internal, "chain", "has no final block");
  const auto account_of = [&](std::uint64_t run) {
    return contracts::AccountId{kRulebook, kBook, households[spread_index(run, households.size())]};
  };
  const auto state = [&](const ledger::StateWanted& wanted) {
    return ledger::prove_state(chain.chain().id(), *view, wanted, contracts::history_of);
  };
  const contracts::Queries queries;
  const std::pair<const char*, Make> kinds[] = {
      {"account", [&](std::uint64_t run) { return state(contracts::account_wanted(account_of(run), std::nullopt)); }},
      {"history",
       [&](std::uint64_t run) {
         return state(contracts::account_wanted(account_of(run), ledger::HistoryWanted{std::nullopt, kLastEntries}));
       }},
      {"gate",
       [&](std::uint64_t run) -> Result<ledger::ProofDocument> {
         const auto wanted = contracts::gate_wanted(queries, *view->reader, account_of(run), kGate, view->header.time);
         if (!wanted) return wanted.error();
         return state(*wanted);
       }},
      {"receipt",
       [&](std::uint64_t run) {
         const BlockHeight height{view->height.value - run % kSingleBlocks};
         return ledger::prove_transaction(chain.chain(), store, height,
                                          static_cast<std::uint32_t>(run % kSinglesPerBlock));
       }},
  };
  Measure measure(chain.chain().genesis());
  for (const auto& [kind, make] : kinds) {
    auto figures = measure.of(kind, out.runs, make);
    if (!figures) return figures.error();
    out.figures.push_back(*std::move(figures));
  }
  return {};
}

}  // namespace

Spread spread_of(std::vector<nanoseconds> times) {
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t percent) {
    return std::chrono::duration<double, std::micro>(times[(times.size() - 1) * percent / 100]).count();
  };
  return {at(50), at(99)};
}

Result<ProofBenchResult> run_proof_bench(const ProofBenchOptions& options) {
  crypto::initialise();
  ProofBenchResult out;
  out.accounts = options.accounts;
  out.entries = options.entries;
  out.runs = options.runs;
  auto place = cli::ReplayStore::open(options.work_dir.string());
  if (!place) return make_error(place.error().code, "--work-dir", place.error().what);
  BenchChainOptions made;
  made.name = "proof bench";
  made.cast = county();
  made.chain.sync = false;
  const auto started = Clock::now();
  options.progress("making " + std::to_string(options.accounts) + " accounts");
  auto chain = BenchChain::open(place->store(), std::move(made));
  if (!chain) return chain.error();
  const auto households = bench_households(options.accounts);
  if (auto added = (*chain)->add_households(households, kRulebook); !added) return added.error();
  for (std::uint64_t round = 0; round < options.entries; ++round) {
    options.progress("entry " + std::to_string(round + 1) + " of " + std::to_string(options.entries) + " of each");
    if (auto added = add_awards(**chain, households, round); !added) return added.error();
  }
  if (auto added = add_singles(**chain, households, options.entries); !added) return added.error();
  out.build_seconds = std::chrono::duration<double>(Clock::now() - started).count();
  options.progress("measuring");
  out.verifications_per_second_core = measure_verifications();
  if (auto measured = measure_all(**chain, place->store(), households, out); !measured) return measured.error();
  return out;
}

}  // namespace tally::devnet
