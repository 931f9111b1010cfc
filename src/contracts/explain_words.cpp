#include "common/time.h"
#include "contracts/explain.h"

namespace tally::contracts {

namespace {

std::string plain(const Rulebook& rulebook, Amount amount) {
  return rulebook.points(Amount{amount.value < 0 ? -amount.value : amount.value});
}

std::string with_sign(const Rulebook& rulebook, Amount amount) {
  return (amount.value > 0 ? "+" : "") + rulebook.points(amount);
}

// "3.0 for each 4 hours, and 8 hours were said".
Title per_unit_words(const Rulebook& rulebook, const RuleAmount& amount, std::uint32_t quantity) {
  const std::string each = with_sign(rulebook, amount.points);
  const std::string said = std::to_string(quantity);
  const std::string units = amount.units == 1 ? "" : std::to_string(amount.units) + " ";
  return {"每" + units + amount.unit.zh + " " + each + " 分，共 " + said + " " + amount.unit.zh,
          each + " for each " + units + amount.unit.en + ", and " + said + " " + amount.unit.en};
}

Title amount_words(const Rulebook& rulebook, const Rule& rule, const Entry& entry) {
  const RuleAmount& amount = rule.amount;
  const std::string asked = with_sign(rulebook, entry.asked);
  switch (amount.kind) {
    case AmountKind::fixed:
      return {"固定 " + asked + " 分", "always " + asked};
    case AmountKind::per_unit:
      return per_unit_words(rulebook, amount, entry.quantity);
    case AmountKind::range: {
      const std::string from = with_sign(rulebook, amount.from);
      const std::string to = with_sign(rulebook, amount.to);
      return {"由提出人在 " + from + " 至 " + to + " 分之间确定：" + asked + " 分",
              "named by the proposer between " + from + " and " + to + ": " + asked};
    }
    case AmountKind::expression:
      return {"按 `" + amount.computed.source + "` 计算，数量 " + std::to_string(entry.quantity) + "：" + asked + " 分",
              "`" + amount.computed.source + "` with quantity " + std::to_string(entry.quantity) + ": " + asked};
    case AmountKind::none:
      return {"不计分", "no points"};
  }
  return {};
}

// What asks for points by a rule, in place of taking others back or of block time alone.
bool asks(EntryKind kind) {
  return kind == EntryKind::award || kind == EntryKind::deduction || kind == EntryKind::spending;
}

void put_cut(ExplainedStep& step, const Rulebook& rulebook, const Book& book) {
  const Entry& entry = step.entry;
  if (entry.change == entry.asked) return;
  const Amount before{entry.score.value - entry.change.value};
  const bool up = entry.asked.value > 0;
  const bool at_bound =
      up ? before.value + entry.change.value >= book.cap.value : before.value + entry.change.value <= book.floor.value;
  if (entry.reverses && entry.change.value == 0 && !at_bound) {
    step.cut = Cut::period_over;
    step.notes.push_back({"该记录所属周期已结束，不再影响得分", "changes no points: the period of that entry is over"});
    return;
  }
  step.cut = up ? Cut::cap : Cut::floor;
  step.bound = up ? book.cap : book.floor;
  const std::string bound = rulebook.points(*step.bound);
  const std::string asked = plain(rulebook, entry.asked);
  const std::string done = plain(rulebook, entry.change);
  step.notes.push_back(up ? Title{"应加 " + asked + " 分，实加 " + done + " 分：上限为 " + bound + " 分",
                                  asked + " were to come, " + done + " came: the cap is " + bound}
                          : Title{"应减 " + asked + " 分，实减 " + done + " 分：下限为 " + bound + " 分",
                                  asked + " were to go, " + done + " went: the floor is " + bound});
}

void put_origin(ExplainedStep& step, const Rulebook& rulebook, const Book& book) {
  const Entry& entry = step.entry;
  const std::string other = entry.reverses ? std::to_string(*entry.reverses) : "";
  switch (entry.kind) {
    case EntryKind::opening:
      step.notes.push_back(
          {"开户，起始分 " + rulebook.points(entry.asked), "the account was opened at the start of its book"});
      break;
    case EntryKind::reversal:
      step.notes.push_back({"更正：撤回第 " + other + " 条", "a correction: takes back entry " + other});
      break;
    case EntryKind::expiry:
      step.notes.push_back({"第 " + other + " 条扣分到期，分数恢复",
                            "the deduction of entry " + other + " has run its term: its points come back"});
      break;
    case EntryKind::lapse:
      step.notes.push_back({"逾期未用的积分清零", "points that were not spent in time are gone"});
      break;
    case EntryKind::reset:
      step.notes.push_back({"新周期开始，回到起始分 " + rulebook.points(book.start),
                            "a new period began: back to the start, " + rulebook.points(book.start)});
      break;
    case EntryKind::deduction:
      step.notes.push_back(step.objection
                               ? Title{"异议被驳回后生效", "took effect after an objection was dismissed"}
                               : Title{"异议期满无异议，生效", "took effect when nobody had objected in time"});
      break;
    case EntryKind::spending:
      step.notes.push_back(
          entry.endorser ? Title{"主体无密钥，由第二人见证", "a second person witnessed it: the subject has no key"}
                         : Title{"主体本人已签名", "the subject itself signed"});
      break;
    case EntryKind::award:
      break;
  }
}

}  // namespace

void put_words(ExplainedStep& step, const Rulebook& rulebook, const Book& book) {
  const Rule* rule = rulebook.rule(step.entry.rule);
  if (rule != nullptr && asks(step.entry.kind)) step.how = amount_words(rulebook, *rule, step.entry);
  put_origin(step, rulebook, book);
  put_cut(step, rulebook, book);
  if (!step.taken_back_by) return;
  const std::string by = std::to_string(*step.taken_back_by);
  step.notes.push_back({"已被第 " + by + " 条撤回", "taken back by entry " + by});
}

Title words_for_case(const Rulebook& rulebook, const CaseRecord& record) {
  const std::string points = plain(rulebook, record.change);
  const std::string until = format_time(record.deadline);
  const Title takes{"将扣 " + points + " 分", "would take " + points};
  switch (record.state) {
    case CaseState::proposed:
      return {takes.zh + "；" + until + " 前须有第二人背书，否则失效",
              takes.en + "; lapses at " + until + " unless a second person endorses it"};
    case CaseState::endorsed:
      return {takes.zh + "；" + until + " 前无异议则生效",
              takes.en + "; takes effect at " + until + " unless somebody objects"};
    case CaseState::disputed:
      return {takes.zh + "；已提出异议，" + until + " 前未裁决则撤销",
              takes.en + "; somebody objected, and it is dropped at " + until + " unless that is dismissed"};
    default:
      return takes;
  }
}

}  // namespace tally::contracts
