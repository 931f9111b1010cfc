#include "contracts/shelf.h"

#include "common/invariant.h"

namespace tally::contracts {

Shelf::Deployed* Shelf::find(const ledger::State& state, const RulebookId& id) {
  if (const auto found = books_.find(id); found != books_.end()) return &found->second;
  const auto bytes = state.get(rulebook_key(id));
  if (!bytes) return nullptr;
  auto record = decode<RulebookRecord>(*bytes);
  invariant(record.has_value(), "a rulebook's record in the state decodes");
  Deployed deployed;
  deployed.record = *std::move(record);
  deployed.compiled.resize(deployed.record.versions.size());
  return &(books_[id] = std::move(deployed));
}

RulebookPtr Shelf::at(const ledger::State& state, const RulebookId& id, Deployed& deployed, std::size_t position) {
  auto& compiled = deployed.compiled[position];
  if (compiled != nullptr) return compiled;
  const auto& version = deployed.record.versions[position];
  compiled = memo_.find(version.document);
  if (compiled != nullptr) return compiled;
  const auto text = state.get(rulebook_text_key(id, version.version));
  invariant(text.has_value(), "a deployed rulebook has its document in the state");
  compiled = compile_rulebook(as_text(*text)).rulebook;
  invariant(compiled != nullptr, "a deployed rulebook compiles");
  memo_.put(compiled);
  return compiled;
}

const RulebookRecord* Shelf::record(const ledger::State& state, const RulebookId& id) {
  const auto* deployed = find(state, id);
  return deployed == nullptr ? nullptr : &deployed->record;
}

RulebookPtr Shelf::in_force(const ledger::State& state, const RulebookId& id, TimestampMs time) {
  auto* deployed = find(state, id);
  if (deployed == nullptr) return nullptr;
  for (std::size_t i = deployed->record.versions.size(); i-- > 0;)
    if (deployed->record.versions[i].effective <= time)
      return tries(id) && time >= trial_->since ? trial_->rulebook : at(state, id, *deployed, i);
  return nullptr;
}

RulebookPtr Shelf::version(const ledger::State& state, const RulebookId& id, std::uint32_t version) {
  auto* deployed = find(state, id);
  if (deployed == nullptr) return nullptr;
  if (tries(id) && version == trial_->rulebook->version) return trial_->rulebook;
  for (std::size_t i = 0; i < deployed->record.versions.size(); ++i)
    if (deployed->record.versions[i].version == version) return at(state, id, *deployed, i);
  return nullptr;
}

}  // namespace tally::contracts
