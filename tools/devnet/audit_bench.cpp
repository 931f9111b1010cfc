#include "devnet/audit_bench.h"

#include <fstream>
#include <thread>

#include "common/limits.h"
#include "contracts/engine.h"
#include "crypto/digest.h"
#include "devnet/bench.h"
#include "devnet/bench_load.h"
#include "ledger/chain_file.h"
#include "tally/replay_store.h"

namespace tally::devnet {

namespace {

constexpr std::size_t kValidators = 4;
constexpr std::size_t kSigners = 3;
constexpr std::uint64_t kBlockMs = 1000;
constexpr std::uint64_t kValidityMs = 24ULL * 3600 * 1000;
constexpr std::uint64_t kHourMs = 3600ULL * 1000;
constexpr TimestampMs kBegin{1772352000000};  // 2026-03-01T08:00:00Z
constexpr std::size_t kHouseholdsPerTransaction = limits::kTransactionOperationsMax / 2;

crypto::SecretKey numbered_key(Byte number) {
  std::array<Byte, 32> seed{};
  seed[0] = number;
  seed[1] = 0xbe;
  return crypto::SecretKey::from_seed(seed);
}

// A chain with its four validators' keys, which writes what it executes.
class Maker {
 public:
  static Result<std::unique_ptr<Maker>> open(std::ostream& out, storage::Store& store) {
    auto maker = std::unique_ptr<Maker>(new Maker(out));
    if (auto opened = maker->begin(store); !opened) return opened.error();
    return maker;
  }

  Status add(std::vector<contracts::Operation> operations) {
    ledger::SignedTransaction transaction;
    auto& body = transaction.body;
    body.chain = chain_->id();
    body.author = officer().key.public_key();
    body.client_id = client_id(++transactions_);
    body.valid_until = time_.plus(kValidityMs);
    body.mode = ledger::Mode::independent;
    for (const auto& operation : operations) body.operations.push_back(contracts::encode_operation(operation));
    add_signature(transaction, officer().key);
    bytes_ += encode(transaction).size();
    operations_ += operations.size();
    batch_.transactions.push_back(std::move(transaction));
    const bool full = bytes_ + limits::kTransactionBytesMax > limits::kBatchBytesMax ||
                      operations_ + limits::kTransactionOperationsMax > limits::kBatchOperationsMax;
    return full ? close() : Status{};
  }
  Status close() {
    if (batch_.transactions.empty()) return {};
    time_ = time_.plus(kBlockMs);
    batch_.proposed_time = time_;
    const Bytes bytes = encode(batch_);
    const auto applied =
        chain_->apply(chain_->head().header.height.next(), &batch_, bytes, consensus::batch_digest(bytes));
    if (!applied) return applied.error();
    for (const auto& receipt : applied->receipts.receipts)
      for (const auto& result : receipt.results)
        if (result.code != ErrorCode::ok)
          return make_error(ErrorCode::internal, result.rule,
                            "an operation of the bench was refused: " + result.message);
    batch_.transactions.clear();
    bytes_ = 0;
    operations_ = 0;
    return writer_.add({applied->header, bytes, certificate(applied->header)});
  }
  Status finish() {
    if (auto closed = close(); !closed) return closed;
    return writer_.finish();
  }
  [[nodiscard]] TimestampMs now() const { return time_; }
  [[nodiscard]] const Officer& officer() const { return cast_.officers.front(); }

 private:
  explicit Maker(std::ostream& out) : writer_(out), cast_(bench_cast(1)) {}

  Status begin(storage::Store& store) {
    ledger::Genesis genesis;
    genesis.name = "audit bench";
    genesis.purpose = ledger::Purpose::development;
    genesis.time = kBegin;
    genesis.window = limits::kWatermarkWindow;
    for (std::size_t i = 0; i < kValidators; ++i)
      genesis.validators.push_back({"office " + std::to_string(i), numbered_key(static_cast<Byte>(i)).public_key()});
    for (const auto& operation : cast_.operations) genesis.operations.push_back(contracts::encode_operation(operation));
    const ChainId chain = ledger::chain_id(genesis);
    for (std::size_t i = 0; i < kSigners; ++i)
      signers_.push_back(crypto::make_signer(numbered_key(static_cast<Byte>(i)), chain));
    verifier_ = crypto::make_verifier(chain);
    ledger::ChainOptions options;
    options.final_views = false;
    options.keep_blocks = false;
    options.sync = false;
    options.write_back = ledger::WriteBack::when_full;
    auto opened = ledger::Chain::open(store, genesis, engine_, *verifier_, options);
    if (!opened) return opened.error();
    chain_ = std::move(opened).value();
    return writer_.begin(genesis);
  }
  consensus::CheckpointCertificate certificate(const ledger::BlockHeader& header) const {
    consensus::CheckpointCertificate out;
    out.vote = {header.epoch, header.height, ledger::digest_of(header)};
    for (std::uint32_t i = 0; i < kSigners; ++i)
      out.signatures.push_back({ReplicaIndex{i}, sign_checkpoint(out.vote, *signers_[i])});
    return out;
  }
  static ClientId client_id(std::uint64_t number) {
    ClientId out;
    for (std::size_t i = 0; i < 8; ++i, number >>= 8) out.bytes[i] = static_cast<Byte>(number);
    return out;
  }

