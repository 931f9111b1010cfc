#include "common/limits.h"
#include "contracts/genesis_json.h"
#include "crypto/digest.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/genesis_document.h"
#include "tally/secrets.h"

namespace tally::cli {

namespace {

struct GenesisOptions {
  std::string file;
  std::string name;
  std::string purpose = "production";
  std::string clock = "real";
  std::string time;
  std::uint64_t window = limits::kWatermarkWindow;
  std::string constitution;
  std::vector<std::string> validators;
  std::vector<std::string> units;
  std::vector<std::string> officers;
  std::vector<std::string> rulebooks;
  std::string out;
};

// "townhall=KEY"
Outcome<consensus::Validator> read_validator(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0)
    return usage_failure("--validator", "is \"" + text + "\"", "NAME=KEY, the key in hex or as a key file");
  auto key = public_key_of(text.substr(equals + 1), "--validator");
  if (!key) return key.error();
  return consensus::Validator{text.substr(0, equals), *key};
}

// "yingshan/qingzhen=town:清真镇"
Outcome<contracts::Operation> read_unit(const std::string& text) {
  const auto equals = text.find('=');
  const auto colon = text.find(':', equals == text.npos ? 0 : equals);
  if (equals == text.npos || colon == text.npos || equals == 0)
    return usage_failure("--unit", "is \"" + text + "\"", "PATH=KIND:TITLE, such as yingshan/qingzhen=town:清真镇");
  auto kind = enum_field<contracts::UnitKind>("--unit", text.substr(equals + 1, colon - equals - 1));
  if (!kind) return kind.error();
  return contracts::Operation(contracts::RegisterUnit{text.substr(0, equals), *kind, text.substr(colon + 1)});
}

// "unit=yingshan,roles=recorder+registrar,key=KEY,title=accountant": title goes last and may hold commas.
Outcome<contracts::Operation> read_officer(const std::string& text) {
  const auto refuse = [&](const std::string& problem) {
    return usage_failure("--officer", problem, "unit=UNIT,roles=ROLE+ROLE,key=KEY[,person=HEX],title=TITLE");
  };
  contracts::RegisterOfficer officer;
  officer.person = crypto::random_fixed<contracts::PersonId>();
  std::string rest = text;
  while (!rest.empty()) {
    const auto equals = rest.find('=');
    if (equals == rest.npos) return refuse("has \"" + rest + "\"");
    const std::string name = rest.substr(0, equals);
    const auto comma = name == "title" ? std::string::npos : rest.find(',', equals);
    const std::string value = rest.substr(equals + 1, comma == rest.npos ? rest.npos : comma - equals - 1);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    if (name == "unit") {
      officer.unit = value;
    } else if (name == "title") {
      officer.title = value;
    } else if (name == "key") {
      auto key = public_key_of(value, "--officer");
      if (!key) return key.error();
      officer.key = *key;
    } else if (name == "person") {
      auto person = fixed_field<contracts::PersonId>("--officer", value);
      if (!person) return person.error();
      officer.person = *person;
    } else if (name == "roles") {
      for (const auto& word : split(value, '+')) {
        auto role = enum_field<contracts::Role>("--officer", word);
        if (!role) return role.error();
        officer.roles.push_back(*role);
      }
      std::sort(officer.roles.begin(), officer.roles.end());
    } else {
      return refuse("has \"" + name + "\"");
    }
  }
  if (officer.unit.empty() || officer.roles.empty() || officer.key.is_zero() || officer.title.empty())
    return refuse("is \"" + text + "\", which lacks a part");
  return contracts::Operation(officer);
}

Outcome<contracts::Operation> read_constitution(const std::string& path, const Surroundings& world) {
  auto text = read_input(path, limits::kConfigBytesMax, world);
  if (!text) return text.error();
  const auto json = parse_json(*text);
  if (!json) return Failure(ExitCode::bad_input, Error(json.error()).within(path));
  auto constitution = from_json<contracts::Constitution>(*json);
  if (!constitution) return Failure(ExitCode::bad_input, Error(constitution.error()).within(path));
  return contracts::Operation(contracts::AdoptConstitution{*constitution});
}

Outcome<void> read_operations(const GenesisOptions& options, const Surroundings& world, std::vector<Bytes>& out) {
  if (!options.constitution.empty()) {
    auto constitution = read_constitution(options.constitution, world);
    if (!constitution) return constitution.error();
    out.push_back(contracts::encode_operation(*constitution));
  }
  for (const auto& text : options.units) {
    auto unit = read_unit(text);
    if (!unit) return unit.error();
    out.push_back(contracts::encode_operation(*unit));
  }
  for (const auto& text : options.officers) {
    auto officer = read_officer(text);
    if (!officer) return officer.error();
    out.push_back(contracts::encode_operation(*officer));
  }
  for (const auto& path : options.rulebooks) {
    auto document = read_input(path, limits::kRulebookBytesMax, world);
    if (!document) return document.error();
    out.push_back(contracts::encode_operation(contracts::DeployRulebook{*document}));
  }
  return {};
}

Failure mistakes_failure(const std::string& file, const std::vector<Error>& mistakes) {
  Failure out(ExitCode::bad_input, mistakes.front());
  out.what = file + " has " + std::to_string(mistakes.size()) + (mistakes.size() == 1 ? " mistake" : " mistakes");
  out.expected.clear();
  for (const auto& mistake : mistakes) out.details.push_back(mistake.text());
  return out;
}

Outcome<void> new_genesis(Context& context, const GenesisOptions& options) {
  ledger::Genesis genesis;
  genesis.name = options.name;
  auto purpose = enum_field<ledger::Purpose>("--purpose", options.purpose);
  if (!purpose) return purpose.error();
  genesis.purpose = *purpose;
  auto clock = enum_field<ledger::ClockMode>("--clock", options.clock);
  if (!clock) return clock.error();
  genesis.clock = *clock;
  genesis.window = options.window;
  genesis.time = context.world().now();
  if (!options.time.empty()) {
    auto time = time_field("--time", options.time);
    if (!time) return time.error();
    genesis.time = *time;
  }
  for (const auto& text : options.validators) {
    auto validator = read_validator(text);
    if (!validator) return validator.error();
    genesis.validators.push_back(*validator);
  }
  if (auto read = read_operations(options, context.world(), genesis.operations); !read) return read;
  const std::string text = contracts::genesis_text(genesis);
  const auto checked = check_document(text);
  if (!checked.mistakes.empty()) {
    Failure failure = mistakes_failure("the genesis", checked.mistakes);
    failure.exit = ExitCode::usage;
    return failure;
  }
  if (options.out.empty()) {
    context.emit_text(text);
  } else if (auto written = write_new_file(options.out, text, Privacy::shared); !written) {
    return written;
  }
  context.note("chain id " + ledger::chain_id(genesis).hex() + "; every office compares this line before it starts");
  return {};
}

Outcome<ledger::Genesis> load(Context& context, const std::string& file) {
  auto text = read_input(file, limits::kGenesisBytesMax, context.world());
  if (!text) return text.error();
  auto checked = check_document(*text);
  if (!checked.mistakes.empty()) return mistakes_failure(file, checked.mistakes);
  return std::move(*checked.genesis);
}

Outcome<void> show(Context& context, const std::string& file) {
  auto genesis = load(context, file);
  if (!genesis) return genesis.error();
  const auto quorum = ledger::validator_set(*genesis).quorum();
  Report report;
  report.json = contracts::genesis_json(*genesis);
  report.sections.push_back(
      {"", Facts()
               .add("chain id", ledger::chain_id(*genesis).hex())
               .add("name", genesis->name)
               .add("purpose", to_json(genesis->purpose).get<std::string>())
               .add("clock",
                    genesis->clock == ledger::ClockMode::test ? "TEST CLOCK: block time is driven by clients" : "real")
               .add("time", format_time(genesis->time))
               .add("validators", std::to_string(quorum.n) + ", of which " + std::to_string(quorum.f()) +
                                      " may fail; quorum " + std::to_string(quorum.q()))
               .table()});
  Table validators{{{"#", Align::right}, {"validator"}, {"key"}}, {}};
  for (std::size_t i = 0; i < genesis->validators.size(); ++i)
    validators.rows.push_back({std::to_string(i), genesis->validators[i].name, genesis->validators[i].key.hex()});
  report.sections.push_back({"", std::move(validators)});
  Table operations{{{"#", Align::right}, {"operation"}}, {}};
  for (std::size_t i = 0; i < genesis->operations.size(); ++i)
    operations.rows.push_back({std::to_string(i), in_words(*contracts::decode_operation(genesis->operations[i]))});
  report.sections.push_back({"", std::move(operations)});
  report.csv = 1;
  context.emit(report);
  return {};
}

Outcome<void> emit_digest(Context& context, const std::string& file, bool check) {
  auto genesis = load(context, file);
  if (!genesis) return genesis.error();
  const std::string digest = ledger::chain_id(*genesis).hex();
  Report report;
  report.json = {{"file", file}, {"chain_id", digest}, {"valid", true}};
  if (check) {
    report.sections.push_back({"", Facts().add("genesis", "in order").add("chain id", digest).table()});
    context.emit(report);
  } else if (context.json()) {
    context.emit(report);
  } else {
    context.emit_text(digest);
  }
  return {};
}

}  // namespace

