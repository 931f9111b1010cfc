// Purpose: runs the scenarios of a rulebook's folder: DIR/rulebook.json, DIR/scenarios/*.txt, *.cast that they use, and
// DIR/*.table. After each statement the invariants are checked, at the end of each scenario the chain is replayed.
// Each scenario plays on a chain of its own: in memory, unless chains of another kind are given.
// Thread rule: one thread. Blocking reads of files; nothing is written.
// Errors: of the folder (io_failed, not_found); what is wrong in documents and scenarios is part of the result.
#pragma once

#include "contracts/rulebook_check.h"
#include "rulebook/memory_chain.h"
#include "rulebook/script.h"

namespace tally::rulebook {

struct ScenarioFailure {
  std::string file;
  std::uint32_t line = 0;    // 0: not at a statement, such as the replay at the end
  std::uint32_t column = 0;  // of the word at fault; 0: the whole statement
  std::string statement;
  std::string expected;
  std::string seen;
  std::string node;                  // that was asked last, if there are nodes
  std::string account;               // whose entries follow, if the statement is about one
  std::vector<std::string> entries;  // one a line, oldest first
};

struct ScenarioResult {
  std::string file;
  std::string title;
  std::size_t statements = 0;
  std::uint64_t blocks = 0;
  Digest state_root;                    // at the end
  std::vector<ScriptMistake> mistakes;  // any: it was not run
  std::optional<ScenarioFailure> failure;

  [[nodiscard]] bool passed() const { return mistakes.empty() && !failure; }
};

// A rulebook without mistakes, and the folder's other files.
struct Ground {
  std::string document;
  contracts::RulebookId id;
  std::function<std::optional<std::string>(const std::string& name)> read_file;  // in the rulebook's folder
  FindIncluded find_cast;
  ChainFactory make_chain = make_memory_chain;
};
ScenarioResult run_scenario(const Ground& ground, const std::string& file, std::string_view text);

struct FolderResult {
  std::vector<contracts::RulebookMistake> mistakes;  // of the rulebook: nothing was run
  std::vector<ScenarioResult> scenarios;             // by file name

  [[nodiscard]] std::size_t passed() const;
  [[nodiscard]] std::size_t failed() const { return scenarios.size() - passed(); }
};
// `only`: the scenarios of these file names, or paths; all if there are none.
Result<FolderResult> run_folder(const std::string& folder, const std::vector<std::string>& only = {},
                                const ChainFactory& make_chain = make_memory_chain);

// The failure as it is printed: "FILE:7: expect score wang 104" and what was expected and seen, indented.
std::string in_words(const ScenarioFailure& failure);

// The tables of statements and of what stands in their slots, for documents.
std::string statements_as_markdown();
std::string slots_as_markdown();

}  // namespace tally::rulebook
