#include "rulebook/grammar.h"

#include <algorithm>
#include <charconv>

#include "common/invariant.h"
#include "common/json.h"
#include "common/time.h"
#include "contracts/records.h"

namespace tally::rulebook {

namespace {

using namespace contracts;

std::string any_name(const Word& word) {
  return word.quoted || word.text.empty() ? "a name without quotes" : "";
}
std::string any_text(const Word&) {
  return "";
}
std::string whole_number(const Word& word) {
  std::uint32_t number = 0;
  const char* end = word.text.data() + word.text.size();
  const auto [stop, failed] = std::from_chars(word.text.data(), end, number);
  return word.quoted || failed != std::errc{} || stop != end ? "a whole number" : "";
}
std::string points(const Word& word) {
  return parse_amount(word.text, kScaleMax) ? "" : "points, such as 93.0 or -10";
}
std::string date(const Word& word) {
  return parse_time(word.text) ? "" : "a day that exists, such as 2026-03-01, or a time such as 2026-03-01T08:00:00Z";
}
template <class E>
std::string one_of(const Word& word) {
  const auto value = from_json<E>(Json(word.text));
  return value ? "" : value.error().expected;
}
// "opening, award or reset"
template <class E>
std::string names_of() {
  std::string out;
  std::string last;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
    if (!last.empty()) out += (out.empty() ? "" : ", ") + last;
    last = enumerator.name;
  });
  return out.empty() ? last : out + " or " + last;
}

// "hours=6": a code as rulebooks write them, and something after it.
std::string assigned(const Word& word, const char* expected) {
  const auto at = word.text.find('=');
  const auto code = std::string_view(word.text).substr(0, at);
  const bool good = !word.quoted && at != std::string::npos && !code.empty() &&
                    std::all_of(code.begin(), code.end(),
                                [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  return good ? "" : expected;
}

std::string either(const Word& word, std::string_view one, std::string_view other) {
  return word.text == one || word.text == other ? "" : std::string(one) + " or " + std::string(other);
}

constexpr std::string_view kFieldForms = "as its type is written, a subject by its name";

const SlotKind kSlots[] = {
    {"WHO", "an officer, or a subject that has a key", any_name},
    {"OFFICER", "an officer, or a subject that signs too", any_name},
    {"PERSON", "an officer", any_name},
    {"SUBJECT", "a household or another subject", any_name},
    {"UNIT", "a unit: its path, or the last part of it", any_name},
    {"UNITKIND", names_of<UnitKind>(), one_of<UnitKind>},
    {"ROLE", "a role: " + names_of<Role>(), one_of<Role>},
    {"RULEBOOK", "the id of a rulebook", any_name},
    {"FILE", "a file in the rulebook's folder", any_text},
    {"BOOK", "the code of a book", any_name},
    {"RULE", "a rule's code", any_name},
    {"GATE", "a gate's code", any_name},
    {"CASE", "a name that a deduction or a workflow's case was given with as", any_name},
    {"ENTRY", "a name that an award or a deduction was given with as", any_name},
    {"PROPOSAL", "a name that a proposal was given with as", any_name},
    {"PROPOSALSTATE", names_of<ProposalState>(), one_of<ProposalState>},
    {"PARAMETER", "the name of a parameter of the engine (tally parameters show)", any_name},
    {"FEATURE", "the name of a feature of the engine (tally parameters show)", any_name},
    {"STANDING", "the code of a list or a suspension", any_name},
    {"YESNO", "yes or no", [](const Word& word) { return either(word, "yes", "no"); }},
    {"BENEFIT", "a benefit's code", any_name},
    {"VALUE", "a number, or none", any_name},
    {"NEW", "a name of your own", any_name},
    {"NAME", "a name of your own", any_name},
    {"PAPER", "a name for a document, of your own", any_text},
    {"TEXT", "words in quotes", any_text},
    {"N", "a whole number", whole_number},
    {"OF", "a whole number", whole_number},
    {"POINTS", "points, such as 93.0 or -10", points},
    {"DATE", "a day such as 2026-03-01, or a time such as 2026-03-01T08:00:00Z", date},
    {"ENTRYKIND", names_of<EntryKind>(), one_of<EntryKind>},
    {"STATE", names_of<CaseState>(), one_of<CaseState>},
    {"DECISION", "upheld (the deduction falls) or dismissed (it takes effect)", one_of<Resolution>},
    {"PASSES", "passes or fails", [](const Word& word) { return either(word, "passes", "fails"); }},
    {"LATER", "passes or fails", [](const Word& word) { return either(word, "passes", "fails"); }},
    {"SHOWN", "shown or hidden", [](const Word& word) { return either(word, "shown", "hidden"); }},
    {"REACHED", "reached or missed", [](const Word& word) { return either(word, "reached", "missed"); }},
    {"WORKFLOW", "a workflow's code", any_name},
    {"ACT", "the code of an act of the case's workflow", any_name},
    {"QUEUE", "a queue's code", any_name},
    {"WORKSTATE", "the code of a state of the workflow", any_name},
    {"FIELD", "the code of a field of the case's workflow", any_name},
    {"CONTENT", "what the field holds: " + std::string(kFieldForms) + "; of a list: all of it between commas, or none",
     any_text},
    {"CURRENCY", "the unit of an obligation, such as yuan", any_name},
    {"FIELD=VALUE", "a field and its value, such as hours=6 or place=\"the east field\": " + std::string(kFieldForms),
     [](const Word& word) { return assigned(word, "a field and its value, such as hours=6"); }},
    {"LINK=CASE", "a link and the name of the case it leads to, such as activity=dike",
     [](const Word& word) { return assigned(word, "a link and the name of a case, such as activity=dike"); }},
};

const SlotKind& slot_kind(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kSlots), std::end(kSlots), [&](const auto& kind) { return kind.name == name; });
  invariant(found != std::end(kSlots), "every slot of a statement is listed");
  return *found;
}

