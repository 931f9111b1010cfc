// Purpose: reads fields of a rulebook document that hold expressions, and sees to it that what they name is declared.
// Thread rule: one thread. Errors: see document_reader.h; mistakes of an expression name line and column inside it.
#pragma once

#include "contracts/document_reader.h"

namespace tally::contracts {

// "one of a, b": for mistakes about codes.
template <class List>
std::string codes_of(const List& list) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ", ") + item.code;
  return out.empty() ? "none is declared" : "one of " + out;
}

// A field that holds an expression. Required: books, standings, sums and (as declare_work leaves them) workflows of
// `rulebook` are read, because expressions name them.
Expression read_expression(DocumentReader& reader, std::string_view name, const Rulebook& rulebook, Scope scope,
                           const cel::Type& wanted);
std::vector<Condition> read_conditions(DocumentReader& reader, const Rulebook& rulebook, Scope scope);

// What a workflow is read with. A document is gone through twice, because workflows name one another: in the first
// pass, which tells no mistakes, only codes, fields, links, states and who may act are of interest.
struct WorkReading {
  const Rulebook& rulebook;
  const Workflow& workflow;  // its fields, links and codes of states and acts are read
  bool declaring = false;    // the first pass
};

// An expression about a case; empty in the first pass.
CompiledExpression compile_work(DocumentReader& reader, std::string_view name, const WorkReading& work, Scope scope,
                                const cel::Type& wanted);
inline Expression read_work_expression(DocumentReader& reader, std::string_view name, const WorkReading& work,
                                       Scope scope, const cel::Type& wanted) {
  return compile_work(reader, name, work, scope, wanted).expression;
}
std::vector<Condition> read_work_conditions(DocumentReader& reader, const WorkReading& work);

}  // namespace tally::contracts
