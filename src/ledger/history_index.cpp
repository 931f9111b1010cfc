#include "ledger/history_index.h"

#include <algorithm>
#include <map>

#include "common/invariant.h"
#include "ledger/block_records.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using storage::Column;

namespace {

using HistoryTable = std::vector<HistoryPlace>;
using OrdinalList = std::vector<std::uint32_t>;

constexpr Byte kTable = 'n';
constexpr Byte kPostings = 'p';

void append_height(Bytes& out, BlockHeight height) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<Byte>(height.value >> shift));
}

BlockHeight height_at_end(ByteView key) {
  std::uint64_t out = 0;
  for (const Byte byte : key.last(8)) out = out << 8 | byte;
  return BlockHeight{out};
}

Bytes table_key(BlockHeight height) {
  Bytes out{kTable};
  append_height(out, height);
  return out;
}

Bytes postings_prefix(ByteView term) {
  Bytes out{kPostings, static_cast<Byte>(term.size() >> 8), static_cast<Byte>(term.size())};
  append(out, term);
  return out;
}

Bytes postings_key(ByteView term, BlockHeight height) {
  Bytes out = postings_prefix(term);
  append_height(out, height);
  return out;
}

Error damaged(const std::string& what) {
  return make_error(ErrorCode::storage_failed, "", "the index of histories is damaged: " + what,
                    "the store made whole by `tally repair` (docs/repair.md)");
}

// The index of one block as it grows.
class BlockIndex {
 public:
  void add(ByteView list, std::uint64_t index, std::vector<Bytes> terms) {
    const auto ordinal = static_cast<std::uint32_t>(table_.size());
    table_.push_back({Bytes(list.begin(), list.end()), index});
    for (auto& term : terms) {
      invariant(!term.empty() && term.size() <= kHistoryTermBytesMax, "a term has 1 to 256 bytes");
      auto& ordinals = postings_[std::move(term)];
      if (ordinals.empty() || ordinals.back() != ordinal) ordinals.push_back(ordinal);
    }
  }
  void write(storage::WriteBatch& out, BlockHeight height) const {
    if (table_.empty()) return;
    out.put(Column::index, table_key(height), encode(table_));
    for (const auto& [term, ordinals] : postings_) out.put(Column::index, postings_key(term, height), encode(ordinals));
  }

 private:
  HistoryTable table_;
  std::map<Bytes, OrdinalList> postings_;
};

std::optional<BlockHeight> terms_of(const Executor& executor, const State& state, ByteView list, ByteView record,
                                    std::vector<Bytes>& terms) {
  return executor.index_terms(list, record, state, [&](Bytes term) { terms.push_back(std::move(term)); });
}

Result<std::optional<OrdinalList>> postings_at(const storage::Reader& store, ByteView term, BlockHeight height) {
  auto bytes = store.get(Column::index, postings_key(term, height));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<OrdinalList>{};
  auto ordinals = decode<OrdinalList>(**bytes);
  if (!ordinals) return damaged("a list of block " + std::to_string(height.value));
  return std::optional(std::move(ordinals).value());
}

// Reads one block's rows, newest first, into the page.
class PageReader {
 public:
  PageReader(const storage::Reader& store, const HistoryAsked& asked) : store_(store), asked_(asked) {}

  // False once the page is full.
  Result<bool> block(BlockHeight height, OrdinalList ordinals) {
    for (std::size_t i = 1; i < asked_.terms.size() && !ordinals.empty(); ++i) {
      const auto other = postings_at(store_, asked_.terms[i], height);
      if (!other) return other.error();
      OrdinalList both;
      if (*other)
        std::set_intersection(ordinals.begin(), ordinals.end(), (*other)->begin(), (*other)->end(),
                              std::back_inserter(both));
      ordinals = std::move(both);
    }
    if (asked_.before && height == asked_.before->height)
      std::erase_if(ordinals, [&](std::uint32_t ordinal) { return ordinal >= asked_.before->ordinal; });
    if (ordinals.empty()) return true;
    const auto bytes = store_.get(Column::index, table_key(height));
    if (!bytes) return bytes.error();
    const auto table = *bytes ? decode<HistoryTable>(**bytes) : Result<HistoryTable>(damaged("a table is missing"));
    if (!table) return damaged("the table of block " + std::to_string(height.value));
    for (auto ordinal = ordinals.rbegin(); ordinal != ordinals.rend(); ++ordinal) {
      if (out_.rows.size() == asked_.rows) return false;
      if (*ordinal >= table->size()) return damaged("a place in block " + std::to_string(height.value));
      if (auto read = row({height, *ordinal}, (*table)[*ordinal]); !read) return read.error();
    }
    return true;
  }

  HistoryRows take() { return std::move(out_); }
  void go_on_before(HistoryPosition position) { out_.next = position; }
  [[nodiscard]] const std::vector<HistoryRow>& rows() const { return out_.rows; }

