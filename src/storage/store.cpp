#include "storage/store.h"

#include "common/invariant.h"

namespace tally::storage {

std::string_view name_of(Column column) {
  // On disk: never renamed.
  static constexpr std::array<std::string_view, kColumns> kNames = {"meta",  "votes", "bodies",  "blocks",
                                                                    "state", "tree",  "history", "index"};
  const auto index = static_cast<std::size_t>(column);
  invariant(index < kNames.size(), "a column is one of those declared");
  return kNames[index];
}

}  // namespace tally::storage
