#include "snapshot_fixture.h"

#include "ledger/state_tree.h"
#include "ledger/working_state.h"

namespace tally::test {

using namespace ledger;
using storage::Column;

Pairs column(const storage::Reader& store, Column column) {
  Pairs out;
  REQUIRE(store.scan(column, {}, {}, [&](ByteView key, ByteView value) {
    out.emplace(Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end()));
    return true;
  }));
  return out;
}

ToyState random_state(std::mt19937_64& random, std::size_t pairs) {
  ToyState out;
  const auto bytes = [&](std::size_t most) {
    Bytes value(random() % (most + 1));
    for (auto& byte : value) byte = static_cast<Byte>(random());
    return value;
  };
  while (out.pairs.size() < pairs) {
    if (random() % 3 != 0) {
      Bytes key = bytes(20);
      key.push_back(static_cast<Byte>(random()));
      out.pairs[key] = bytes(random() % 50 == 0 ? 3000 : 60);
      continue;
    }
    const Bytes key = toy_counter_key(static_cast<std::uint32_t>(random()));
    ToyCounter counter;
    std::vector<Bytes> records;
    for (std::size_t left = random() % 6; left > 0; --left) {
      records.push_back(bytes(random() % 40 == 0 ? 400 : 12));
      counter.history = history_link(counter.history, records.back());
      ++counter.entries;
    }
    out.pairs[key] = encode(counter);
    out.histories[key] = records;
  }
  return out;
}

StateBench written(const ToyState& state, std::mt19937_64& random) {
  StateBench bench;
  StateTree tree(*bench.store, 1 << 20);
  std::vector<std::pair<Bytes, Bytes>> left(state.pairs.begin(), state.pairs.end());
  std::shuffle(left.begin(), left.end(), random);
  Digest root;
  const auto write = [&](const std::map<Bytes, std::optional<Bytes>>& block) {
    storage::WriteBatch batch;
    std::map<Digest, std::optional<Digest>> changes;
    for (const auto& [key, value] : block) {
      changes[tree_key_hash(key)] = value ? std::optional(tree_value_hash(*value)) : std::nullopt;
      if (value) {
        batch.put(Column::state, key, *value);
      } else {
        batch.erase(Column::state, key);
      }
    }
    std::vector<TreeChange> list;
    for (const auto& [key, value] : changes) list.push_back({key, value});
    root = tree.update(list, batch);
    REQUIRE(bench.store->write(batch, storage::Sync::no));
  };
  std::map<Bytes, std::optional<Bytes>> passing;
  for (std::uint64_t i = 0; i < 10; ++i) passing[encode(random())] = Bytes{1};
  for (const auto& [key, value] : state.pairs) passing.erase(key);
  write(passing);
  while (!left.empty()) {
    std::map<Bytes, std::optional<Bytes>> block;
    for (std::size_t count = 1 + random() % 200; count > 0 && !left.empty(); --count) {
      block[left.back().first] = left.back().second;
      left.pop_back();
    }
    write(block);
  }
  for (auto& [key, value] : passing) value.reset();
  write(passing);
  storage::WriteBatch batch;
  for (const auto& [list, records] : state.histories)
    for (std::size_t i = 0; i < records.size(); ++i)
      batch.put(Column::history, history_key(list, i), Bytes(records[i]));
  REQUIRE(bench.store->write(batch, storage::Sync::no));
  BlockHeader header;
  header.height = BlockHeight{7};
  header.state_root = root;
  header.next_validators = digest_of(validator_set(toy_genesis()));
  bench.view = std::make_shared<FinalView>(FinalView{
      header.height, header, digest_of(header), certify(header, chain_id(toy_genesis())), bench.store->snapshot()});
  return bench;
}

HeldSnapshot snapshot_of(const FinalView& view, const std::vector<EpochLink>& epochs, const SnapshotShape& shape) {
  const TempDirectory directory(Medium::memory);
  const auto path = directory.path() / "snapshot";
  const ToyExecutor executor;
  auto manifest = write_snapshot(chain_id(toy_genesis()), view, epochs, executor, path, nullptr, shape);
  if (!manifest) FAIL(manifest.error().text());
  HeldSnapshot out{*manifest, {}};
  CHECK(read_manifest(path).value() == *manifest);
  CHECK_FALSE(std::filesystem::exists(path.string() + ".part"));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) files += entry.is_regular_file() ? 1 : 0;
  CHECK(files == manifest->chunks() + 1);
  for (std::size_t i = 0; i < manifest->chunks(); ++i) {
    auto chunk = read_chunk(path, *manifest, i);
    if (!chunk) FAIL(chunk.error().text());
    out.chunks.push_back(std::move(*chunk));
  }
  return out;
}

HeldSnapshot snapshot_of(ToyChain& chain, const SnapshotShape& shape) {
  const auto view = chain->final_view();
  REQUIRE(view != nullptr);
  auto links = epoch_links(chain.store(), view->header.epoch);
  if (!links) FAIL(links.error().text());
  return snapshot_of(*view, *links, shape);
}

std::shared_ptr<storage::Store> install(const HeldSnapshot& snapshot, const Genesis& genesis) {
  auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  const ToyExecutor executor;
  auto installer = SnapshotInstaller::begin(*store, genesis, snapshot.manifest, executor);
  if (!installer) FAIL(installer.error().text());
  std::vector<std::size_t> order(snapshot.chunks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937_64 random(snapshot.chunks.size());
  std::shuffle(order.begin(), order.end(), random);
  for (const std::size_t index : order)
    if (auto added = installer->add(index, snapshot.chunks[index]); !added) FAIL(added.error().text());
  if (auto finished = installer->finish(); !finished) FAIL(finished.error().text());
  return store;
}

Status check_all(const HeldSnapshot& snapshot) {
  const auto verifier = crypto::make_verifier(chain_id(toy_genesis()));
  if (auto good = check_manifest(snapshot.manifest, toy_genesis(), *verifier); !good) return good;
  const ToyExecutor executor;
  for (std::size_t i = 0; i < snapshot.chunks.size(); ++i)
    if (auto good = check_chunk(snapshot.manifest, i, snapshot.chunks[i], executor); !good) return good;
  return {};
}

}  // namespace tally::test