 private:
  Status row(HistoryPosition at, const HistoryPlace& place) {
    auto record = store_.get(Column::history, history_key(place.list, place.index));
    if (!record) return record.error();
    if (!*record) return damaged("it names a record that is not there");
    out_.rows.push_back({at, place, std::move(**record)});
    return {};
  }

  const storage::Reader& store_;
  const HistoryAsked& asked_;
  HistoryRows out_;
};

}  // namespace

void write_history_index(storage::WriteBatch& out, const WorkingState& state, const Executor& executor) {
  BlockIndex block;
  std::optional<BlockHeight> at;
  state.each_appended([&](ByteView list, std::uint64_t index, ByteView record) {
    std::vector<Bytes> terms;
    const auto height = terms_of(executor, state, list, record, terms);
    if (!height) return;
    invariant(!at || *at == *height, "what a block appends is of that block");
    at = height;
    block.add(list, index, std::move(terms));
  });
  if (at) block.write(out, *at);
}

Result<HistoryRows> find_history(const storage::Reader& store, const HistoryAsked& asked) {
  invariant(!asked.terms.empty() && asked.rows > 0, "rows with at least one term are asked for");
  const Bytes prefix = postings_prefix(asked.terms.front());
  Bytes from = prefix;
  append_height(from, asked.before ? std::min(asked.before->height, asked.until) : asked.until);
  PageReader page(store, asked);
  Status failed;
  std::size_t blocks = 0;
  const Status scanned = store.scan_back(Column::index, prefix, from, [&](ByteView key, ByteView value) {
    const BlockHeight height = height_at_end(key);
    if (height < asked.from) return false;
    auto ordinals = decode<OrdinalList>(value);
    if (!ordinals) {
      failed = damaged("a list of block " + std::to_string(height.value));
      return false;
    }
    if (blocks++ == kHistoryBlocksPerPage) {
      page.go_on_before({height.next(), 0});
      return false;
    }
    const auto room = page.block(height, std::move(ordinals).value());
    if (!room) {
      failed = room.error();
      return false;
    }
    if (!*room) page.go_on_before(page.rows().back().at);
    return *room;
  });
  if (!scanned) return scanned.error();
  if (!failed) return failed.error();
  return page.take();
}

namespace {

constexpr std::size_t kRowsPerPass = 500'000;
constexpr std::size_t kPieceBytes = 4 * 1024 * 1024;

Status erase_index(storage::Store& store) {
  storage::WriteBatch batch;
  Status written;
  for (const Byte kind : {kTable, kPostings}) {
    const Status scanned = store.scan(Column::index, {&kind, 1}, {}, [&](ByteView key, ByteView) {
      batch.erase(Column::index, key);
      if (batch.bytes() < kPieceBytes) return true;
      written = store.write(batch, storage::Sync::no);
      batch.clear();
      return written.has_value();
    });
    if (!scanned) return scanned;
    if (!written) return written;
  }
  return store.write(batch, storage::Sync::no);
}

// The name and index in a key of the history column; nullopt for a key of another form.
std::optional<HistoryPlace> place_in(ByteView key) {
  if (key.empty() || key.size() != 1U + key[0] + sizeof(std::uint64_t)) return std::nullopt;
  const ByteView list = key.subspan(1, key[0]);
  return HistoryPlace{Bytes(list.begin(), list.end()), height_at_end(key).value};
}

struct Found {
  HistoryPlace place;
  std::vector<Bytes> terms;
};
using ByHeight = std::map<BlockHeight, std::vector<Found>>;

// The blocks above `after` with the lowest heights, as many whole ones as fit a pass.
Result<ByHeight> gather(const storage::Reader& store, const Executor& executor, const State& state,
                        std::optional<BlockHeight> after) {
  ByHeight out;
  std::size_t rows = 0;
  std::optional<Error> failed;
  const Status scanned = store.scan(Column::history, {}, {}, [&](ByteView key, ByteView record) {
    auto place = place_in(key);
    if (!place) {
      failed = damaged("a history has a key of another form");
      return false;
    }
    std::vector<Bytes> terms;
    const auto height = terms_of(executor, state, place->list, record, terms);
    if (!height || (after && *height <= *after)) return true;
    if (rows >= kRowsPerPass && out.size() > 1 && *height > out.rbegin()->first) return true;
    out[*height].push_back({*std::move(place), std::move(terms)});
    if (++rows > kRowsPerPass && out.size() > 1) {
      rows -= out.rbegin()->second.size();
      out.erase(std::prev(out.end()));
    }
    return true;
  });
  if (!scanned) return scanned.error();
  if (failed) return *failed;
  return out;
}

Status write_blocks(storage::Store& store, const ByHeight& blocks) {
  storage::WriteBatch batch;
  for (const auto& [height, found] : blocks) {
    BlockIndex index;
    for (const auto& one : found) index.add(one.place.list, one.place.index, one.terms);
    index.write(batch, height);
    if (batch.bytes() < kPieceBytes) continue;
    if (auto written = store.write(batch, storage::Sync::no); !written) return written;
    batch.clear();
  }
  return store.write(batch, storage::Sync::yes);
}

}  // namespace

