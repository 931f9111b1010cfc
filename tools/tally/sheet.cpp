#include "tally/sheet.h"

#include <charconv>
#include <set>

#include "common/json.h"
#include "common/time.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

constexpr std::size_t kMistakesShown = 20;
constexpr std::array<std::string_view, 3> kRequired = {"subject", "rule", "event_time"};
constexpr std::array<std::string_view, 8> kKnown = {"subject",    "rule",   "quantity", "amount",
                                                    "event_time", "reason", "evidence", "kind"};

std::string quoted(const std::string& text) {
  return text.empty() ? "is empty" : "is \"" + text.substr(0, 80) + "\"";
}

// The cells of one row by column, and the mistakes found in them.
class RowReader {
 public:
  RowReader(const CsvFile& file, const CsvRow& row, std::vector<CsvMistake>& mistakes)
      : file_(file), row_(row), mistakes_(mistakes), before_(mistakes.size()) {}

  [[nodiscard]] std::string cell(std::string_view column) const {
    for (std::size_t i = 0; i < file_.columns.size(); ++i) {
      if (file_.columns[i] == column) return row_.cells[i];
    }
    return {};
  }
  void mistake(std::string_view column, std::string problem, std::string expected) {
    mistakes_.push_back({row_.row, std::string(column), std::move(problem), std::move(expected)});
  }
  void mistake(std::string_view column, const Error& error) { mistake(column, error.problem, error.expected); }
  [[nodiscard]] bool good() const { return mistakes_.size() == before_; }

 private:
  const CsvFile& file_;
  const CsvRow& row_;
  std::vector<CsvMistake>& mistakes_;
  std::size_t before_;
};

void check_columns(CsvFile& file) {
  for (const auto required : kRequired) {
    if (std::find(file.columns.begin(), file.columns.end(), required) == file.columns.end())
      file.mistakes.push_back({1, std::string(required), "is missing", "a column subject, rule and event_time each"});
  }
  for (const auto& column : file.columns) {
    if (column.empty() || std::find(kKnown.begin(), kKnown.end(), column) != kKnown.end()) continue;
    std::string names;
    for (const auto known : kKnown) names += (names.empty() ? "" : ", ") + std::string(known);
    file.mistakes.push_back({1, column, "is not a known column", "one of " + names});
  }
}

const contracts::Rule* read_rule(RowReader& row, const contracts::Rulebook& rulebook) {
  const std::string code = row.cell("rule");
  const contracts::Rule* rule = rulebook.rule(code);
  if (rule == nullptr) {
    std::string codes;
    for (const auto& one : rulebook.rules) codes += (codes.empty() ? "" : ", ") + one.code;
    row.mistake("rule", quoted(code), "a rule of " + rulebook.id + ": " + codes);
    return nullptr;
  }
  if (!rule->on) {
    row.mistake("rule", "is " + code + ", which is not in force", "a rule in force");
    return nullptr;
  }
  const std::string kind = row.cell("kind");
  const std::string wanted = rule->adverse() ? "deduct" : "award";
  if (!kind.empty() && kind != wanted) row.mistake("kind", quoted(kind), wanted + ", as rule " + code + " is");
  return rule;
}

std::uint32_t read_quantity(RowReader& row, const contracts::Rule& rule) {
  const std::string text = row.cell("quantity");
  if (text.empty()) {
    if (rule.amount.kind == contracts::AmountKind::per_unit)
      row.mistake("quantity", "is empty", "how many " + rule.amount.unit.en + " (" + rule.amount.unit.zh + ")");
    return 1;
  }
  std::uint32_t quantity = 0;
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), quantity);
  if (failed != std::errc{} || stop != text.data() + text.size() || quantity == 0) {
    row.mistake("quantity", quoted(text), "a whole number of at least 1");
    return 1;
  }
  return quantity;
}

std::optional<Amount> read_amount(RowReader& row, const contracts::Rulebook& rulebook) {
  const std::string text = row.cell("amount");
  if (text.empty()) return std::nullopt;
  auto amount = parse_amount(text, rulebook.scale);
  if (amount) return *amount;
  row.mistake("amount", amount.error());
  return std::nullopt;
}

TimestampMs read_event_time(RowReader& row, const contracts::Rulebook& rulebook, TimestampMs block_time) {
  const std::string text = row.cell("event_time");
  auto time = parse_time(text);
  if (!time) {
    row.mistake("event_time", quoted(text), time.error().expected);
    return block_time;
  }
  const std::uint64_t span = rulebook.event_span_days * kDayMs;
  const TimestampMs earliest{block_time.value > span ? block_time.value - span : 0};
  if (*time > block_time)
    row.mistake("event_time", quoted(text), "a time that is past; the chain's clock says " + format_time(block_time));
  if (*time < earliest)
    row.mistake("event_time", quoted(text),
                "a time since " + format_time(earliest) + ": the rulebook looks back " +
                    std::to_string(rulebook.event_span_days) + " days");
  return *time;
}

