// Purpose: strict reading of one JSON object that people write: every field is asked for once; what is left over
// is unknown. Mistakes gather, so that one check names them all.
// Thread rule: one thread.
// Errors: each has the path of the field, its problem and what would be right.
// Included by document readers only, because nlohmann-json is dear to compile.
#pragma once

#include "common/amount.h"
#include "common/json.h"
#include "common/json_places.h"
#include "contracts/rulebook.h"

namespace tally::contracts {

class DocumentReader {
 public:
  DocumentReader(const Json& json, std::string path, std::vector<Error>& problems);

  [[nodiscard]] bool has(std::string_view name) const;
  // Of all fields, in the document's order.
  [[nodiscard]] std::vector<std::string> names() const;
  // Whether an optional field is there; it counts as known either way.
  bool given(std::string_view name) { return find(name, false) != nullptr; }
  // Null if absent; an absent required field is a mistake.
  const Json* find(std::string_view name, bool required = true);

  std::string text(std::string_view name, bool required = true);
  // An expression's text; longer than other texts may be.
  std::string expression(std::string_view name);
  std::string slug(std::string_view name);
  std::string rule_code(std::string_view name);
  // A code that expressions name as a field: 1 to 32 of [a-z0-9_], a letter first.
  std::string field_code(std::string_view name);
  std::string decimal(std::string_view name);  // a number as text, such as "0.5"
  Title title(std::string_view name);
  Amount points(std::string_view name, unsigned scale);
  std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most);
  bool flag(std::string_view name);
  TimestampMs time(std::string_view name);
  std::vector<Role> roles(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  template <class E>
  E choice(std::string_view name, E otherwise = E{}) {
    const Json* json = find(name);
    if (json == nullptr) return otherwise;
    auto value = from_json<E>(*json);
    if (value) return *value;
    add(name, value.error());
    return otherwise;
  }
  // One of a few words that stand for something.
  template <class E, std::size_t N>
  E word(std::string_view name, const std::pair<std::string_view, E> (&words)[N]) {
    const auto before = mistakes();
    const std::string given = text(name);
    std::string known;
    for (const auto& [one, meaning] : words) {
      if (given == one) return meaning;
      known += (known.empty() ? "one of " : ", ") + std::string(one);
    }
    if (mistakes() == before && has(name)) mistake(name, "is \"" + given + "\"", known);
    return words[0].second;
  }
  // An array has more elements than it may.
  void at_most(std::string_view name, std::size_t most);
  // The field `code` of each element of an array, empty where it is no text. Reports nothing.
  [[nodiscard]] std::vector<std::string> codes_in(std::string_view name) const;
  // Visits each element of an array of objects and closes it.
  template <class Visit>
  void each(std::string_view name, bool required, Visit&& visit) {
    const Json* json = find(name, required);
    if (json == nullptr) return;
    if (!json->is_array()) return mistake(name, "is " + json_detail::kind_of(*json), "an array of objects");
    for (std::size_t i = 0; i < json->size(); ++i) {
      DocumentReader element((*json)[i], path_of(name) + "[" + std::to_string(i) + "]", problems_);
      visit(element);
      element.close();
    }
  }
  // Visits an object and closes it.
  template <class Visit>
  void object(std::string_view name, bool required, Visit&& visit) {
    const Json* json = find(name, required);
    if (json == nullptr) return;
    DocumentReader inner(*json, path_of(name), problems_);
    visit(inner);
    inner.close();
  }

  // The same code was given before in this list.
  void twice(std::string_view name, const std::string& code);
  void mistake(std::string_view name, std::string problem, std::string expected,
               ErrorCode code = ErrorCode::invalid_field);
  // Inside the text of a string field, such as an expression: the path ends with the place, "rules[2].guard(1:14)".
  void mistake_inside(std::string_view name, TextPlace at, std::string problem, std::string expected);
  [[nodiscard]] std::string path_of(std::string_view name) const;
  [[nodiscard]] std::size_t mistakes() const { return problems_.size(); }
  // Reports fields that nobody asked for.
  void close();

 private:
  void add(std::string_view name, Error error);

  const Json& json_;
  std::string path_;
  std::vector<Error>& problems_;
  std::vector<std::string> asked_;
  bool object_ = true;
};

}  // namespace tally::contracts
