// A node joins a county's chain by snapshot: how long making, checking and installing take, and how much memory.
//   build/test/bench_snapshot [ACCOUNTS] [ENTRIES]     150,000 accounts with 4 entries each if not said
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/resource.h>

#include "common/time.h"
#include "contracts/engine.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "ledger/snapshot.h"
#include "storage/rocks_store.h"

namespace {

using namespace tally;
using namespace tally::contracts;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMibBytes = 1024 * 1024;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

long memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

template <class Fixed>
Fixed numbered(std::uint64_t number) {
  Fixed out;
  std::memcpy(out.bytes.data(), &number, sizeof number);
  out.bytes.back() = 1;
  return out;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return std::move(result).value();
}
void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().text());
}

std::string rulebook_text() {
  std::ifstream file(std::string(TALLY_SOURCE_DIR) + "/rulebooks/qingzhen/rulebook.json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A county whose accounts have entries, as a chain of one validator.
struct County {
  crypto::SecretKey office;
  ledger::Genesis genesis;
  std::unique_ptr<crypto::Verifier> verifier;
  RuleEngine engine;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<ledger::Chain> chain;
  std::uint64_t transactions = 0;

  static crypto::SecretKey key(Byte first) {
    crypto::Seed seed{};
    seed[0] = first;
    return crypto::SecretKey::from_seed(seed);
  }

  County(std::uint64_t accounts, const std::filesystem::path& directory) : office(key(7)) {
    genesis.name = "bench";
    genesis.purpose = ledger::Purpose::development;
    genesis.time = parse_time("2026-01-01").value();
    genesis.window = 32;
    genesis.validators = {{"office", office.public_key()}};
    genesis.operations = {encode_operation(RegisterUnit{"county", UnitKind::county, "county"}),
                          encode_operation(RegisterOfficer{
                              numbered<PersonId>(1), key(1).public_key(), "county", {Role::recorder}, "recorder"}),
                          encode_operation(DeployRulebook{rulebook_text()})};
    for (std::uint64_t i = 1; i <= accounts; ++i) {
      const auto subject = numbered<SubjectHandle>(i);
      genesis.operations.push_back(encode_operation(
          RegisterSubject{subject, SubjectKind::household, "county", numbered<Digest>(i), std::nullopt, std::nullopt}));
      genesis.operations.push_back(encode_operation(OpenAccount{"qingzhen", subject}));
    }
    verifier = crypto::make_verifier(ledger::chain_id(genesis));
    store = must(storage::open_rocks_store(directory / "from", {}));
    chain = must(ledger::Chain::open(*store, genesis, engine, *verifier));
  }

  void certify_head() {
    const auto header = chain->head().header;
    consensus::CheckpointCertificate certificate;
    certificate.vote = {header.epoch, header.height, ledger::digest_of(header)};
    const auto signer = crypto::make_signer(office, chain->id());
    certificate.signatures.push_back({ReplicaIndex{0}, consensus::sign_checkpoint(certificate.vote, *signer)});
    must(chain->record_certificate(certificate));
  }

  // One award for each of the accounts [first, first + count) in a block; every one with a document of its own.
  void award(std::uint64_t first, std::uint64_t count, std::uint64_t round) {
    ledger::Batch batch;
    batch.proposed_time = genesis.time.plus(1 + chain->head().header.height.value);
    for (std::uint64_t at = first; at < first + count; at += limits::kTransactionOperationsMax) {
      ledger::SignedTransaction transaction;
      transaction.body.chain = chain->id();
      transaction.body.author = key(1).public_key();
      transaction.body.client_id = numbered<ClientId>(++transactions);
      transaction.body.valid_until = batch.proposed_time.plus(1000 * 3600);
      const std::uint64_t end = std::min<std::uint64_t>(first + count, at + limits::kTransactionOperationsMax);
      for (std::uint64_t i = at; i < end; ++i)
        transaction.body.operations.push_back(encode_operation(Award{"qingzhen",
                                                                     numbered<SubjectHandle>(i),
                                                                     "QZ7",
                                                                     1,
                                                                     std::nullopt,
                                                                     genesis.time,
                                                                     {},
                                                                     numbered<Digest>(round << 32 | i)}));
      add_signature(transaction, key(1));
      batch.transactions.push_back(std::move(transaction));
    }
    const Bytes bytes = encode(batch);
    const auto made = must(
        chain->apply(chain->head().header.height.next(), &batch, bytes, crypto::digest(crypto::kBatchDomain, bytes)));
    for (const auto& receipt : made.receipts.receipts)
      if (receipt.code != ErrorCode::ok) throw std::runtime_error("an award was refused: " + receipt.message);
    certify_head();
  }
};

std::uint64_t bytes_below(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

void install(const County& county, const std::filesystem::path& from, const std::filesystem::path& into) {
  const auto manifest = must(ledger::read_manifest(from));
  auto start = Clock::now();
  must(ledger::check_manifest(manifest, county.genesis, *county.verifier));
  std::printf("manifest checked in %.3f s\n", seconds_since(start));
  start = Clock::now();
  for (std::size_t i = 0; i < manifest.chunks(); ++i)
    must(ledger::check_chunk(manifest, i, must(ledger::read_chunk(from, manifest, i)), county.engine));
  std::printf("chunks checked in %.1f s\n", seconds_since(start));
  start = Clock::now();
  {
    auto store = must(storage::open_rocks_store(into, {.bulk_load = true}));
    auto installer = must(ledger::SnapshotInstaller::begin(*store, county.genesis, manifest, county.engine));
    for (std::size_t i = 0; i < manifest.chunks(); ++i)
      must(installer.add(i, must(ledger::read_chunk(from, manifest, i))));
    std::printf("  chunks installed after %.1f s\n", seconds_since(start));
    must(installer.finish());
    std::printf("  finished after %.1f s\n", seconds_since(start));
  }
  const double installed = seconds_since(start);
  auto store = must(storage::open_rocks_store(into, {}));
  RuleEngine engine;
  const auto chain = must(ledger::Chain::open(*store, county.genesis, engine, *county.verifier));
  if (chain->head().digest != county.chain->head().digest || chain->final_view() == nullptr)
    throw std::runtime_error("the installed chain does not stand where the other does");
  std::printf("installed in %.1f s (checked on the way), open after %.1f s\n", installed, seconds_since(start));
}

void run(std::uint64_t accounts, std::uint64_t entries, const std::filesystem::path& directory) {
  constexpr std::uint64_t kTogether = limits::kBatchOperationsMax;
  auto start = Clock::now();
  County county(accounts, directory);
  std::printf("%llu accounts opened in %.1f s\n", static_cast<unsigned long long>(accounts), seconds_since(start));
  start = Clock::now();
  county.award(1, 1, 1'000'000);
  for (std::uint64_t round = 1; round <= entries; ++round)
    for (std::uint64_t first = 1; first <= accounts; first += kTogether)
      county.award(first, std::min(kTogether, accounts + 1 - first), round);
  std::printf("%llu entries each in %.1f s, %ld MiB of memory\n", static_cast<unsigned long long>(entries),
              seconds_since(start), memory_mib());
  const auto view = county.chain->final_view();
  std::uint64_t pairs = 0;
  start = Clock::now();
  const auto manifest = must(ledger::write_snapshot(county.chain->id(), *view, {}, county.engine,
                                                    directory / "snapshot", [&](const ledger::SnapshotWork& work) {
                                                      pairs = work.pairs;
                                                      return true;
                                                    }));
  std::uint64_t largest = 0;
  for (const auto size : manifest.sizes) largest = std::max(largest, size);
  std::printf("snapshot made in %.1f s: %llu pairs, %zu chunks, %.1f MiB, the largest %.2f MiB, %ld MiB of memory\n",
              seconds_since(start), static_cast<unsigned long long>(pairs), manifest.chunks(),
              static_cast<double>(manifest.bytes()) / kMibBytes, static_cast<double>(largest) / kMibBytes,
              memory_mib());
  install(county, directory / "snapshot", directory / "to");
  std::printf("on disk: %llu MiB before, %llu MiB installed; %ld MiB of memory\n",
              static_cast<unsigned long long>(bytes_below(directory / "from") / kMibBytes),
              static_cast<unsigned long long>(bytes_below(directory / "to") / kMibBytes), memory_mib());
}

bool read_number(const char* text, std::uint64_t& out) {
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, out);
  return read.ec == std::errc() && read.ptr == end && out > 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t accounts = 150'000;
  std::uint64_t entries = 4;
  if ((argc > 1 && !read_number(argv[1], accounts)) || (argc > 2 && !read_number(argv[2], entries))) {
    std::fprintf(stderr, "bench_snapshot: expected whole numbers above 0: [ACCOUNTS] [ENTRIES]\n");
    return 2;
  }
  std::string directory = (std::filesystem::temp_directory_path() / "tally-snapshot-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  int code = 0;
  try {
    run(accounts, entries, directory);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "bench_snapshot: %s\n", failure.what());
    code = 1;
  }
  std::filesystem::remove_all(directory);
  return code;
}
