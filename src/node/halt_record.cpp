#include "node/halt_record.h"

namespace tally::node {

namespace {

constexpr std::string_view kHaltKey = "node/halt";

Bytes signed_key(Epoch ended) {
  const std::string text = "node/recovery/" + std::to_string(ended.value);
  return Bytes(text.begin(), text.end());
}

template <class T>
Status write(storage::Store& store, ByteView key, const T& item) {
  storage::WriteBatch batch;
  batch.put(storage::Column::meta, key, encode(item));
  return store.write(batch, storage::Sync::yes);
}

template <class T>
Result<std::optional<T>> read(const storage::Reader& store, ByteView key, const std::string& record) {
  auto bytes = store.get(storage::Column::meta, key);
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<T>{};
  auto item = decode<T>(**bytes);
  if (!item) return make_error(ErrorCode::storage_failed, "", record + " is damaged: " + item.error().text());
  return std::optional<T>(std::move(item).value());
}

}  // namespace

Status write_halt(storage::Store& store, const HaltRecord& halt) {
  return write(store, as_bytes(kHaltKey), halt);
}

Status write_signed(storage::Store& store, const consensus::RecoveryStatement& statement) {
  return write(store, signed_key(statement.ended), statement);
}

Result<std::optional<HaltRecord>> read_halt(const storage::Reader& store) {
  return read<HaltRecord>(store, as_bytes(kHaltKey), "the record of a halt");
}

Result<std::optional<consensus::RecoveryStatement>> read_signed(const storage::Reader& store, Epoch ended) {
  return read<consensus::RecoveryStatement>(store, signed_key(ended), "the record of a signed recovery");
}

}  // namespace tally::node
