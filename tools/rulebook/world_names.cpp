// Names of a scenario, and what is read of its chain.
#include "common/nearest.h"
#include "contracts/records.h"
#include "crypto/digest.h"
#include "rulebook/world.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

constexpr crypto::Domain kScenarioDomain{"tally.scenario"};

template <class Fixed>
Fixed named(std::string_view use, std::string_view name) {
  const Digest digest = crypto::digest(kScenarioDomain, as_bytes(use), as_bytes(name));
  return *Fixed::from_view(digest.view().first(Fixed::kSize));
}

// Stops: nothing has this name. Says which is near, or all there are.
template <class Named>
[[noreturn]] void unknown(const Word& word, const std::string& kind,
                          const std::map<std::string, Named, std::less<>>& known) {
  std::vector<std::string> names;
  std::string all;
  for (const auto& [name, value] : known) {
    names.push_back(name);
    all += (all.empty() ? "" : ", ") + name;
  }
  const auto near = nearest_word(word.text, names);
  World::stop_at(word,
                 !near.empty() ? "perhaps " + near
                 : all.empty() ? kind + "; there is none yet"
                               : kind + ": " + all,
                 "there is no " + kind + " \"" + word.text + "\"");
}

template <class Named>
const Named& find(const Word& word, const std::string& kind, const std::map<std::string, Named, std::less<>>& known) {
  const auto found = known.find(word.text);
  if (found == known.end()) unknown(word, kind, known);
  return found->second;
}

}  // namespace

void World::check_free(const Word& name) const {
  if (begins_statement(name.text)) stop_at(name, "another name", "\"" + name.text + "\" begins statements");
  const bool taken = officers_.contains(name.text) || subjects_.contains(name.text) || made_.contains(name.text) ||
                     proposals_.contains(name.text);
  if (taken) stop_at(name, "a name that is free", "\"" + name.text + "\" is taken already");
}

void World::define_unit(const Word& path) {
  units_[path.text] = path.text;
}

UnitId World::unit(const Word& word) const {
  if (const auto found = units_.find(word.text); found != units_.end()) return found->second;
  std::map<std::string, UnitId, std::less<>> by_last_part;
  for (const auto& [path, unit] : units_) {
    const auto part = path.substr(path.rfind('/') + 1);
    if (part == word.text && by_last_part.contains(part))
      stop_at(word, "the whole path", "several units end with \"" + word.text + "\"");
    by_last_part[part] = unit;
  }
  return find(word, "unit", by_last_part);
}

const Officer& World::define_officer(const Word& name) {
  check_free(name);
  return officers_[name.text] = Officer{named<PersonId>("person", name.text)};
}

const Officer& World::officer(const Word& name) const {
  return find(name, "officer", officers_);
}

const Subject& World::define_subject(const Word& name, UnitId unit, bool has_key) {
  check_free(name);
  return subjects_[name.text] = Subject{named<SubjectHandle>("subject", name.text), std::move(unit), has_key};
}

const Subject& World::subject(const Word& name) const {
  return find(name, "subject", subjects_);
}

const Made& World::made(const Word& name) const {
  return find(name, "award, deduction or case", made_);
}

std::uint64_t World::proposal_number(const Word& name) const {
  return find(name, "proposal", proposals_);
}

std::uint64_t World::case_number(const Word& name) const {
  const auto& item = made(name);
  if (!item.case_number) stop_at(name, "a deduction or a workflow's case", "\"" + name.text + "\" is an award");
  return *item.case_number;
}

std::uint64_t World::entry(const Word& name) const {
  const auto& item = made(name);
  if (item.entry) return *item.entry;
  if (!item.account) stop_at(name, "an award or a deduction", "\"" + name.text + "\" is a workflow's case");
  const auto view = must(queries_.case_of(reader(), case_number(name)));
  if (!view.record.entry) stop_at(name, "a deduction that took effect", "\"" + name.text + "\" has no entry yet");
  return *view.record.entry;
}

