// Purpose: what the files behind `tally submit` share.
#pragma once

#include "tally/transactions.h"

namespace tally::cli {

struct SubmitOptions {
  MakeOptions make;
  SendOptions send;
  std::string rulebook;
  std::string subject;
};

// Builds the operations once the node is known.
using DraftMaker = std::function<Outcome<Draft>(Context&, NodeClient&, contracts::RulebookPtr& rulebook)>;

// Connects, builds, submits.
Outcome<void> run_submit(Context& context, const SubmitOptions& options, const DraftMaker& make_draft);
// The options of every submitting command.
void add_submit_options(Command& command, SubmitOptions& options);

// --evidence: a digest as it stands; --evidence-file: digested.
Outcome<Digest> evidence_of(const std::string& text, const std::string& file, const Surroundings& world);

void register_case_commands(Command& submit);      // endorse, object, resolve, reverse
void register_work_commands(Command& submit);      // open-case, act, allocate, settle
void register_consent_commands(Command& submit);   // give-consent, withdraw-consent, consult
void register_registry_commands(Command& submit);  // register-..., open-account, change-keys
void register_chain_commands(Command& submit);     // advance-clock

}  // namespace tally::cli
