// Functions of texts: tables by evaluation, budgets, and linear search against a plain one.
#include <random>

#include "cel/evaluated.h"
#include "cel/text_search.h"

namespace tally::cel {

TEST_CASE("cel strings: positions count code points") {
  check_all({
      {"'tacocat'.charAt(3)", "\"o\""},
      {"'tacocat'.charAt(7)", "\"\""},
      {"'©αT'.charAt(1)", "\"α\""},
      {"''.charAt(0)", "\"\""},
      {"'tacocat'.charAt(8)", "error: charAt: index out of range: 8"},
      {"'tacocat'.charAt(-1)", "error: charAt: index out of range: -1"},
      {"'tacocat'.indexOf('ac')", "1"},
      {"'tacocat'.indexOf('none')", "-1"},
      {"'tacocat'.indexOf('')", "0"},
      {"'tacocat'.indexOf('', 7)", "7"},
      {"'tacocat'.indexOf('', 8)", "error: indexOf: index out of range: 8"},
      {"'tacocat'.indexOf('a', 2)", "5"},
      {"'tacocat'.indexOf('a', 7)", "error: indexOf: index out of range: 7"},
      {"'tacocat'.indexOf('a', -1)", "error: indexOf: index out of range: -1"},
      {"''.indexOf('a')", "-1"},
      {"'ta©o©αT'.indexOf('©α', 3)", "4"},
      {"'ta©o©αT'.indexOf('©α', 5)", "-1"},
      {"'tacocat'.lastIndexOf('a')", "5"},
      {"'tacocat'.lastIndexOf('')", "7"},
      {"'tacocat'.lastIndexOf('', 3)", "3"},
      {"'tacocat'.lastIndexOf('a', 4)", "1"},
      {"'tacocat'.lastIndexOf('a', 5)", "5"},
      {"'bananananana'.lastIndexOf('nana', 7)", "6"},
      {"'ta©o©αT'.lastIndexOf('©', 3)", "2"},
      {"''.lastIndexOf('@@')", "-1"},
      {"'tacocat'.lastIndexOf('a', 7)", "error: lastIndexOf: index out of range: 7"},
      {"'tacocat'.substring(4)", "\"cat\""},
      {"'tacocat'.substring(7)", "\"\""},
      {"'ta©o©αT'.substring(2, 6)", "\"©o©α\""},
      {"'tacocat'.substring(2, 2)", "\"\""},
      {"'tacocat'.substring(8)", "error: substring: index out of range: 8"},
      {"'tacocat'.substring(0, 8)", "error: substring: index out of range: 8"},
      {"'tacocat'.substring(2, 1)", "error: substring: the end 1 lies before the start 2"},
      {"'tacocat'.substring(-1, 1)", "error: substring: index out of range: -1"},
  });
}

TEST_CASE("cel strings: replace, split and join") {
  check_all({
      {"'hello hello'.replace('he', 'we')", "\"wello wello\""},
      {"'hello hello'.replace('he', 'we', 1)", "\"wello hello\""},
      {"'hello hello'.replace('he', 'we', 0)", "\"hello hello\""},
      {"'hello hello'.replace('he', 'we', -1)", "\"wello wello\""},
      {"'aaa'.replace('aa', 'b')", "\"ba\""},
      {"'aaa'.replace('a', '')", "\"\""},
      {"'a©'.replace('', '-')", "\"-a-©-\""},
      {"'a©'.replace('', '-', 2)", "\"-a-©\""},
      {"''.replace('', '-')", "\"-\""},
      {"'1 ©αT taco'.replace('αT', 'o©α')", "\"1 ©o©α taco\""},
      {"'a b c'.split(' ')", "[\"a\", \"b\", \"c\"]"},
      {"'a b c'.split(' ', 0)", "[]"},
      {"'a b c'.split(' ', 1)", "[\"a b c\"]"},
      {"'a b c'.split(' ', 2)", "[\"a\", \"b c\"]"},
      {"'a b c'.split(' ', 9)", "[\"a\", \"b\", \"c\"]"},
      {"' a '.split(' ')", "[\"\", \"a\", \"\"]"},
      {"''.split(' ')", "[\"\"]"},
      {"'a©c'.split('')", "[\"a\", \"©\", \"c\"]"},
      {"'a©c'.split('', 2)", "[\"a\", \"©c\"]"},
      {"'a©c'.split('', 1)", "[\"a©c\"]"},
      {"'a'.split('')", "[\"a\"]"},
      {"''.split('')", "[]"},
      {"''.split('', 1)", "[]"},
      {"['x', 'y'].join()", "\"xy\""},
      {"['x', 'y'].join('-')", "\"x-y\""},
      {"['x'].join('-')", "\"x\""},
      {"[].join('-')", "\"\""},
      {"dyn([1]).join('-')", "error: no such overload: join(list"},
  });
}

TEST_CASE("cel strings: case, spaces, order and quotes") {
  check_all({
      {"'TacoCÆt Xii@[`{'.lowerAscii()", "\"tacocÆt xii@[`{\""},
      {"'tacoCαt@[`{'.upperAscii()", "\"TACOCαT@[`{\""},
      {R"(' \f\n\r\t\vtext  '.trim())", "\"text\""},
      {R"('\u0085\u00a0\u1680te xt\u2028\u2029\u202F\u205F\u3000'.trim())", "\"te xt\""},
      {R"('\u180ea\u200b\u2060\ufeff'.trim() == '\u180ea\u200b\u2060\ufeff')", "true"},
      {"'   '.trim()", "\"\""},
      {"'a©T'.reverse()", "\"T©a\""},
      {"''.reverse()", "\"\""},
      {R"(strings.quote('a"\\\a\b\f\n\r\t\vé') == '"a\\"\\\\\\a\\b\\f\\n\\r\\t\\vé"')", "true"},
  });
}

TEST_CASE("cel strings: what would be too large is not built") {
  // 1,000 characters, a thousand times over: a million bytes cost more than this budget.
  const std::string text = "'" + std::string(1000, 'a') + "'";
  CHECK(evaluated(text + ".replace('', " + text + ")", 20'000) == text_of(out_of_budget()));
  CHECK(evaluated(text + ".replace('', " + text + ").size()", 200'000) == "1002000");
  CHECK(evaluated(text + ".split('')", 500) == text_of(out_of_budget()));
  CHECK(evaluated("'%.999f%.999f%.999f'.format([1.0, 1.0, 1.0])", 100) == text_of(out_of_budget()));
  // Ten letters nested ten deep are ten thousand million.
  std::string nested = "'aaaaaaaaaa'";
  for (int i = 0; i < 9; ++i) nested += ".replace('a', 'aaaaaaaaaa')";
  CHECK(evaluated(nested, 1'000'000) == text_of(out_of_budget()));
}

TEST_CASE("cel strings: linear search finds what a plain one finds") {
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto letters = [&](std::size_t size) {
    std::string out;
    while (out.size() < size) out.push_back(static_cast<char>('a' + random() % 2));
    return out;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = letters(random() % 40);
    const std::string wanted = letters(1 + random() % 8);
    const std::size_t from = random() % (text.size() + 1);
    INFO(text << " for " << wanted << " from " << from);
    REQUIRE(TextSearch(wanted).find(text, from) == text.find(wanted, from));
  }
}

}  // namespace tally::cel
