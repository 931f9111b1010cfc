// text.matches(pattern): RE2's syntax, and the bounds of what a pattern may be and cost.
#include <random>
#include <re2/re2.h>

#include "cel/evaluated.h"
#include "cel/pattern_size.h"

namespace tally::cel {

TEST_CASE("cel matches: anywhere in the text") {
  check_all({
      {"'abcd'.matches('bc')", "true"},
      {"'abcd'.matches('^bc')", "false"},
      {"matches('grey', '^gr(a|e)y$')", "true"},
      {"''.matches('')", "true"},
      {"''.matches('foo|bar')", "false"},
      {"'ñ'.matches('^.$')", "true"},
      {"'🐱😀😀'.matches('(a|😀){2}')", "true"},
      {"'K'.matches('(?i)k')", "true"},
      {R"('110101199003078515'.matches(r'^\d{17}[\dXx]$'))", "true"},
      {R"('2026-03-01T08:00:00'.matches(r'^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})$'))", "true"},
      {R"('王小明'.matches(r'^[\x{4E00}-\x{9FFF}]{2,20}$'))", "true"},
      {R"('a{b'.matches(r'a{b'))", "true"},
      {R"(']'.matches(r'^[]a]$') && !'}'.matches(r'[^]{3}]'))", "true"},
  });
}

TEST_CASE("cel matches: what is refused") {
  check_all({
      {"'a'.matches('(')", "error: matches: the pattern \"(\" is no regular expression of RE2: missing"},
      {"'a'.matches(')')", "error: matches: the pattern \")\" is no regular expression"},
      {"'a'.matches('[')", "error: matches: the pattern \"[\" is no regular expression"},
      {"'a'.matches('a**')", "error: matches: the pattern \"a**\" is no regular expression"},
      {R"('a'.matches(r'(a)\1'))", "error: matches: the pattern"},
      {R"('a'.matches(r'\p{Han}'))", "error: matches: the pattern \"\\p{Han}\" uses a Unicode class"},
      {R"('a'.matches(r'[a\PL]'))", "error: matches: the pattern"},
      {R"('a'.matches(r'\Qa\E'))", "error: matches: the pattern \"\\Qa\\E\" uses \\Q"},
      {R"('a'.matches(r'\C'))", "error: matches: the pattern \"\\C\" uses \\C"},
      {R"('a'.matches(r'\\'))", "false"},
      {"'a'.matches('a{1025}')", "error: matches: the pattern \"a{1025}\" is too large"},
      {"'a'.matches('(a{40}){40}')", "error: matches: the pattern \"(a{40}){40}\" is too large"},
      {"'a'.matches('((a{20}){20}){20}')", "error: matches: the pattern \"((a{20}){20}){20}\" is too large"},
      {"'a'.matches('(a{0,40}){0,40}')", "error: matches: the pattern \"(a{0,40}){0,40}\" is too large"},
      {"'a'.matches('.{40}(?i){40}')", "error: matches: the pattern \".{40}(?i){40}\" is too large"},
      {"'a'.matches('(a{40})*(?s-m){40}')", "error: matches: the pattern \"(a{40})*(?s-m){40}\" is too large"},
      {"'a'.matches('a{99999999999}')", "error: matches: the pattern \"a{99999999999}\" is too large"},
  });
  const std::string longest(1024, 'a');
  CHECK(evaluated("'a'.matches('" + longest + "')") == "false");
  CHECK(evaluated("'a'.matches('" + longest + "a')").starts_with("error: matches: the pattern"));
  const std::string deep = std::string(64, '(') + "a" + std::string(64, ')');
  CHECK(evaluated("'a'.matches('" + deep + "')").find("is too large") != std::string::npos);
}

TEST_CASE("cel matches: the largest patterns that are taken compile, and match within their cost") {
  std::string optional = "^";
  for (int i = 0; i < 500; ++i) optional += "a?";
  for (const std::string& pattern : {std::string(1000, '.'), std::string("(.{0,30}){0,30}$"), std::string(".{1000}b"),
                                     std::string("(a?){300}a{100}b"), optional + "b"}) {
    INFO(pattern);
    const std::string source = "'" + std::string(5000, 'a') + "'.matches('" + pattern + "')";
    const std::string value = evaluated(source, 1'000'000);
    CHECK((value == "true" || value == "false"));
    CHECK(evaluated(source, 5'000) == text_of(out_of_budget()));
  }
}

TEST_CASE("cel matches: the cost does not depend on what was matched before") {
  const Environment environment;
  const auto used = [&](const std::string& pattern) {
    const Compiled compiled = compile("'aaaa'.matches('" + pattern + "')", environment);
    REQUIRE(compiled.program);
    Evaluation evaluation(1'000'000);
    evaluate(*compiled.program, {}, evaluation);
    return 1'000'000 - evaluation.left();
  };
  const std::uint64_t fresh = used("a+b");
  CHECK(used("a+b") == fresh);
  for (char letter = 'c'; letter < 'z'; ++letter) used(std::string(3, letter));
  CHECK(used("a+b") == fresh);
}

TEST_CASE("cel matches: no pattern that is taken is too large for RE2") {
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"a",
                                           "k",
                                           ".",
                                           "[^a]",
                                           "\\d",
                                           "\\W",
                                           "[a-z]",
                                           "(",
                                           ")",
                                           "(",
                                           "(?:",
                                           ")",
                                           "*",
                                           "+",
                                           "?",
                                           "|",
                                           "{3}",
                                           "{0,20}",
                                           "{5,}",
                                           "{30}",
                                           "{100}",
                                           "[]a]",
                                           "[^]{9}]",
                                           "\\{",
                                           "\\x{4E00}",
                                           "[\\x{80}-\\x{10FFFF}]",
                                           "(?i)",
                                           "(?s)",
                                           "(?-i)",
                                           "(?U)",
                                           "(?i:",
                                           "(?P<a>",
                                           "é",
                                           "[[:^word:]]",
                                           "{",
                                           "}",
                                           "]",
                                           "{9999}",
                                           "\\\\",
                                           "^",
                                           "$",
                                           "\\b",
                                           "[^\\x00-\\x7F]"};
  RE2::Options options;
  options.set_max_mem(kPatternMemoryBytesMax);
  options.set_log_errors(false);
  int compiled = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string pattern;
    for (std::size_t count = 1 + random() % 14; count > 0; --count) pattern += pieces[random() % pieces.size()];
    const PatternSize size = measure_pattern(pattern);
    if (!size.problem.empty()) continue;
    INFO(pattern);
    const RE2 matcher(pattern, options);
    REQUIRE(matcher.error_code() != RE2::ErrorPatternTooLarge);
    if (!matcher.ok()) continue;
    ++compiled;
    REQUIRE(static_cast<std::uint64_t>(matcher.ProgramSize()) <= 14 * (size.work + 4));
  }
  CHECK(compiled > 1'000);
}

}  // namespace tally::cel
