// New keys: of a validator that joins, and of one that changes its key. The new key signs the proposal beside the
// proposer. Where both keys lie on one machine, --node-key does it; between two offices a consent travels: the
// transaction, made for one proposer and signed by the new key alone.
#include "common/time.h"
#include "contracts/transaction_json.h"
#include "tally/fields.h"
#include "tally/genesis_document.h"
#include "tally/governance_views.h"
#include "tally/secrets.h"

namespace tally::cli {

namespace {

using contracts::AddValidator;
using contracts::RotateValidatorKey;

struct NewKeyOptions : SubmitOptions {
  std::string name;
  std::string address;
  std::string new_key;
  std::string consent;
  std::string node_key;
  std::string node_passphrase_file;
};

struct ConsentOptions {
  std::string name;
  std::string address;
  bool rotate = false;
  std::string proposer;
  std::string valid_until;
  std::uint64_t valid_for_ms = 7 * 86'400'000ULL;
  std::string out;
};

// --- with both keys at hand ---

// The validator whose key is --key: who rotates without a name means itself.
Outcome<std::string> own_name(Context& context, NodeClient& client) {
  auto own = public_key_of(context.settings().value("key"), "--key");
  if (!own) return own.error();
  auto validators = fetch_validators(client);
  if (!validators) return validators.error();
  const Json& row = member_where(*validators, "key", own->hex());
  if (row.is_null())
    return usage_failure("--name", "is missing, and the key " + own->short_hex() + " is no validator's",
                         "one of " + member_names(*validators));
  return text_at(row, "name");
}

Outcome<contracts::Operation> make_change(const NewKeyOptions& options, const PublicKey& key, AddValidator*, Context&,
                                          NodeClient&) {
  if (auto good = check_validator_name("--name", options.name); !good) return good.error();
  if (auto good = check_node_address("--address", options.address); !good) return good.error();
  return contracts::Operation{AddValidator{options.name, key, options.address}};
}

Outcome<contracts::Operation> make_change(const NewKeyOptions& options, const PublicKey& key, RotateValidatorKey*,
                                          Context& context, NodeClient& client) {
  Outcome<std::string> name = options.name;
  if (options.name.empty()) name = own_name(context, client);
  if (!name) return name.error();
  if (auto good = check_validator_name("--name", *name); !good) return good.error();
  return contracts::Operation{RotateValidatorKey{*name, key}};
}

Outcome<void> check_pin(const std::string& option, const std::string& wanted, const std::string& found,
                        const std::string& where) {
  if (wanted.empty() || wanted == found) return {};
  return usage_failure(option, "is \"" + wanted + "\", but " + where + " says \"" + found + "\"",
                       "the same in both, or no " + option);
}

Outcome<void> check_new_key_pin(const NewKeyOptions& options, const PublicKey& found, const std::string& where) {
  if (options.new_key.empty()) return {};
  auto wanted = public_key_of(options.new_key, "--new-key");
  if (!wanted) return wanted.error();
  return check_pin("--new-key", wanted->hex(), found.hex(), where);
}

template <class Change>
Outcome<void> change_with_node_key(Context& context, const NewKeyOptions& options) {
  const auto head = crypto::read_key_file_head(options.node_key);
  if (!head) return Failure(head.error()).during("--node-key: the key file " + options.node_key + " cannot be used");
  if (auto same = check_new_key_pin(options, head->public_key, options.node_key); !same) return same;
  SubmitOptions submitting = options;
  submitting.send.cosign = {options.node_key};
  submitting.send.cosign_passphrase_file = options.node_passphrase_file;
  submitting.send.cosign_passphrase_hint = "--node-passphrase-file FILE or TALLY_NODE_PASSPHRASE_FILE";
  return run_governance(context, submitting, [&](Context& inner, NodeClient& client) {
    return make_change(options, head->public_key, static_cast<Change*>(nullptr), inner, client);
  });
}

// --- with a consent ---

// What may stand in the file: one operation of the kind, for this chain and this author, signed by the new key.
template <class Change>
Outcome<Change> read_consent(const ledger::SignedTransaction& transaction, const std::string& file) {
  const auto& body = transaction.body;
  if (body.operations.size() != 1)
    return input_failure(file + ": body.operations", "has " + std::to_string(body.operations.size()),
                         "one " + std::string(Change::kName));
  const auto operation = contracts::decode_operation(body.operations[0]);
  if (!operation) return Failure(ExitCode::bad_input, Error(operation.error()).within(file + ": body.operations[0]"));
  const auto* change = std::get_if<Change>(&*operation);
  if (change == nullptr)
    return input_failure(file + ": body.operations[0].type", "is " + std::string(contracts::name_of(*operation)),
                         std::string(Change::kName) + ", as tally validator consent makes it");
  const bool consents = std::any_of(transaction.signatures.begin(), transaction.signatures.end(),
                                    [&](const auto& signature) { return signature.key == change->key; });
  if (!consents)
    return input_failure(file + ": signatures", "hold none of the new key " + change->key.hex(),
                         "the file as tally validator consent wrote it");
  if (auto good = ledger::check_signatures(transaction, ledger::id_of(body)); !good)
    return Failure(ExitCode::verification_failed, Error(good.error()).within(file))
        .then("have the office of the new node make it again");
  return *change;
}

Outcome<void> check_pins(const NewKeyOptions& options, const AddValidator& change) {
  if (auto same = check_pin("--name", options.name, change.validator, options.consent); !same) return same;
  if (auto same = check_pin("--address", options.address, change.address, options.consent); !same) return same;
  return check_new_key_pin(options, change.key, options.consent);
}
Outcome<void> check_pins(const NewKeyOptions& options, const RotateValidatorKey& change) {
  if (auto same = check_pin("--name", options.name, change.validator, options.consent); !same) return same;
  return check_new_key_pin(options, change.key, options.consent);
}

template <class Change>
Outcome<void> change_with_consent(Context& context, const NewKeyOptions& options) {
  auto transaction = read_transaction_file(context, options.consent);
  if (!transaction) return transaction.error();
  auto change = read_consent<Change>(*transaction, options.consent);
  if (!change) return change.error();
  if (auto same = check_pins(options, *change); !same) return same;
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto status = client->status();
  if (!status) return status.error();
  if (transaction->body.chain != status->chain)
    return Failure(ExitCode::rejected,
                   make_error(ErrorCode::wrong_chain, options.consent + ": body.chain",
                              "is " + transaction->body.chain.hex(), "this chain, " + status->chain.hex()));
  auto key = signing_key(context, "proposing");
  if (!key) return key.error();
  if (transaction->body.author != key->public_key())
    return input_failure(options.consent + ": body.author", "is " + transaction->body.author.hex(),
                         key->public_key().hex() + ", the key that proposes (--key): a consent names its proposer");
  context.note(in_words(contracts::Operation{*change}));
  if (transaction->signatures.front().key != key->public_key()) ledger::add_signature(*transaction, *key);
  return send_and_wait(context, *client, {{std::move(*transaction), {std::string(Change::kName)}}}, nullptr,
                       options.send);
}

template <class Change>
Outcome<void> propose_new_key(Context& context, const NewKeyOptions& options) {
  if (options.consent.empty() == options.node_key.empty())
    return usage_failure("", options.consent.empty() ? "the new key has not consented" : "the new key consents twice",
                         "either --consent FILE, which tally validator consent makes, or --node-key FILE");
  return options.consent.empty() ? change_with_node_key<Change>(context, options)
                                 : change_with_consent<Change>(context, options);
}

void add_new_key_options(Command& command, NewKeyOptions& options) {
  command.text("--consent", "FILE", options.consent, "What tally validator consent wrote at the office of the new key")
      .text("--node-key", "FILE", options.node_key, "The new key's file itself, where it lies on this machine")
      .text("--node-passphrase-file", "FILE", options.node_passphrase_file,
            "File whose first line unlocks the --node-key")
      .text("--new-key", "KEY", options.new_key, "Public key that is expected; another one is refused");
  add_wait_options(command, options.send);
}

// --- making a consent ---

struct Terms {
  PublicKey proposer;
  ChainId chain;
  TimestampMs valid_until;
};

// What the members say already, so that the mistake is seen here and not at the other office.
Outcome<void> check_against_members(const ConsentOptions& options, const PublicKey& key, const Json& validators) {
  if (const Json& row = member_where(validators, "key", key.hex()); !row.is_null())
    return usage_failure("--key", "is the key of validator " + text_at(row, "name") + " already", "a new key");
  const bool known = !member_where(validators, "name", options.name).is_null();
  if (options.rotate && !known)
    return usage_failure("--name", "is \"" + options.name + "\", which is no validator",
                         "one of " + member_names(validators));
  if (!options.rotate && known)
    return usage_failure("--name", "is \"" + options.name + "\", which is a validator already",
                         "another name, or --rotate for a new key of this one");
  return {};
}

Outcome<PublicKey> proposer_of(const ConsentOptions& options, const Json& validators) {
  for (const char* field : {"name", "key"}) {
    const Json& row = member_where(validators, field, options.proposer);
    if (!row.is_null()) return fixed_field<PublicKey>("--proposer", text_at(row, "key"));
  }
  return usage_failure("--proposer", "is \"" + options.proposer + "\", which is no validator",
                       "one of " + member_names(validators) + ", or the key of one");
}

Outcome<Terms> terms_of(Context& context, const ConsentOptions& options, const PublicKey& key) {
  std::optional<TimestampMs> until;
  if (!options.valid_until.empty()) {
    auto time = time_field("--valid-until", options.valid_until);
    if (!time) return time.error();
    until = *time;
  }
  const std::string& chain_text = context.settings().value("chain");
  const auto proposer = PublicKey::from_hex(options.proposer);
  if (!chain_text.empty() && until && proposer) {
    auto chain = fixed_field<ChainId>("--chain", chain_text);
    if (!chain) return chain.error();
    return Terms{*proposer, *chain, *until};
  }
  const std::string offline = "without a node: give --chain HEX, --valid-until TIME and the key as --proposer";
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto status = client->status();
  if (!status) return Failure(status.error()).then(offline);
  auto validators = fetch_validators(*client);
  if (!validators) return Failure(validators.error()).then(offline);
  auto member = proposer_of(options, *validators);
  if (!member) return member.error();
  if (auto good = check_against_members(options, key, *validators); !good) return good.error();
  const TimestampMs now = status->block_time(context.world().now());
  if (until && (*until <= now || *until > now.plus(limits::kValidityMsMax)))
    return usage_failure("--valid-until",
                         "is " + options.valid_until + ", and the chain's clock says " + format_time(now),
                         "a later time, by at most " + std::to_string(limits::kValidityMsMax / 86'400'000) + " days");
  return Terms{*member, status->chain, until.value_or(now.plus(options.valid_for_ms))};
}

Outcome<void> consent(Context& context, const ConsentOptions& options) {
  if (auto good = check_validator_name("--name", options.name); !good) return good;
  if (options.rotate && !options.address.empty())
    return usage_failure("--address", "stands beside --rotate", "no address: a validator keeps the one it has");
  if (!options.rotate) {
    if (auto good = check_node_address("--address", options.address); !good) return good;
  }
  const std::string& file = context.settings().value("key");
  if (file.empty())
    return usage_failure("", "consenting needs the new key", "--key FILE, the validator.key of the new node");
  auto public_key = public_key_of(file, "--key");
  if (!public_key) return public_key.error();
  auto terms = terms_of(context, options, *public_key);
  if (!terms) return terms.error();
  auto key = signing_key(context, "consenting");
  if (!key) return key.error();
  const contracts::Operation operation =
      options.rotate ? contracts::Operation{RotateValidatorKey{options.name, key->public_key()}}
                     : contracts::Operation{AddValidator{options.name, key->public_key(), options.address}};
  auto made = make_transaction({{operation}, ledger::Mode::all_or_nothing, {}}, terms->proposer, terms->chain,
                               terms->valid_until, "");
  if (!made) return made.error();
  ledger::add_signature(made->transaction, *key);
  context.note(in_words(operation));
  if (auto written = emit_transaction(context, made->transaction, options.out); !written) return written;
  context.note("valid until " + format_time(terms->valid_until) + ". Give it to the office of key " +
               terms->proposer.short_hex() + "..., which runs:\n  tally validator " +
               (options.rotate ? "rotate-key" : "add") + " --consent " + (options.out.empty() ? "FILE" : options.out) +
               " --new-key " + key->public_key().hex());
  return {};
}

void register_consent(Command& group) {
  auto options = std::make_shared<ConsentOptions>();
  group
      .command("consent",
               "Sign with a new key that it may become a validator's: a file for the office that proposes it",
               {"tally validator consent --name village --address 10.0.0.2:7001 --proposer townhall "
                "--key node/validator.key --passphrase-file node/validator.pass --out village.json",
                "tally validator consent --rotate --name village --proposer townhall --key new/validator.key --out "
                "village.json",
                "tally validator consent --name village --address 10.0.0.2:7001 --proposer 5c1f...aa --chain 77d0...12 "
                "--valid-until 2026-04-01 --key node/validator.key --out village.json"},
               [options](Context& context) { return consent(context, *options); })
      .text("--name", "NAME", options->name, "Name of the organisation", Need::required)
      .text("--address", "HOST:PORT", options->address, "Where the other nodes reach the new one")
      .flag("--rotate", options->rotate, "The key replaces that of a validator")
      .text("--proposer", "NAME", options->proposer, "The validator that will propose it, by name or key",
            Need::required)
      .duration("--valid-for", options->valid_for_ms, limits::kValidityMsMax,
                "How long, in block time, the proposer has")
      .text("--valid-until", "TIME", options->valid_until,
            "The same as a time; with --chain and a key no node is asked")
      .text("--out", "FILE", options->out, "A new file; without it: standard output");
}

}  // namespace

void register_joining(Command& group) {
  register_consent(group);
  auto adding = std::make_shared<NewKeyOptions>();
  Command add =
      group.command("add", "Propose a new validator; the members vote with tally validator vote",
                    {"tally validator add --consent village.json --new-key 9b02...4e --key node/validator.key",
                     "tally validator add --name village --address 10.0.0.2:7001 --node-key village/validator.key "
                     "--node-passphrase-file village/validator.pass --key node/validator.key"},
                    [adding](Context& context) { return propose_new_key<AddValidator>(context, *adding); });
  add.text("--name", "NAME", adding->name, "Name of the organisation; with --consent: what is expected")
      .text("--address", "HOST:PORT", adding->address,
            "Where the others reach its node; with --consent: what is expected");
  add_new_key_options(add, *adding);

  auto rotating = std::make_shared<NewKeyOptions>();
  Command rotate = group.command(
      "rotate-key", "Propose a new key for a validator, which keeps its place and its vote",
      {"tally validator rotate-key --node-key new/validator.key --node-passphrase-file new/validator.pass "
       "--key node/validator.key",
       "tally validator rotate-key --consent village.json --new-key 9b02...4e --key node/validator.key"},
      [rotating](Context& context) { return propose_new_key<RotateValidatorKey>(context, *rotating); });
  rotate.text("--name", "NAME", rotating->name, "The validator; without it: the one whose key is --key");
  add_new_key_options(rotate, *rotating);
}

}  // namespace tally::cli
