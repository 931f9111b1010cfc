#include "rulebook/script.h"

#include <algorithm>
#include <set>

#include "common/json.h"
#include "common/nearest.h"

namespace tally::rulebook {

namespace {

constexpr std::size_t kStatementsMax = 10000;

struct Form {
  const Statement* statement;
  Grammar grammar;
};

const std::vector<Form>& forms() {
  static const std::vector<Form> all = [] {
    std::vector<Form> out;
    for (const auto& statement : statements()) out.push_back({&statement, Grammar(statement.form)});
    return out;
  }();
  return all;
}

bool begins(const Form& form, std::string_view word) {
  const auto& firsts = form.grammar.first_words();
  return std::find(firsts.begin(), firsts.end(), word) != firsts.end();
}

std::string listed(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i)
    out += (i == 0 ? "" : i + 1 == items.size() ? " or " : ", ") + items[i];
  return out;
}

void add_once(std::vector<std::string>& to, const std::vector<std::string>& items) {
  for (const auto& item : items)
    if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

std::vector<std::string> refusal_codes() {
  std::vector<std::string> out;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<ErrorCode>>(
      [&](auto code) { out.emplace_back(code.name); });
  return out;
}

class Reader {
 public:
  Reader(Script& out, const FindIncluded& find) : out_(out), find_(find) {}

  void read(const std::string& file, std::string_view text, bool outermost) {
    const auto outer_file = std::exchange(file_, file);
    const auto outer_line = std::exchange(line_, 0);
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      auto line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++line_;
      if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      read_line(line, outermost);
    }
    if (outermost) finish();
    file_ = outer_file;
    line_ = outer_line;
  }

 private:
  void mistake(std::uint32_t column, std::string problem, std::string expected) {
    out_.mistakes.push_back({file_, line_, column, std::move(problem), std::move(expected)});
  }

  // Words and quoted texts; `comment` is what follows a #. False after a mistake.
  bool split(std::string_view line, std::vector<Word>& words, std::string_view& code, std::string_view& comment) {
    std::uint32_t column = 1;
    std::size_t at = 0;
    const auto step = [&] {
      ++at;
      while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80) ++at;
      ++column;
    };
    while (true) {
      while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) step();
      if (at == line.size() || line[at] == '#') break;
      Word word;
      word.column = column;
      const auto begin = at;
      // A text in quotes, or the value in place="the east field".
      const auto opens = [&] { return line[at] == '"' && (at == begin || line[at - 1] == '='); };
      while (at < line.size() && line[at] != ' ' && line[at] != '\t' && line[at] != '#' && !opens()) step();
      word.text = line.substr(begin, at - begin);
      if (at < line.size() && line[at] == '"') {
        const auto quote = at;
        word.quoted = at == begin;
        step();
        while (at < line.size() && line[at] != '"') step();
        if (at == line.size()) {
          mistake(word.column, "the text in quotes is not closed", "another \" on the same line");
          return false;
        }
        word.text += line.substr(quote + 1, at - quote - 1);
        step();
      }
      code = line.substr(0, at);
      words.push_back(std::move(word));
    }
    if (at < line.size()) comment = line.substr(at + 1);
    line_end_ = words.empty() ? 1 : column;
    return true;
  }

  void read_line(std::string_view line, bool outermost) {
    std::vector<Word> words;
    std::string_view code;
    std::string_view comment;
    if (!split(line, words, code, comment)) return;
    if (outermost && out_.title.empty() && out_.lines.empty() && !comment.empty()) {
      comment.remove_prefix(std::min(comment.find_first_not_of(' '), comment.size()));
      out_.title = comment;
    }
    if (words.empty()) return;
    if (out_.lines.size() >= kStatementsMax) {
      if (out_.lines.size() == kStatementsMax && out_.mistakes.empty())
        mistake(1, "is statement number " + std::to_string(kStatementsMax + 1), "shorter scenarios");
      return;
    }
    ScriptLine out;
    out.file = file_;
    out.line = line_;
    out.outermost = outermost;
    out.text = code.substr(std::min(code.find_first_not_of(" \t"), code.size()));
    std::optional<std::uint32_t> arrow;
    if (!take_refusal(words, out, arrow)) return;
    if (!match(words, out)) return;
    if (arrow && out.statement->phase != Phase::act)
      return mistake(*arrow, "only transactions are refused", "a statement of an officer or a household before ->");
    if (!check_phase(out)) return;
    if (out.statement->phase == Phase::include) return include(out.match["NAME"]);
    out_.lines.push_back(std::move(out));
  }

  bool take_refusal(std::vector<Word>& words, ScriptLine& out, std::optional<std::uint32_t>& arrow) {
    const auto found =
        std::find_if(words.begin(), words.end(), [](const Word& word) { return word.text == "->" && !word.quoted; });
    if (found == words.end()) return true;
    arrow = found->column;
    std::vector<Word> rest(found + 1, words.end());
    words.erase(found, words.end());
    if (rest.empty() || rest[0].text != "refused") {
      mistake(rest.empty() ? line_end_ : rest[0].column, "does not say what becomes of it", "refused CODE after ->");
      return false;
    }
    const auto codes = refusal_codes();
    if (rest.size() < 2 || std::find(codes.begin(), codes.end(), rest[1].text) == codes.end()) {
      const auto near = rest.size() < 2 ? std::string() : nearest_word(rest[1].text, codes);
      mistake(rest.size() < 2 ? line_end_ : rest[1].column,
              rest.size() < 2 ? "has no code" : "\"" + rest[1].text + "\" is no code of a refusal",
              near.empty() ? "a code such as limit_reached, missing_role or same_person" : "perhaps " + near);
      return false;
    }
    if (rest.size() > 3 || (rest.size() == 3 && !rest[2].quoted)) {
      mistake(rest[rest.size() > 3 ? 3 : 2].column, "goes on after the code", "at most part of the message in quotes");
      return false;
    }
    out.refusal = ExpectedRefusal{rest[1].text, rest.size() == 3 ? rest[2].text : std::string()};
    return true;
  }

  bool match(const std::vector<Word>& words, ScriptLine& out) {
    Attempt best;
    // A word that begins statements is nobody's name.
    const bool fixed = !words.empty() && !words[0].quoted && begins_statement(words[0].text);
    for (const auto& form : forms()) {
      if (fixed && !begins(form, words[0].text)) continue;
      auto attempt = form.grammar.match(words);
      if (attempt.match) {
        out.statement = form.statement;
        out.match = *std::move(attempt.match);
        return true;
      }
      if (attempt.reached > best.reached) best = {std::nullopt, attempt.reached, {}, {}};
      if (attempt.reached < best.reached) continue;
      add_once(best.fixed, attempt.fixed);
      add_once(best.descriptions, attempt.descriptions);
    }
    explain(words, best);
    return false;
  }

  void explain(const std::vector<Word>& words, const Attempt& best) {
    if (words.empty()) return mistake(1, "there is nothing before ->", "a statement");
    // One word in, anything passes for somebody's name: perhaps the first word was meant to be another.
    if (best.reached <= 1) {
      std::vector<std::string> firsts;
      for (const auto& form : forms()) add_once(firsts, form.grammar.first_words());
      const auto near = nearest_word(words[0].text, firsts);
      if (!near.empty() && near != words[0].text)
        return mistake(words[0].column, "\"" + words[0].text + "\" begins no statement", "perhaps " + near);
    }
    const bool ended = best.reached >= words.size();
    std::vector<std::string> expected = best.fixed;
    if (!ended) {
      const auto near = nearest_word(words[best.reached].text, best.fixed);
      if (!near.empty()) return mistake(words[best.reached].column, found(words[best.reached]), "perhaps " + near);
    }
    add_once(expected, best.descriptions);
    if (expected.empty()) expected.emplace_back("the end of the line");
    mistake(ended ? line_end_ : words[best.reached].column, ended ? "ends too early" : found(words[best.reached]),
            listed(expected));
  }
  static std::string found(const Word& word) {
    return word.quoted ? "finds a text in quotes" : "finds \"" + word.text + "\"";
  }

  bool check_phase(const ScriptLine& line) {
    const Phase phase = line.statement->phase;
    if (phase == Phase::start) begun_ = true;
    if (phase == Phase::setup && begun_) {
      mistake(1, "stands after the first `on`", "the village to be set up before its time begins");
      return false;
    }
    if ((phase == Phase::act || phase == Phase::expect || phase == Phase::time) && !begun_) {
      mistake(1, "stands before the first `on`", "a line such as on 2026-03-01 before it, which begins the chain");
      return false;
    }
    return true;
  }

  void include(const Word& name) {
    if (!included_.insert(name.text).second)
      return mistake(name.column, "\"" + name.text + "\" is in use already", "each cast once");
    const auto found = find_(name.text);
    if (!found)
      return mistake(name.column, "there is no cast \"" + name.text + "\"",
                     "a file " + name.text + ".cast beside this one");
    read(found->file, found->text, false);
  }

  void finish() {
    if (begun_ || !out_.mistakes.empty()) return;
    line_ = std::max<std::uint32_t>(line_, 1);
    mistake(1, "the chain never begins", "a line such as on 2026-03-01");
  }

  Script& out_;
  const FindIncluded& find_;
  std::string file_;
  std::uint32_t line_ = 0;
  std::uint32_t line_end_ = 1;  // the column after the last word
  bool begun_ = false;
  std::set<std::string> included_;
};

}  // namespace

bool begins_statement(std::string_view word) {
  return std::any_of(forms().begin(), forms().end(), [&](const Form& form) { return begins(form, word); });
}

std::string ScriptMistake::text() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + problem +
         (expected.empty() ? "" : "; expected " + expected);
}

Script read_script(const std::string& file, std::string_view text, const FindIncluded& find_included) {
  Script out;
  Reader(out, find_included).read(file, text, true);
  return out;
}

}  // namespace tally::rulebook