Status rebuild_history_index(storage::Store& store, const Executor& executor, const State& state) {
  try {
    if (auto erased = erase_index(store); !erased) return erased;
    std::optional<BlockHeight> after;
    for (;;) {
      const auto blocks = gather(store, executor, state, after);
      if (!blocks) return blocks.error();
      if (blocks->empty()) return {};
      if (auto written = write_blocks(store, *blocks); !written) return written;
      after = blocks->rbegin()->first;
    }
  } catch (const storage::StorageFailure& failure) {
    return failure.error;
  }
}

namespace {

// The tables, each made again from the lists; then the lists of places, by their form.
class IndexCheck {
 public:
  IndexCheck(const storage::Reader& store, const std::function<void(std::string, std::string)>& visit)
      : store_(store), visit_(visit) {}

  void block(BlockHeight height, const std::vector<Found>& found) {
    HistoryTable wanted;
    for (const auto& one : found) wanted.push_back(one.place);
    ++wanted_tables_;
    const auto held = store_.get(Column::index, table_key(height));
    if (!held)
      visit_(name_of(height), held.error().text());
    else if (!*held)
      visit_(name_of(height), "is missing");
    else if (**held != encode(wanted))
      visit_(name_of(height), "is not what the history lists make");
  }

  Result<std::uint64_t> records() {
    std::uint64_t tables = 0;
    Status scanned = store_.scan(Column::index, {&kTable, 1}, {}, [&](ByteView, ByteView) {
      ++tables;
      return true;
    });
    if (!scanned) return scanned.error();
    if (tables > wanted_tables_)
      visit_("the index of histories", std::to_string(tables - wanted_tables_) + " blocks in it appended nothing");
    std::uint64_t lists = 0;
    scanned = store_.scan(Column::index, {&kPostings, 1}, {}, [&](ByteView key, ByteView value) {
      ++lists;
      if (key.size() > 3 + sizeof(std::uint64_t)) list(height_at_end(key), value);
      return true;
    });
    if (!scanned) return scanned.error();
    return tables + lists;
  }

 private:
  static std::string name_of(BlockHeight height) { return "the index of block " + std::to_string(height.value); }

  void list(BlockHeight height, ByteView value) {
    const auto ordinals = decode<OrdinalList>(value);
    const bool rising =
        ordinals && !ordinals->empty() &&
        std::adjacent_find(ordinals->begin(), ordinals->end(), std::greater_equal<>()) == ordinals->end();
    if (!rising || ordinals->back() >= rows_of(height))
      visit_("a list in " + name_of(height), "does not name places of its block in rising order");
  }

  // Lists come by term, so each block's table is asked for again and again: only its size is kept.
  std::size_t rows_of(BlockHeight height) {
    const auto known = rows_.find(height);
    if (known != rows_.end()) return known->second;
    const auto bytes = store_.get(Column::index, table_key(height));
    const auto table = bytes && *bytes ? decode<HistoryTable>(**bytes) : Result<HistoryTable>(HistoryTable{});
    if (rows_.size() >= kRowsPerPass) rows_.clear();
    return rows_[height] = table ? table->size() : 0;
  }

  const storage::Reader& store_;
  const std::function<void(std::string, std::string)>& visit_;
  std::uint64_t wanted_tables_ = 0;
  std::map<BlockHeight, std::size_t> rows_;
};

}  // namespace

Result<std::uint64_t> check_history_index(const storage::Reader& store, const Executor& executor, const State& state,
                                          const std::function<void(std::string, std::string)>& visit) {
  try {
    IndexCheck check(store, visit);
    std::optional<BlockHeight> after;
    for (;;) {
      const auto blocks = gather(store, executor, state, after);
      if (!blocks) return blocks.error();
      if (blocks->empty()) return check.records();
      for (const auto& [height, found] : *blocks) check.block(height, found);
      after = blocks->rbegin()->first;
    }
  } catch (const storage::StorageFailure& failure) {
    return failure.error;
  }
}

Result<std::optional<BlockHeight>> last_block_until(const storage::Reader& store, BlockHeight lowest,
                                                    BlockHeight highest, TimestampMs time) {
  std::uint64_t low = lowest.value;
  std::uint64_t high = highest.value + 1;  // the first that is known to be later
  while (low < high) {
    const BlockHeight middle{low + (high - low) / 2};
    const auto header = read_header(store, middle);
    if (!header) return header.error();
    if (!*header) return damaged("the header of block " + std::to_string(middle.value) + " is missing");
    if ((*header)->time <= time)
      low = middle.value + 1;
    else
      high = middle.value;
  }
  if (low == lowest.value) return std::optional<BlockHeight>{};
  return std::optional(BlockHeight{low - 1});
}

}  // namespace tally::ledger
