// Every key that the engine and the ledger make is told in words, and values as records.
#include "contracts/key_words.h"

#include <catch2/catch.hpp>

#include "contracts/governance.h"
#include "contracts/standing.h"
#include "contracts/work_records.h"
#include "ledger/governed.h"

namespace tally::contracts {

namespace {

const SubjectHandle kSubject = *SubjectHandle::from_hex("00112233445566778899aabbccddeeff");
const PersonId kPerson = *PersonId::from_hex("0f0e0d0c0b0a09080706050403020100");

Bytes text_key(std::string_view name) {
  return {name.begin(), name.end()};
}

}  // namespace

TEST_CASE("key words: each kind of key has its own") {
  const std::string subject = "subject " + kSubject.hex();
  const AccountId account{"qingzhen", "credit", kSubject};
  struct Row {
    Bytes key;
    std::string words;
  };
  const std::vector<Row> rows = {
      {unit_key("yingshan/ludishao"), "unit yingshan/ludishao"},
      {officer_key(kPerson), "officer " + kPerson.hex()},
      {subject_key(kSubject), "registration of " + subject},
      {account_key(account), "account of " + subject + " in book credit of qingzhen"},
      {rating_key(account), "rating of " + subject + " in book credit of qingzhen"},
      {case_key(17), "case 17"},
      {rulebook_key("qingzhen"), "versions of rulebook qingzhen"},
      {rulebook_text_key("qingzhen", 3), "text of rulebook qingzhen, version 3"},
      {counter_key("qingzhen", kSubject, "QZ7"), "what rule QZ7 of qingzhen used up for " + subject},
      {taken_back_key(account, 4), "what took back entry 4 of " + subject + " in book credit of qingzhen"},
      {account_index_key("qingzhen", "county", kSubject),
       "index of accounts of qingzhen by unit: " + subject + " in county"},
      {subject_case_key(kSubject, 9), "index of cases by subject: 9 of " + subject},
      {work_key(5), "case 5 of a workflow"},
      {work_list_key(5, 1, 2), "value 2 of list 1 in case 5 of a workflow"},
      {obligation_key(8), "obligation 8"},
      {notice_key(kSubject, 2), "notice 2 to " + subject},
      {proposal_key(6), "proposal 6"},
      {text_key(ledger::kMembersKey), "the members"},
      {text_key(kCaseCountKey), "number of the last case"},
      {text_key("sys/constitution"), "the constitution"},
  };
  for (const auto& row : rows) CHECK(key_in_words(row.key, nullptr) == row.words);
}

TEST_CASE("key words: a registered subject is called by its kind and unit") {
  const auto store = storage::make_memory_store();
  storage::WriteBatch batch;
  batch.put(storage::Column::state, subject_key(kSubject),
            encode(SubjectRecord{SubjectKind::household, "yingshan/ludishao", {}, {}}));
  REQUIRE(store->write(batch, storage::Sync::no).has_value());
  CHECK(key_in_words(account_key({"qingzhen", "credit", kSubject}), store.get()) ==
        "account of household " + kSubject.hex() + " of yingshan/ludishao in book credit of qingzhen");
}

TEST_CASE("key words: what is not known is shown as it is") {
  CHECK(key_in_words(text_key("due/12345678x"), nullptr) == "the key due/12345678x");
  // Of a known name and another form.
  Bytes cut = case_key(17);
  cut.pop_back();
  CHECK(key_in_words(cut, nullptr).starts_with("the key case"));
  CHECK(value_json(text_key("due/12345678x"), Bytes{1}).is_null());
  CHECK(value_json(case_key(1), Bytes{1, 2, 3}).is_null());
}

TEST_CASE("key words: values are records") {
  AccountRecord account;
  account.entries = 3;
  const Json json = value_json(account_key({"qingzhen", "credit", kSubject}), encode(account));
  CHECK(json["entries"] == "3");
  CHECK(value_json(text_key(kCaseCountKey), encode(std::uint64_t{7})) == "7");
}

}  // namespace tally::contracts
