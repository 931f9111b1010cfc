// Purpose: the forms of statements, written as people read them, and matching a line's words against them.
//   word          stands as it is; a|b is one of them
//   SLOT          one word of the reader's; what it may be is told by its name (slot_kinds)
//   SLOT...       one or more of them, until a word that the form goes on with, or the end of the line
//   [with SLOT]   may be left out; several such groups in a row may come in any order
// Thread rule: plain values and pure functions.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tally::rulebook {

// A word of a line, or a text in quotes without them.
struct Word {
  std::string text;
  std::uint32_t column = 1;  // from 1, in code points
  bool quoted = false;
};

// What may stand in a slot. Empty from `check` if it may; otherwise what is expected.
struct SlotKind {
  std::string_view name;
  std::string meaning;
  std::string (*check)(const Word& word);
};
std::span<const SlotKind> slot_kinds();

class Match {
 public:
  [[nodiscard]] bool has(std::string_view slot) const { return slots_.find(slot) != slots_.end(); }
  // Required: has(slot).
  [[nodiscard]] const Word& operator[](std::string_view slot) const { return slots_.find(slot)->second.front(); }
  [[nodiscard]] const std::vector<Word>& list(std::string_view slot) const { return slots_.find(slot)->second; }
  // Which of a choice of fixed words stands there: choice("day|days").
  [[nodiscard]] const std::string& choice(std::string_view words) const { return (*this)[words].text; }
  // Empty if the slot is.
  [[nodiscard]] std::string text(std::string_view slot) const { return has(slot) ? (*this)[slot].text : std::string(); }

  void put(const std::string& slot, Word word) { slots_[slot].push_back(std::move(word)); }

 private:
  std::map<std::string, std::vector<Word>, std::less<>> slots_;
};

// How far a line went along with a form, and what would have let it go further.
struct Attempt {
  std::optional<Match> match;
  std::size_t reached = 0;                // index of the word that did not fit; the number of words at the line's end
  std::vector<std::string> fixed;         // words of the form that would fit there
  std::vector<std::string> descriptions;  // of slots that would fit there
};

class Grammar {
 public:
  // Required: a good form; slots are listed in slot_kinds().
  explicit Grammar(std::string_view form);
  [[nodiscard]] Attempt match(std::span<const Word> words) const;
  // The words that a line of this form can begin with; empty if it begins with a slot.
  [[nodiscard]] const std::vector<std::string>& first_words() const;

 private:
  struct Element {
    enum class Kind { words, slot, list, group };
    Kind kind = Kind::words;
    std::string name;                // of the slot; the words as they are written
    std::vector<std::string> words;  // the choice
    std::vector<Element> inner;
  };
  class Matcher;
  static std::vector<Element> parse(std::string_view form, std::size_t& at);

  std::vector<Element> elements_;
};

}  // namespace tally::rulebook
