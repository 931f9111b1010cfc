// Purpose: keys of the state and their values for people: what a record is, whose it is, and what stands in it; for
// comparing two states (`tally diff`). Thread rule: pure functions over what they are given.
// Invariant: a key or value of a form that is not known here is shown as it is, never guessed.
#pragma once

#include "common/json.h"
#include "contracts/records.h"
#include "storage/store.h"

namespace tally::contracts {

// "account of household 3f2a... of yingshan/qingzhen/ludishao in book credit of qingzhen". `state`: where the records
// stand that say what kind a subject is; null: it is named by its handle alone.
std::string key_in_words(ByteView key, const storage::Reader* state);

// The value's record; null where the kind of record is not known here or it does not decode.
Json value_json(ByteView key, ByteView value);

// Who wrote it, as far as records tell: of an account the transaction of its last entry, of a case's act its own.
struct Writer {
  TransactionId transaction;
  const char* what = "";  // "wrote its last entry", "opened it"
};
Result<std::optional<Writer>> writer_of(const storage::Reader& state, ByteView key, ByteView value);

}  // namespace tally::contracts
