#include "rulebook/difference.h"

#include <set>

#include "rulebook/direction.h"

namespace tally::rulebook {

namespace {

constexpr std::size_t kWordsBytesMax = 96;
// Lists of short names (roles) are one value; lists of texts are compared text by text.
constexpr std::size_t kNameBytesMax = 32;

std::string shortened(std::string text) {
  if (text.size() <= kWordsBytesMax) return text;
  std::size_t end = kWordsBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string scalar_words(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_scalar(const Json& value) {
  return !value.is_object() && !value.is_array();
}

bool all(const Json& list, bool (*holds)(const Json&)) {
  return std::all_of(list.begin(), list.end(), holds);
}

std::string amount_words(const Json& amount) {
  const auto field = [&](const char* name) {
    const auto found = amount.find(name);
    return found == amount.end() ? std::string() : scalar_words(*found);
  };
  if (const auto points = field("points"); !points.empty()) {
    const auto units = field("units");
    return units.empty() ? points : points + " per " + units;
  }
  return field("from").empty() ? "" : field("from") + " to " + field("to");
}

// Which field names the elements of both lists, if one does.
std::optional<std::string> identity_of(const Json& before, const Json& after) {
  for (const char* name : {"code", "id", "subject", "name", "stars", "per"}) {
    bool good = true;
    for (const Json* list : {&before, &after}) {
      std::set<std::string> seen;
      for (const auto& element : *list) {
        const bool has = element.is_object() && element.contains(name) && is_scalar(element[name]);
        good = good && has && seen.insert(scalar_words(element[name])).second;
      }
    }
    if (good) return name;
  }
  return std::nullopt;
}

class Comparison {
 public:
  std::vector<Difference> run(const Json& before, const Json& after) {
    each_field(before, after, [this](const std::string& name, const Json* old_value, const Json* new_value) {
      const Json* any = new_value != nullptr ? new_value : old_value;
      part_ = is_scalar(*any) || name == "title" || name == "legal_basis" || name == "corrections" ? "heading" : name;
      rule_ = nullptr;
      value(name, part_ == "heading" ? name : "", old_value, new_value);
    });
    return std::move(out_);
  }

 private:
  template <class Visit>
  static void each_field(const Json& before, const Json& after, Visit&& visit) {
    for (const auto& [name, new_value] : after.items()) {
      const auto old_value = before.find(name);
      visit(name, old_value == before.end() ? nullptr : &*old_value, &new_value);
    }
    for (const auto& [name, old_value] : before.items())
      if (!after.contains(name)) visit(name, &old_value, nullptr);
  }

  static std::string joined(const std::string& where, const std::string& more) {
    return where.empty() ? more : where + ", " + more;
  }

  void add(const std::string& fields, const std::string& where, const Json* before, const Json* after) {
    Difference out;
    out.part = part_;
    out.where = where;
    out.what = before == nullptr ? What::added : after == nullptr ? What::removed : What::changed;
    if (before != nullptr) out.before = *before;
    if (after != nullptr) out.after = *after;
    out.direction = direction_of({fields, before, after, rule_});
    out_.push_back(std::move(out));
  }

  void value(const std::string& fields, const std::string& where, const Json* before, const Json* after) {
    if (before == nullptr || after == nullptr) {
      const Json& list = before == nullptr ? *after : *before;
      // A list of things that is new altogether: each of them is.
      if (list.is_array() && !list.empty() && all(list, [](const Json& one) { return one.is_object(); }))
        return elements(fields, where, before == nullptr ? Json::array() : *before,
                        after == nullptr ? Json::array() : *after);
      return add(fields, where, before, after);
    }
    if (*before == *after) return;
    if (before->is_object() && after->is_object())
      return each_field(*before, *after, [&](const std::string& name, const Json* old_value, const Json* new_value) {
        value(fields + "." + name, joined(where, name), old_value, new_value);
      });
    if (before->is_array() && after->is_array()) return list(fields, where, *before, *after);
    add(fields, where, before, after);
  }

  void list(const std::string& fields, const std::string& where, const Json& before, const Json& after) {
    const auto is_object = [](const Json& one) { return one.is_object(); };
    if (all(before, is_object) && all(after, is_object)) return elements(fields, where, before, after);
    const auto is_name = [](const Json& one) { return is_scalar(one) && scalar_words(one).size() <= kNameBytesMax; };
    const bool texts =
        all(before, is_scalar) && all(after, is_scalar) && !(all(before, is_name) && all(after, is_name));
    if (!texts) return add(fields, where, &before, &after);
    for (const auto& text : after)
      if (std::find(before.begin(), before.end(), text) == before.end()) add(fields, where, nullptr, &text);
    for (const auto& text : before)
      if (std::find(after.begin(), after.end(), text) == after.end()) add(fields, where, &text, nullptr);
  }

  void elements(const std::string& fields, const std::string& where, const Json& before, const Json& after) {
    const auto identity = identity_of(before, after);
    const auto label = [&](const Json& element, std::size_t index) {
      return identity ? scalar_words(element[*identity]) : "number " + std::to_string(index + 1);
    };
    const auto find = [&](const Json& list, const std::string& wanted) -> const Json* {
      for (std::size_t i = 0; i < list.size(); ++i)
        if (label(list[i], i) == wanted) return &list[i];
      return nullptr;
    };
    const auto one = [&](const std::string& name, const Json* old_value, const Json* new_value) {
      const bool outermost = where.empty();
      if (outermost) rule_ = new_value != nullptr ? new_value : old_value;
      // "limits year": inside other things the list's own name is needed, which `where` ends with.
      value(fields, outermost ? name : where + " " + name, old_value, new_value);
    };
    for (std::size_t i = 0; i < after.size(); ++i) one(label(after[i], i), find(before, label(after[i], i)), &after[i]);
    for (std::size_t i = 0; i < before.size(); ++i)
      if (find(after, label(before[i], i)) == nullptr) one(label(before[i], i), &before[i], nullptr);
  }

  std::vector<Difference> out_;
  std::string part_;
  const Json* rule_ = nullptr;
};

}  // namespace

std::vector<Difference> compare(const Json& before, const Json& after) {
  return Comparison().run(before, after);
}

std::string in_words(const Json& value) {
  if (is_scalar(value)) return shortened(scalar_words(value));
  if (value.is_array() && all(value, is_scalar)) {
    std::string out;
    for (const auto& one : value) out += (out.empty() ? "" : ", ") + scalar_words(one);
    return out.empty() ? "nobody or nothing" : shortened(out);
  }
  if (!value.is_object() || !value.contains("title")) return shortened(value.dump());
  std::string out;
  const auto word = [&](const std::string& text) { out += (out.empty() || text.empty() ? "" : " ") + text; };
  if (value.contains("kind")) word(in_words(value["kind"]));
  if (value.contains("amount") && value["amount"].is_object()) word(amount_words(value["amount"]));
  if (value.contains("at_least")) word("from " + in_words(value["at_least"]));
  const auto& title = value["title"];
  const auto name = title.is_object() && title.contains("en") ? in_words(title["en"]) : in_words(title);
  return shortened(out.empty() ? name : out + ": " + name);
}

}  // namespace tally::rulebook
