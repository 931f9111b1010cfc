#include "cel/compiled.h"
#include "cel/parser.h"

namespace tally::cel {

Compiled compile(std::string_view source, const Environment& environment, const CompileOptions& options) {
  auto tree = parse(source, {.macros = options.macros});
  if (!tree) return {nullptr, {}, {tree.error()}};
  if (!options.check) return {emit(**tree, environment, nullptr), {}, {}};
  Checked checked = check(**tree, environment, options.wanted);
  if (!checked.mistakes.empty()) return {nullptr, {}, std::move(checked.mistakes)};
  auto program = emit(**tree, environment, &checked);
  return {std::move(program), std::move(checked.type), {}};
}

}  // namespace tally::cel
