#include "cel_cases/cases.h"

#include <charconv>

#include "cel/program.h"
#include "cel/utf8.h"
#include "cel_cases/value_json.h"

namespace tally::cel_cases {

namespace {

constexpr std::array<std::string_view, 14> kCore = {"basic",  "integer_math", "fp_math", "comparisons", "conversions",
                                                    "fields", "lists",        "logic",   "macros",      "namespace",
                                                    "parse",  "plumbing",     "string",  "timestamps"};
constexpr std::uint64_t kBudget = 1'000'000;

bool flag_at(const Json& test, const char* name) {
  const auto at = test.find(name);
  return at != test.end() && at->is_boolean() && at->get<bool>();
}

// The JSON form of the suite keeps escapes of its source, \u0100 and \U0001f62c, in some texts that are wanted; what
// they stand for is right too.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digits = text.compare(i, 2, "\\u") == 0 ? 4 : text.compare(i, 2, "\\U") == 0 ? 8 : 0;
    std::uint32_t point = 0;
    const char* first = text.data() + i + 2;
    if (digits > 0 && i + 2 + digits <= text.size() &&
        std::from_chars(first, first + digits, point, 16).ptr == first + digits) {
      cel::append_utf8(out, point);
      i += 1 + digits;
    } else {
      if (text.compare(i, 2, "\\?") == 0) ++i;
      out.push_back(text[i]);
    }
  }
  return out;
}

bool is_wanted(const cel::Value& value, const cel::Value& wanted) {
  if (cel::text_of(value) == cel::text_of(wanted)) return true;
  const auto* text = value.box<cel::TextBox>();
  const auto* other = wanted.box<cel::TextBox>();
  if (text != nullptr && other != nullptr) return text->value == unescaped(other->value);
  const auto* bytes = value.box<cel::BytesBox>();
  const auto* others = wanted.box<cel::BytesBox>();
  return bytes != nullptr && others != nullptr &&
         as_text(bytes->value) == unescaped(std::string(as_text(others->value)));
}

struct Scene {
  cel::Environment environment;
  std::vector<cel::Value> values;
};

Result<Scene> scene_of(const Json& test) {
  Scene out;
  out.environment.set_container(text_at(test, "container"));
  const Json types = test.value("type_env", Json::object());
  for (const auto& [name, text] : types.items()) {
    auto type = type_of_text(text.is_string() ? text.get<std::string>() : std::string());
    if (!type) return Error(type.error()).within(name);
    out.environment.add_variable(name, *type);
  }
  const Json bindings = test.value("bindings", Json::object());
  for (const auto& [name, json] : bindings.items()) {
    auto value = tagged_value(json);
    if (!value) return Error(value.error()).within(name);
    if (!out.environment.position(name)) out.environment.add_variable(name, {});
    out.values.resize(out.environment.variables().size(), cel::Value::error(cel::Failure::unknown_name, "no value"));
    out.values[*out.environment.position(name)] = std::move(*value);
  }
  return out;
}

std::string wanted_of(const Json& test) {
  std::string out;
  if (const auto value = test.find("value"); value != test.end()) {
    const auto known = tagged_value(*value);
    out = known ? cel::text_of(*known) : "an unreadable value: " + known.error().text();
  } else if (test.contains("error")) {
    out = "an error";
  }
  if (const auto type = test.find("deduced_type"); type != test.end())
    out += (out.empty() ? "" : " ") + ("of type " + type->get<std::string>());
  return out;
}

}  // namespace

std::span<const std::string_view> core_files() {
  return kCore;
}

std::string text_at(const Json& test, const char* name) {
  const auto at = test.find(name);
  return at != test.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::string name_of(const Json& test) {
  return text_at(test, "file") + "/" + text_at(test, "section") + "/" + text_at(test, "name");
}

Verdict run_case(const Json& test) {
  Verdict out{false, "", wanted_of(test)};
  const auto scene = scene_of(test);
  if (!scene) {
    out.got = scene.error().text();
    return out;
  }
  cel::CompileOptions options;
  options.macros = !flag_at(test, "disable_macros");
  options.check = !flag_at(test, "disable_check");
  const auto compiled = cel::compile(text_at(test, "expr"), scene->environment, options);
  const bool wants_error = test.contains("error");
  if (!compiled.program) {
    out.got = compiled.mistakes.front().text();
    out.passed = wants_error;
    return out;
  }
  out.passed = !wants_error;
  if (!flag_at(test, "check_only")) {
    cel::Evaluation evaluation(kBudget);
    const auto value = cel::evaluate(*compiled.program, scene->values, evaluation);
    out.got = cel::text_of(value);
    const auto wanted = tagged_value(test.value("value", Json()));
    out.passed = wants_error ? value.is_error() : wanted && is_wanted(value, *wanted);
  }
  if (const auto type = test.find("deduced_type"); type != test.end()) {
    out.got += (out.got.empty() ? "" : " ") + ("of type " + compiled.type.text());
    out.passed = out.passed && compiled.type.text() == *type;
  }
  return out;
}

}  // namespace tally::cel_cases
