#include "contracts/query_reading.h"

namespace tally::contracts {

namespace {

bool starts_with(ByteView key, const Bytes& prefix) {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

// Adds keys of one prefix until there is one more than asked for. Rising scans go on after `after`, falling ones
// before it; empty means from the end that they start at.
Status gather(const storage::Reader& reader, const Bytes& prefix, const Bytes& after, std::size_t wanted,
              Direction direction, std::vector<Bytes>& keys) {
  if (prefix.empty()) return {};
  const auto visit = [&](ByteView key, ByteView) {
    Bytes copy(key.begin(), key.end());
    if (copy != after) keys.push_back(std::move(copy));
    return keys.size() < wanted;
  };
  return direction == Direction::rising ? reader.scan(storage::Column::state, prefix, after, visit)
                                        : reader.scan_back(storage::Column::state, prefix, after, visit);
}

}  // namespace

Result<Walk> walk(const storage::Reader& reader, const WalkRange& range, const std::optional<std::string>& cursor,
                  std::size_t rows, Direction direction) {
  Bytes after;
  if (cursor) {
    auto bytes = from_hex(*cursor);
    const bool ours =
        bytes && (starts_with(*bytes, range.own) || (!range.below.empty() && starts_with(*bytes, range.below)));
    if (!ours)
      return make_error(ErrorCode::invalid_field, "cursor", "is not a cursor of this list",
                        "the value of `next` of the page before");
    after = *std::move(bytes);
  }
  Walk out;
  const bool past_first = !after.empty() && !starts_with(after, range.own);
  const std::size_t wanted = rows + 1;
  if (!past_first)
    if (auto status = gather(reader, range.own, after, wanted, direction, out.keys); !status) return status.error();
  if (out.keys.size() < wanted)
    if (auto status = gather(reader, range.below, past_first ? after : Bytes{}, wanted, direction, out.keys); !status)
      return status.error();
  if (out.keys.size() > rows) {
    out.keys.resize(rows);
    out.next = to_hex(out.keys.back());
  }
  return out;
}

Result<IndexedAccount> read_indexed(const storage::Reader& reader, const Rulebook& rulebook,
                                    const SubjectHandle& subject, std::string_view book_code) {
  auto record = read_record<SubjectRecord>(reader, subject_key(subject));
  if (!record) return record.error();
  if (!*record) return make_error(ErrorCode::not_registered, "subject", "is " + subject.hex(), "a registered subject");
  const auto kind = (*record)->kind;
  const Book* book = book_code.empty() ? rulebook.book(kind) : rulebook.book(book_code);
  if (book == nullptr && !book_code.empty())
    return make_error(ErrorCode::not_found, "book", "is \"" + excerpt(book_code, 80) + "\"",
                      "the code of a book of " + rulebook.id);
  if (book == nullptr || book->subject != kind)
    return make_error(ErrorCode::not_registered, "rulebook",
                      "keeps no such book for this kind of subject in version " + std::to_string(rulebook.version));
  auto account = read_record<AccountRecord>(reader, account_key({rulebook.id, book->code, subject}));
  if (!account) return account.error();
  if (!*account)
    return make_error(ErrorCode::not_registered, "subject", "has no account under " + rulebook.id,
                      "a subject whose account is open");
  return IndexedAccount{subject, (*record)->unit, kind, book, **account};
}

}  // namespace tally::contracts