  ledger::ChainFileWriter writer_;
  Cast cast_;
  contracts::RuleEngine engine_;
  std::vector<std::unique_ptr<crypto::Signer>> signers_;
  std::unique_ptr<crypto::Verifier> verifier_;
  std::unique_ptr<ledger::Chain> chain_;
  ledger::Batch batch_;
  TimestampMs time_ = kBegin;
  std::uint64_t transactions_ = 0;
  std::size_t bytes_ = 0;
  std::size_t operations_ = 0;
};

Status add_households(Maker& maker, const std::vector<SubjectHandle>& households) {
  for (std::size_t first = 0; first < households.size(); first += kHouseholdsPerTransaction) {
    std::vector<contracts::Operation> operations;
    for (std::size_t i = first; i < std::min(first + kHouseholdsPerTransaction, households.size()); ++i) {
      operations.emplace_back(contracts::RegisterSubject{households[i], contracts::SubjectKind::household,
                                                         maker.officer().unit, Digest{{1}}, std::nullopt,
                                                         std::nullopt});
      operations.emplace_back(contracts::OpenAccount{kBenchRulebook, households[i]});
    }
    if (auto added = maker.add(std::move(operations)); !added) return added;
  }
  return maker.close();
}

Status add_awards(Maker& maker, const std::vector<SubjectHandle>& households, const AuditBenchOptions& options) {
  std::size_t turn = 0;
  for (std::uint64_t i = 0; i < options.transactions; ++i) {
    std::vector<contracts::Operation> operations;
    operations.reserve(options.operations);
    for (std::uint64_t j = 0; j < options.operations; ++j) {
      contracts::Award award;
      award.rulebook = kBenchRulebook;
      award.subject = households[turn++ % households.size()];
      award.rule = "B1";
      award.event_time = TimestampMs{maker.now().value - kHourMs / 60};
      operations.emplace_back(award);
    }
    if (auto added = maker.add(std::move(operations)); !added) return added;
    if ((i + 1) % (options.transactions / 10 + 1) == 0) options.progress(std::to_string(i + 1) + " transactions made");
  }
  return maker.finish();
}

// The kernel's mark of the most memory that this process has had.
double resident_peak_mib() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    if (word != "VmHWM:") continue;
    double kib = 0;
    in >> kib;
    return kib / 1024;
  }
  return 0;
}

void forget_resident_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace

Status make_bench_chain(const AuditBenchOptions& options) {
  auto replay = cli::ReplayStore::open(options.work_dir.string());
  if (!replay) return make_error(replay.error().code, "--work-dir", replay.error().what);
  const auto part = options.chain.string() + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  auto maker = Maker::open(out, replay->store());
  if (!maker) return maker.error();
  std::vector<SubjectHandle> households(options.households);
  for (std::size_t i = 0; i < households.size(); ++i) {
    const Digest digest = crypto::digest(crypto::kHandleDomain, encode(static_cast<std::uint64_t>(i)));
    std::copy_n(digest.bytes.begin(), households[i].bytes.size(), households[i].bytes.begin());
  }
  if (auto added = add_households(**maker, households); !added) return added;
  if (auto added = add_awards(**maker, households, options); !added) return added;
  out.close();
  std::error_code failed;
  std::filesystem::rename(part, options.chain, failed);
  if (!out || failed)
    return make_error(ErrorCode::io_failed, options.chain.string(), "cannot be written", "a writable place with room");
  return {};
}

Result<AuditBenchResult> run_audit_bench(const AuditBenchOptions& options) {
  crypto::initialise();
  std::error_code failed;
  if (!std::filesystem::exists(options.chain, failed)) {
    options.progress("making " + options.chain.string());
    if (auto made = make_bench_chain(options); !made) return made.error();
  }
  AuditBenchResult result;
  result.cores = std::max(1U, std::thread::hardware_concurrency());
  result.chain_bytes = std::filesystem::file_size(options.chain, failed);
  options.progress("measuring verifications");
  result.verifications_per_second_core = measure_verifications();
  auto replay = cli::ReplayStore::open(options.work_dir.string());
  if (!replay) return make_error(replay.error().code, "--work-dir", replay.error().what);
  std::ifstream in(options.chain, std::ios::binary);
  ledger::AuditOptions audit;
  audit.store = &replay->store();
  audit.store_unread = true;
  contracts::RuleEngine engine;
  options.progress("auditing");
  forget_resident_peak();
  const auto started = std::chrono::steady_clock::now();
  result.verdict = ledger::audit_chain_file(in, engine, audit);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.resident_peak_mib = resident_peak_mib();
  if (!result.verdict.passed)
    return make_error(ErrorCode::internal, options.chain.string(), "does not hold",
                      "a chain that this bench has made whole");
  return result;
}

}  // namespace tally::devnet