Digest read_reason(RowReader& row, const contracts::Rule& rule) {
  const std::string text = row.cell("reason");
  if (text.empty()) {
    if (rule.reason_required) row.mistake("reason", "is empty", "a reason: rule " + rule.code + " asks for one");
    return {};
  }
  return digest_of_reason(text);
}

Digest read_evidence(RowReader& row, const contracts::Rule& rule,
                     const std::function<Result<std::string>(const std::string&)>& read_file) {
  const std::string text = row.cell("evidence");
  if (text.empty()) {
    if (rule.evidence_required)
      row.mistake("evidence", "is empty",
                  "a digest, file:NAME or a document's name: rule " + rule.code + " asks for it");
    return {};
  }
  if (const auto digest = Digest::from_hex(text)) return *digest;
  if (!text.starts_with("file:")) return digest_of_evidence(text);
  auto bytes = read_file(text.substr(5));
  if (bytes) return digest_of_evidence(*bytes);
  row.mistake("evidence", quoted(text) + ", and the file " + bytes.error().problem, "a file that can be read");
  return {};
}

template <class Claim>
contracts::Operation make_claim(const contracts::Rulebook& rulebook, const contracts::Award& facts) {
  Claim out;
  out.rulebook = rulebook.id;
  out.subject = facts.subject;
  out.rule = facts.rule;
  out.quantity = facts.quantity;
  out.amount = facts.amount;
  out.event_time = facts.event_time;
  out.reason = facts.reason;
  out.evidence = facts.evidence;
  return out;
}

void read_row(RowReader& reader, std::size_t number, const contracts::Rulebook& rulebook, TimestampMs block_time,
              const std::function<Result<std::string>(const std::string&)>& read_file, Sheet& sheet) {
  contracts::Award facts;
  const std::string subject = reader.cell("subject");
  if (const auto handle = SubjectHandle::from_hex(subject))
    facts.subject = *handle;
  else
    reader.mistake("subject", quoted(subject), "a handle of 32 lower-case hexadecimal digits");
  const contracts::Rule* rule = read_rule(reader, rulebook);
  facts.event_time = read_event_time(reader, rulebook, block_time);
  if (rule == nullptr) return;
  facts.rule = rule->code;
  facts.quantity = read_quantity(reader, *rule);
  facts.amount = read_amount(reader, rulebook);
  facts.reason = read_reason(reader, *rule);
  facts.evidence = read_evidence(reader, *rule, read_file);
  if (!reader.good()) return;
  const auto change = contracts::amount_of(rulebook, *rule, facts.quantity, facts.amount);
  if (!change) {
    const bool quantity = change.error().problem.find("quantity") != std::string::npos;
    return reader.mistake(quantity ? "quantity" : "amount", change.error());
  }
  sheet.rows.push_back(
      {number,
       rule->adverse() ? make_claim<contracts::Deduct>(rulebook, facts) : make_claim<contracts::Award>(rulebook, facts),
       *change});
}

void find_doubles(Sheet& sheet) {
  std::map<Bytes, std::size_t> seen;
  for (const auto& row : sheet.rows) {
    const auto [first, fresh] = seen.emplace(contracts::encode_operation(row.operation), row.row);
    if (!fresh)
      sheet.doubts.push_back("row " + std::to_string(row.row) + " says the same as row " +
                             std::to_string(first->second));
  }
}

}  // namespace

Sheet read_sheet(std::string_view text, const contracts::Rulebook& rulebook, TimestampMs block_time,
                 const std::function<Result<std::string>(const std::string& name)>& read_file) {
  Sheet out;
  CsvFile file = parse_csv(text);
  const bool headed = !file.columns.empty();
  if (headed) check_columns(file);
  out.mistakes = file.mistakes;
  const bool columns_good = std::none_of(file.mistakes.begin(), file.mistakes.end(),
                                         [](const CsvMistake& mistake) { return mistake.row == 1; });
  if (!columns_good) return out;
  for (const auto& row : file.rows) {
    RowReader reader(file, row, out.mistakes);
    read_row(reader, row.row, rulebook, block_time, read_file, out);
  }
  if (out.rows.empty() && out.mistakes.empty())
    out.mistakes.push_back({2, "", "there are no rows", "a row for each entry below the header"});
  std::stable_sort(out.mistakes.begin(), out.mistakes.end(),
                   [](const CsvMistake& left, const CsvMistake& right) { return left.row < right.row; });
  find_doubles(out);
  return out;
}

std::optional<Failure> failure_of(const Sheet& sheet, const std::string& name) {
  if (sheet.mistakes.empty()) return std::nullopt;
  const std::size_t count = sheet.mistakes.size();
  Failure out(ExitCode::bad_input, make_error(ErrorCode::invalid_field, "",
                                              name + " has " + std::to_string(count) +
                                                  (count == 1 ? " mistake" : " mistakes") + "; nothing was sent"));
  for (std::size_t i = 0; i < std::min(count, kMistakesShown); ++i)
    out.details.push_back(name + ": " + sheet.mistakes[i].text());
  if (count > kMistakesShown) out.details.push_back("and " + std::to_string(count - kMistakesShown) + " more");
  out.next = "correct the sheet and submit it again";
  return out;
}

}  // namespace tally::cli
