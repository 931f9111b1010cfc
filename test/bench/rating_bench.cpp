// A year ends: all accounts of a county are rated on one node, block after block, each executed and synced to disk.
//   build/test/bench_rating [ACCOUNTS]     150,000 if not said
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "common/time.h"
#include "contracts/due.h"
#include "contracts/engine.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "ledger/chain.h"
#include "storage/rocks_store.h"

namespace {

using namespace tally;
using namespace tally::contracts;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
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

// The households' rulebook, with accounts that are rated by the year.
std::string rulebook_text() {
  std::ifstream file(std::string(TALLY_SOURCE_DIR) + "/rulebooks/qingzhen/rulebook.json");
  std::ostringstream text;
  text << file.rdbuf();
  std::string out = text.str();
  const std::string_view place = "\"subject\": \"household\",";
  const auto found = out.find(place);
  if (found == std::string::npos) throw std::runtime_error("the rulebook's book is not where it was");
  return out.insert(found + place.size(), " \"rated\": \"year\",");
}

ledger::Genesis genesis_with(std::uint64_t accounts) {
  crypto::Seed seed{};
  seed[0] = 7;
  ledger::Genesis out;
  out.name = "bench";
  out.purpose = ledger::Purpose::development;
  out.time = parse_time("2026-01-01").value();
  out.window = 32;
  out.validators = {{"office", crypto::SecretKey::from_seed(seed).public_key()}};
  out.operations = {encode_operation(RegisterUnit{"county", UnitKind::county, "county"}),
                    encode_operation(DeployRulebook{rulebook_text()})};
  for (std::uint64_t i = 1; i <= accounts; ++i) {
    const auto subject = numbered<SubjectHandle>(i);
    out.operations.push_back(encode_operation(
        RegisterSubject{subject, SubjectKind::household, "county", numbered<Digest>(i), std::nullopt, std::nullopt}));
    out.operations.push_back(encode_operation(OpenAccount{"qingzhen", subject}));
  }
  return out;
}

void run(std::uint64_t accounts, const std::filesystem::path& directory) {
  const auto genesis = genesis_with(accounts);
  auto store = must(storage::open_rocks_store(directory, {}));
  RuleEngine engine;
  const auto verifier = crypto::make_verifier(ledger::chain_id(genesis));
  auto start = Clock::now();
  const auto chain = must(ledger::Chain::open(*store, genesis, engine, *verifier));
  std::printf("%llu accounts opened in %.1f s\n", static_cast<unsigned long long>(accounts), seconds_since(start));

  ledger::Batch batch;
  batch.proposed_time = parse_time("2027-01-01").value();
  start = Clock::now();
  std::uint64_t rated = 0;
  std::uint64_t blocks = 0;
  double longest = 0;
  while (rated < accounts) {
    const auto block_start = Clock::now();
    const Bytes bytes = encode(batch);
    const auto made = must(
        chain->apply(chain->head().header.height.next(), &batch, bytes, crypto::digest(crypto::kBatchDomain, bytes)));
    std::uint64_t here = 0;
    for (const auto& event : made.receipts.due.events)
      here += must(decode<DueEvent>(event)).kind == TimerKind::rating ? 1 : 0;
    if (here == 0) throw std::runtime_error("a block rated nobody, and not all are rated");
    longest = std::max(longest, seconds_since(block_start));
    rated += here;
    ++blocks;
    batch.proposed_time = batch.proposed_time.plus(1);
  }
  const double seconds = seconds_since(start);
  if (const auto due = must(chain->next_due()); !due || *due <= batch.proposed_time)
    throw std::runtime_error("something is due still, or no account has its next rating planned");
  std::printf("%llu accounts rated in %.1f s: %llu blocks, the longest %.0f ms, %.0f accounts/s\n",
              static_cast<unsigned long long>(rated), seconds, static_cast<unsigned long long>(blocks), longest * 1000,
              static_cast<double>(rated) / seconds);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t accounts = 150'000;
  if (argc > 1) {
    const std::string_view text = argv[1];
    if (std::from_chars(text.data(), text.data() + text.size(), accounts).ec != std::errc() || accounts == 0) {
      std::fprintf(stderr, "bench_rating: ACCOUNTS is \"%s\"; expected a whole number above 0\n", argv[1]);
      return 2;
    }
  }
  std::string directory = (std::filesystem::temp_directory_path() / "tally-rating-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  int code = 0;
  try {
    run(accounts, directory);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "bench_rating: %s\n", failure.what());
    code = 1;
  }
  std::filesystem::remove_all(directory);
  return code;
}