bool is_slot(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::span<const SlotKind> slot_kinds() {
  return kSlots;
}

Grammar::Grammar(std::string_view form) {
  std::size_t at = 0;
  elements_ = parse(form, at);
  invariant(!elements_.empty() && at == form.size(), "a form of a statement is whole");
}

std::vector<Grammar::Element> Grammar::parse(std::string_view form, std::size_t& at) {
  std::vector<Element> out;
  while (at < form.size() && form[at] != ']') {
    if (form[at] == ' ') {
      ++at;
      continue;
    }
    Element element;
    if (form[at] == '[') {
      element.kind = Element::Kind::group;
      element.inner = parse(form, ++at);
      invariant(at < form.size() && !element.inner.empty(), "a group of a form is closed and not empty");
      ++at;
    } else {
      const auto end = std::min(form.find_first_of(" ]", at), form.size());
      element.name = form.substr(at, end - at);
      at = end;
      if (element.name.ends_with("...")) {
        element.kind = Element::Kind::list;
        element.name.resize(element.name.size() - 3);
      } else if (is_slot(element.name)) {
        element.kind = Element::Kind::slot;
      }
      if (element.kind != Element::Kind::words) {
        (void)slot_kind(element.name);
      } else {
        for (std::size_t from = 0; from <= element.name.size();) {
          const auto bar = std::min(element.name.find('|', from), element.name.size());
          element.words.push_back(element.name.substr(from, bar - from));
          from = bar + 1;
        }
      }
    }
    out.push_back(std::move(element));
  }
  return out;
}

const std::vector<std::string>& Grammar::first_words() const {
  return elements_.front().words;
}

// One line against one form, from left to right: forms need no way back.
class Grammar::Matcher {
 public:
  explicit Matcher(std::span<const Word> words) : words_(words) {}

  Attempt run(const std::vector<Element>& elements) {
    Attempt out;
    const bool whole = sequence(elements, {});
    if (whole && at_ < words_.size()) descriptions_.emplace_back("the end of the line");
    out.reached = at_;
    out.fixed = std::move(fixed_);
    out.descriptions = std::move(descriptions_);
    if (whole && at_ == words_.size()) out.match = std::move(match_);
    return out;
  }

 private:
  // Words that may come after an element, and whether one of them must.
  struct Follow {
    std::vector<std::string> words;
    bool required = false;
  };
  static Follow following(std::span<const Element> rest, const Follow& outer) {
    Follow out;
    for (const auto& element : rest) {
      const bool group = element.kind == Element::Kind::group;
      const auto& words = group ? element.inner.front().words : element.words;
      out.words.insert(out.words.end(), words.begin(), words.end());
      if (!group) return {std::move(out.words), true};
    }
    out.words.insert(out.words.end(), outer.words.begin(), outer.words.end());
    out.required = outer.required;
    return out;
  }

  bool sequence(std::span<const Element> elements, const Follow& outer) {
    for (std::size_t i = 0; i < elements.size();) {
      if (elements[i].kind != Element::Kind::group) {
        if (!one(elements[i], following(elements.subspan(i + 1), outer))) return false;
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < elements.size() && elements[end].kind == Element::Kind::group) ++end;
      if (!groups(elements.subspan(i, end - i), following(elements.subspan(end), outer))) return false;
      i = end;
    }
    return true;
  }
  // In any order, each at most once.
  bool groups(std::span<const Element> choice, const Follow& after) {
    const Follow inner = following(choice, after);
    std::vector<bool> used(choice.size());
    while (true) {
      bool found = false;
      for (std::size_t i = 0; i < choice.size() && !found; ++i) {
        if (used[i]) continue;
        const Element& first = choice[i].inner.front();
        if (fixed_word(first)) {
          used[i] = found = true;
          if (!sequence(choice[i].inner, inner)) return false;
        } else {
          fixed_.insert(fixed_.end(), first.words.begin(), first.words.end());
        }
      }
      if (!found) return true;
    }
  }
  [[nodiscard]] bool fixed_word(const Element& element) const {
    return at_ < words_.size() && !words_[at_].quoted &&
           std::find(element.words.begin(), element.words.end(), words_[at_].text) != element.words.end();
  }
  void take(const std::string& slot) {
    match_.put(slot, words_[at_++]);
    fixed_.clear();
    descriptions_.clear();
  }
  bool one(const Element& element, const Follow& follow) {
    if (element.kind == Element::Kind::words) {
      if (fixed_word(element)) {
        take(element.name);
        return true;
      }
      fixed_.insert(fixed_.end(), element.words.begin(), element.words.end());
      return false;
    }
    if (!fill(element)) return false;
    return element.kind != Element::Kind::list || rest_of_list(element, follow);
  }
  bool rest_of_list(const Element& element, const Follow& follow) {
    const std::size_t second = at_;
    while (at_ < words_.size() && !follows(follow)) {
      if (fill(element)) continue;
      fixed_.insert(fixed_.end(), follow.words.begin(), follow.words.end());
      return false;
    }
    if (at_ < words_.size() || !follow.required) return true;
    // The list took in words that were meant for something else: it is told where that could have begun.
    at_ = second;
    fixed_ = follow.words;
    return false;
  }
  [[nodiscard]] bool follows(const Follow& follow) const {
    return !words_[at_].quoted &&
           std::find(follow.words.begin(), follow.words.end(), words_[at_].text) != follow.words.end();
  }
  bool fill(const Element& element) {
    const auto& kind = slot_kind(element.name);
    const std::string wrong = at_ < words_.size() ? kind.check(words_[at_]) : kind.meaning;
    if (wrong.empty()) {
      take(element.name);
      return true;
    }
    descriptions_.push_back(wrong);
    return false;
  }

  std::span<const Word> words_;
  std::size_t at_ = 0;
  Match match_;
  std::vector<std::string> fixed_;
  std::vector<std::string> descriptions_;
};

Attempt Grammar::match(std::span<const Word> words) const {
  return Matcher(words).run(elements_);
}

}  // namespace tally::rulebook
