#include "ledger/scrub.h"

#include <algorithm>

#include "ledger/block_records.h"

namespace tally::ledger {

using storage::Column;

namespace {
constexpr std::string_view kGenesisKey = "ledger/genesis";
constexpr std::string_view kHeadKey = "ledger/head";
}  // namespace

std::string key_in_words(ByteView key) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const Byte byte : key) {
    if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
      out += static_cast<char>(byte);
    } else {
      out += "\\x";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0x0fU];
    }
  }
  return out;
}

Result<BlockHeight> marked_head(const storage::Reader& store) {
  const auto bytes = store.get(Column::meta, as_bytes(kHeadKey));
  if (!bytes) return bytes.error();
  if (!*bytes) return make_error(ErrorCode::storage_failed, "", "is missing");
  return decode<BlockHeight>(**bytes);
}

ScrubClass scrub_storage(const storage::Reader& store) {
  ScrubClass out{"storage", 0, 0, {}};
  for (std::size_t i = 0; i < storage::kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    const auto scanned = store.scan(column, {}, {}, [&](ByteView, ByteView) {
      ++out.checked;
      return true;
    });
    if (!scanned) out.add("the files of column " + std::string(storage::name_of(column)), scanned.error().text());
  }
  return out;
}

ScrubClass scrub_marks(const storage::Reader& store, const Genesis& genesis) {
  ScrubClass out{"marks", 2, 0, {}};
  const auto held = store.get(Column::meta, as_bytes(kGenesisKey));
  if (!held)
    out.add("the genesis", held.error().text());
  else if (!*held)
    out.add("the genesis", "is missing");
  else if (**held != encode(genesis))
    out.add("the genesis", "is another than that of the node's settings");
  const auto head = marked_head(store);
  if (!head) {
    out.add("the mark of the head", head.error().text());
    return out;
  }
  const auto above = read_header(store, head->next());
  if (above && *above)
    out.add("the mark of the head", "is " + std::to_string(head->value) + ", and a block above is held");
  return out;
}

std::vector<std::string> scrub_classes() {
  return {"storage", "marks", "blocks", "index", "tree", "state", "history", "history_index"};
}

std::vector<ScrubClass> scrub_ledger(const storage::Reader& store, const Genesis& genesis,
                                     const crypto::Verifier& verifier, const Executor& executor,
                                     const std::vector<std::string>& only) {
  const auto wanted = [&](const char* name) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  std::vector<ScrubClass> out;
  if (wanted("storage")) out.push_back(scrub_storage(store));
  if (wanted("marks")) out.push_back(scrub_marks(store, genesis));
  if (wanted("blocks") || wanted("index")) {
    ScrubClass places;
    auto blocks = scrub_blocks(store, genesis, verifier, places);
    if (wanted("blocks")) out.push_back(std::move(blocks));
    if (wanted("index")) out.push_back(std::move(places));
  }
  if (wanted("tree")) out.push_back(scrub_tree(store));
  if (wanted("state")) out.push_back(scrub_state(store));
  if (wanted("history")) out.push_back(scrub_history(store, executor));
  if (wanted("history_index")) out.push_back(scrub_history_index(store, executor));
  return out;
}

}  // namespace tally::ledger
