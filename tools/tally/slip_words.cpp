#include "tally/slip_words.h"

#include "common/time.h"

namespace tally::cli {

namespace {

using contracts::EntryKind;
using contracts::ProofStory;

constexpr std::size_t kShortDigits = 8;

struct Words {
  SlipLanguage language;

  [[nodiscard]] std::string operator()(const char* en, const char* zh) const {
    return language == SlipLanguage::en ? en : zh;
  }
  [[nodiscard]] std::string of(const contracts::Title& title) const {
    const auto& own = language == SlipLanguage::en ? title.en : title.zh;
    return own.empty() ? (language == SlipLanguage::en ? title.zh : title.en) : own;
  }
};

std::string kind_words(EntryKind kind, const Words& words) {
  switch (kind) {
    case EntryKind::opening:
      return words("account opened", "开户");
    case EntryKind::award:
      return words("award", "加分");
    case EntryKind::deduction:
      return words("deduction", "扣分");
    case EntryKind::reversal:
      return words("taken back", "更正");
    case EntryKind::expiry:
      return words("a deduction has run its term", "扣分到期");
    case EntryKind::spending:
      return words("points spent", "积分使用");
    case EntryKind::lapse:
      return words("points lapsed", "积分失效");
    case EntryKind::reset:
      return words("new period", "新周期");
  }
  return {};
}

std::string people_of(const contracts::Entry& entry, const Words& words) {
  if (entry.proposer.is_zero()) return words("by block time alone", "到期自动记入");
  std::string out = words("proposed by ", "经办 ") + entry.proposer.hex().substr(0, kShortDigits);
  if (entry.endorser) out += words(", endorsed by ", "，复核 ") + entry.endorser->hex().substr(0, 8);
  out += words(", block ", "，区块 ") + std::to_string(entry.height.value);
  if (entry.reverses) out += words(", takes back entry ", "，更正第 ") + std::to_string(*entry.reverses);
  return out;
}

// Whatever takes an entry back stands behind it, and all entries behind it are proven with it.
std::string taken_back(const contracts::ProvenEntry& proven, const ProofStory& story, const Words& words) {
  for (const auto& later : story.entries)
    if (later.entry.reverses == proven.index)
      return words(", TAKEN BACK by entry ", "，已由以下记录更正：") + std::to_string(later.index);
  return {};
}

slip::EntryLine line_of(const contracts::ProvenEntry& proven, const ProofStory& story, const Words& words) {
  const auto& entry = proven.entry;
  std::string what =
      std::to_string(proven.index) + ". " + kind_words(entry.kind, words) + taken_back(proven, story, words);
  if (!entry.rule.empty()) what += ": " + entry.rule + " " + words.of(proven.rule_title);
  std::string change = story.rulebook->points(entry.change);
  if (entry.change.value > 0) change.insert(0, "+");
  return {format_day(entry.event_time), what, change, story.rulebook->points(entry.score), people_of(entry, words)};
}

std::string signers_of(const CheckedProof& proof) {
  std::string out;
  for (const auto signer : proof.verified.signers)
    out += (out.empty() ? "" : ", ") + proof.verified.validators.members[signer.value].name;
  return out;
}

}  // namespace

slip::Page slip_page(const CheckedProof& proof, const ledger::Genesis& genesis, SlipLanguage language) {
  const Words words{language};
  const ProofStory& story = *proof.story;
  const auto& header = proof.document.header;
  const auto* book = story.rulebook->book(story.account.book);
  slip::Page page;
  page.network = genesis.name;
  page.title = words.of(story.rulebook->title);
  page.subject = words("account ", "账户 ") + story.account.subject.hex();
  if (genesis.clock == ledger::ClockMode::test)
    page.warning = words("TEST CLOCK: block time is driven by clients. This slip is worth nothing outside a trial.",
                         "测试时钟：区块时间由客户端推动。此凭条仅供试用，无实际效力。");
  page.score = story.rulebook->points(story.record.score);
  page.score_note = words("points", "分");
  if (book != nullptr) {
    const auto& band = book->band_of(story.record.score);
    page.score_note +=
        words(", ", "，") + std::to_string(band.stars) + words(" stars: ", " 星：") + words.of(band.title);
  }
  if (story.record.pending.value != 0)
    page.facts.emplace_back(words("open cases may take", "未结案件可能扣"),
                            story.rulebook->points(Amount{-story.record.pending.value}));
  page.facts.emplace_back(words("rulebook", "规则"), story.account.rulebook + words(" version ", " 版本 ") +
                                                         std::to_string(story.rulebook_version) + ", " +
                                                         words("book ", "账本 ") + story.account.book);
  page.facts.emplace_back(words("as of", "截至"), format_time(header.time) + words(", block ", "，区块 ") +
                                                      std::to_string(header.height.value));
  page.facts.emplace_back(words("certified by", "共识签名"),
                          std::to_string(proof.verified.signers.size()) + "/" +
                              std::to_string(proof.verified.validators.members.size()) + ": " + signers_of(proof));
  const std::string chain = proof.document.chain.hex();
  page.facts.emplace_back(words("chain ", "链 ") + chain.substr(0, kShortDigits) + words(", in full", "，全称"), chain);
  page.columns = {words("date", "日期"), words("what", "事项"), words("change", "变动"), words("score", "积分"), ""};
  page.entries_title = words("The last entries", "最近记录");
  for (auto entry = story.entries.rbegin(); entry != story.entries.rend(); ++entry)
    page.entries.push_back(line_of(*entry, story, words));
  const std::size_t left_out = story.record.entries - story.entries.size();
  if (left_out > 0)
    page.entries_note =
        std::to_string(left_out) + words(" earlier entries are not on this slip", " 条更早的记录未列于此凭条");
  page.how = words(
      "Anybody can check this slip without asking whoever printed it: photograph or scan the codes below, then "
      "`tally verify PICTURE --genesis genesis.json`, with the genesis from an office that you trust.",
      "任何人都可自行核验此凭条，无需询问打印者：拍摄或扫描下方的码，然后运行 "
      "`tally verify 图片 --genesis genesis.json`，genesis.json 取自您信任的机构。");
  page.codes_note =
      words("The codes hold the proof: values, their paths, the block's header and the signatures over it.",
            "码中含有证明：数值、路径、区块头及其签名。");
  return page;
}

}  // namespace tally::cli