void register_genesis(Program& program) {
  auto options = std::make_shared<GenesisOptions>();
  Command group = program.root().group("genesis", "The document that a chain starts from; its digest is the chain id");
  group
      .command("new", "Make a genesis document",
               {"tally genesis new --name Yingshan --validator townhall=5c1f...aa --validator bank=bank.key "
                "--unit yingshan=county:营山县 --officer unit=yingshan,roles=registrar+governor,key=registrar.json,"
                "title=registrar --rulebook rulebooks/qingzhen/rulebook.json --out genesis.json",
                "tally genesis new --name trial --purpose development --clock test --validator one=validator.key"},
               [options](Context& context) { return new_genesis(context, *options); })
      .text("--name", "TEXT", options->name, "Name of the network", Need::required)
      .texts("--validator", "NAME=KEY", options->validators, "A validator, its key in hex or as a key file",
             Need::required)
      .texts("--unit", "PATH=KIND:TITLE", options->units, "A unit; those above it first")
      .texts("--officer", "PARTS", options->officers,
             "unit=UNIT,roles=ROLE+ROLE,key=KEY[,person=HEX],title=TITLE; a person without an id gets a new one")
      .texts("--rulebook", "FILE", options->rulebooks, "A rulebook's JSON document")
      .text("--constitution", "FILE", options->constitution,
            "Who proposes and approves rules, as JSON (docs/governance.md); without it: the default")
      .choice("--purpose", options->purpose, names_of<ledger::Purpose>(), "A production chain refuses a test clock")
      .choice("--clock", options->clock, names_of<ledger::ClockMode>(), "test: block time is driven by clients")
      .text("--time", "TIME", options->time, "Block time of height 0; without it: now")
      .number("--window", "BLOCKS", options->window, 1, 1024, "Blocks that may be in flight")
      .text("--out", "FILE", options->out, "A new file; without it: standard output");
  const auto file_command = [&](const std::string& name, const std::string& summary, const std::string& example,
                                auto run) {
    group.command(name, summary, {example}, [options, run](Context& context) { return run(context, options->file); })
        .argument("FILE", options->file, "The genesis document; - reads standard input");
  };
  file_command("show", "Tell in words what a genesis document says", "tally genesis show genesis.json", show);
  file_command("check", "Check a genesis document and name every mistake", "tally genesis check genesis.json",
               [](Context& context, const std::string& file) { return emit_digest(context, file, true); });
  file_command("digest", "Print the chain id of a genesis document, to be compared between offices",
               "tally genesis digest genesis.json",
               [](Context& context, const std::string& file) { return emit_digest(context, file, false); });
}

}  // namespace tally::cli