void World::use_rulebook(const Word& id) {
  if (std::find(rulebooks_.begin(), rulebooks_.end(), id.text) == rulebooks_.end()) {
    std::string all;
    for (const auto& known : rulebooks_) all += (all.empty() ? "" : ", ") + known;
    stop_at(id, "one of " + all, "there is no rulebook \"" + id.text + "\"");
  }
  rulebook_id_ = id.text;
}

std::string World::file(const Word& name) const {
  auto text = read_file_(name.text);
  if (!text) stop_at(name, "a file in the rulebook's folder", "\"" + name.text + "\" cannot be read");
  return *std::move(text);
}

std::string World::add_rulebook(const Word& name) {
  auto text = file(name);
  const auto compiled = compile_rulebook(text);
  if (compiled.rulebook == nullptr)
    stop_at(name, "a rulebook without mistakes (tally rulebook check)",
            name.text + ": " + compiled.problems.front().text());
  if (std::find(rulebooks_.begin(), rulebooks_.end(), compiled.rulebook->id) == rulebooks_.end())
    rulebooks_.push_back(compiled.rulebook->id);
  return text;
}

RulebookPtr World::rulebook() const {
  return must(queries_.rulebook_at(reader(), rulebook_id_, now()));
}

std::vector<Entry> World::entries(const Account& account) const {
  std::vector<Entry> out;
  std::optional<std::uint64_t> before;
  while (true) {
    const auto page = must(queries_.history(reader(), account.rulebook, account.book, account.subject, before, 1000));
    for (const auto& item : page.entries) out.push_back(item.entry);
    if (!page.next) break;
    before = page.next;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

Amount World::points(const Word& word) const {
  auto value = parse_amount(word.text, rulebook()->scale);
  if (!value) stop_at(word, value.error().expected, value.error().problem);
  return *value;
}

std::string World::points_text(Amount points) const {
  return rulebook()->points(points);
}

std::string World::name_of(const SubjectHandle& subject) const {
  for (const auto& [name, item] : subjects_)
    if (item.handle == subject) return name;
  return subject.short_hex();
}

std::string World::with_names(std::string message) const {
  const auto replace = [&](const std::string& id, const std::string& name) {
    for (auto at = message.find(id); at != std::string::npos; at = message.find(id, at + name.size()))
      message.replace(at, id.size(), name);
  };
  for (const auto& [name, item] : officers_) replace(item.id.short_hex(), name);
  for (const auto& [name, item] : subjects_) replace(item.handle.hex(), name);
  return message;
}

std::vector<Account> World::accounts() const {
  std::vector<Account> out;
  for (const auto& id : rulebooks_) {
    // Not in force yet: nobody has an account.
    const auto rulebook = queries_.rulebook_at(reader(), id, now());
    if (!rulebook) continue;
    for (const auto& [name, item] : subjects_)
      for (const auto& book : (*rulebook)->books) {
        const Account account{id, book.code, item.handle};
        if (must(reader().get(storage::Column::state, account_key(account)))) out.push_back(account);
      }
  }
  return out;
}

std::optional<Account> World::account_of(const Match& match) const {
  for (const char* slot : {"CASE", "ENTRY"}) {
    if (!match.has(slot)) continue;
    const auto found = made_.find(match[slot].text);
    if (found != made_.end()) return found->second.account;
  }
  if (!match.has("SUBJECT")) return std::nullopt;
  const auto found = subjects_.find(match["SUBJECT"].text);
  if (found == subjects_.end()) return std::nullopt;
  std::string book = match.text("BOOK");
  if (const Rule* rule = match.has("RULE") && book.empty() ? rulebook()->rule(match["RULE"].text) : nullptr)
    book = rule->book;
  const auto id = queries_.account_id(reader(), rulebook_id_, book, found->second.handle, now());
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace tally::rulebook
