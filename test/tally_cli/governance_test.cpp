// Members and protocol: proposals, consents of new keys, votes, and what is wrong with an input.

#include "common/json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

using Words = std::vector<std::string>;

// Four offices with one node before them. Each has the key file named after it; "newcomer" and "newer" are new keys.
struct Council {
  explicit Council(const ledger::Genesis& genesis = council_genesis()) : node(genesis) {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
  }
  Run as(const std::string& office, Words arguments) {
    cli.environment["TALLY_KEY"] = cli.key_file(office == "townhall" ? "validator" : office);
    return cli.run(arguments);
  }
  Run add(const std::string& office, Words more = {}) {
    Words words = {"validator",          "add",           "--name",
                   "new office",         "--address",     "10.0.0.5:7001",
                   "--node-key",         key("newcomer"), "--node-passphrase-file",
                   cli.passphrase_file()};
    words.insert(words.end(), more.begin(), more.end());
    return as(office, words);
  }
  Run vote(const std::string& office, const std::string& number, const std::string& way = "--approve") {
    return as(office, {"validator", "vote", number, way});
  }
  std::string key(const std::string& name) { return cli.key_file(name); }
  Json json(Words arguments) {
    arguments.emplace_back("--json");
    const Run run = cli.run(arguments);
    INFO(run.err);
    REQUIRE(run.exit == 0);
    return parse_json(run.out).value();
  }

  OneNode node;
  Cli cli;
};

std::string hex(const std::string& name) {
  return named_key(name).public_key().hex();
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the members, their quorum and what the software supports can be read by anybody") {
  Council council;
  const Run list = council.cli.run({"validator", "list"});
  INFO(list.err);
  CHECK(list.exit == 0);
  CHECK(holds(list.out, "quorum       3 of 4 decide; 1 may fail or lie\n"));
  CHECK(holds(list.out, "    0  townhall   " + hex("validator")));
  CHECK(holds(list.out, "    3  bank       " + hex("bank")));
  CHECK(first_line(council.cli.run({"validator", "list", "--output", "csv"}).out) == "index,validator,key,address");
  const Run proposals = council.cli.run({"validator", "proposals"});
  CHECK(proposals.exit == 0);
  CHECK(proposals.err == "no proposal is open; --all shows closed ones\n");
  const Run protocol = council.cli.run({"protocol", "show"});
  CHECK(protocol.exit == 0);
  CHECK(holds(protocol.out, "version in force    1\nplanned             nothing\n"));
  CHECK(holds(protocol.out, "this node supports  versions up to 1\n"));
}

TEST_CASE("a validator is added with both keys at hand: the proposal's number, the missing votes, the new epoch") {
  Council council;
  const Run opened = council.add("townhall");
  INFO(opened.err);
  CHECK(opened.exit == 0);
  CHECK(holds(opened.out,
              "add_validator  ok       proposal 1 is open: 1 of 3 approvals, 2 votes are missing (tally "
              "validator vote 1 --approve)\n"));
  const Run listed = council.cli.run({"validator", "list"});
  CHECK(holds(listed.out, "Proposed\nvalidator   key"));
  const Run second = council.vote("village", "1");
  CHECK(second.exit == 0);
  CHECK(holds(second.err, "proposal 1: add validator new office at 10.0.0.5:7001, key " + hex("newcomer") + "\n"));
  CHECK(holds(second.out, "2 of 3 approvals, 1 vote is missing"));

  const auto shown = council.json({"validator", "proposals", "1"});
  CHECK(shown["approvals"] == 2);
  CHECK(shown["needed"] == 3);
  CHECK(shown["missing"] == 1);
  CHECK(shown["undecided"] == Json{"county", "bank"});
  CHECK(shown["afterwards"] == Json{{"members", 5}, {"tolerated", 1}, {"quorum", 4}});
  CHECK(shown["expires"] == "2026-04-01T08:00:00.001Z");
  const Run table = council.cli.run({"validator", "proposals"});
  CHECK(holds(table.out, "       1  open   2 of 3           1  add validator new office at 10.0.0.5:7001"));

  const auto adopted = council.as("bank", {"validator", "vote", "1", "--approve", "--json"});
  REQUIRE(adopted.exit == 0);
  CHECK(parse_json(adopted.out).value()["transactions"][0]["proposal"] ==
        Json{{"number", "1"}, {"state", "adopted"}, {"approvals", 3}, {"needed", 3}, {"missing", 0}});
  const auto members = council.json({"validator", "list"});
  CHECK(members["epoch"] == "1");
  CHECK(members["start"] == "3");
  CHECK(members["validators"][4] ==
        Json{{"index", 4}, {"name", "new office"}, {"key", hex("newcomer")}, {"address", "10.0.0.5:7001"}});
  CHECK(members["validators"][0]["address"].is_null());
  CHECK(members["candidates"].empty());
  CHECK(council.cli.run({"validator", "proposals"}).err == "no proposal is open; --all shows closed ones\n");
  CHECK(council.json({"validator", "proposals", "--all"})["rows"][0]["state"] == "adopted");
  // The new member votes from now on.
  CHECK(council.as("newcomer", {"validator", "remove", "village"}).exit == 0);
}

TEST_CASE("a consent travels between two offices that share no file") {
  Council council;
  Cli other;  // the office of the new node
  other.node = &council.node;
  other.environment["TALLY_KEY"] = other.key_file("newcomer");
  other.environment["TALLY_PASSPHRASE_FILE"] = other.passphrase_file();
  const std::string file = other.path("consent.json");
  const Run made = other.run({"validator", "consent", "--name", "new office", "--address", "10.0.0.5:7001",
                              "--proposer", "village", "--out", file});
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK(holds(made.err, "tally validator add --consent " + file + " --new-key " + hex("newcomer")));
  CHECK(council.node.posts == 0);
  const Run shown = other.run({"tx", "show", file});
  CHECK(holds(shown.out, "add validator new office at 10.0.0.5:7001, key " + hex("newcomer")));

  const std::string consent = council.cli.write("from-mail.json", other.read("consent.json"));
  const auto add = [&](const std::string& office, Words more = {}) {
    Words words = {"validator", "add", "--consent", consent};
    words.insert(words.end(), more.begin(), more.end());
    return council.as(office, words);
  };
  // Another proposer than the one it names, another key, name or address than expected: nothing is sent.
  const Run stranger = add("bank");
  CHECK(stranger.exit == 7);
  CHECK(first_line(stranger.err) == "error: " + consent + ": body.author: is " + hex("village") + " [invalid_field]");
  CHECK(holds(stranger.err,
              "expected: " + hex("bank") + ", the key that proposes (--key): a consent names its proposer"));
  CHECK(holds(add("village", {"--new-key", hex("newer")}).err, "--new-key: is \"" + hex("newer") + "\", but "));
  CHECK(holds(add("village", {"--name", "old office"}).err, "--name: is \"old office\", but "));
  CHECK(holds(add("village", {"--address", "10.0.0.6:7001"}).err, "--address: is \"10.0.0.6:7001\", but "));
  CHECK(holds(council.as("village", {"validator", "rotate-key", "--consent", consent}).err,
              "body.operations[0].type: is add_validator"));
  CHECK(council.node.posts == 0);

  const Run proposed = add("village", {"--new-key", hex("newcomer"), "--name", "new office"});
  INFO(proposed.err);
  CHECK(proposed.exit == 0);
  CHECK(holds(proposed.out, "proposal 1 is open: 1 of 3 approvals"));
}

TEST_CASE("a consent is made without a node, and one that was changed or not signed is refused") {
  Council council;
  Cli& cli = council.cli;
  cli.node = nullptr;
  const std::string file = cli.path("consent.json");
  const Words make = {"validator",     "consent",    "--name",       "new office", "--address",
                      "10.0.0.5:7001", "--proposer", hex("village"), "--chain",    council.node.chain_id(),
                      "--valid-until", "2026-03-20", "--out",        file};
  const Run made = council.as("newcomer", make);
  INFO(made.err);
  REQUIRE(made.exit == 0);
  cli.node = &council.node;
  auto document = parse_json(cli.read("consent.json")).value();
  document.erase("id");
  auto moved = document;
  moved["body"]["operations"][0]["address"] = "10.6.6.6:7001";
  const Run forged = council.as("village", {"validator", "add", "--consent", cli.write("forged.json", moved.dump())});
  CHECK(forged.exit == 6);
  CHECK(holds(forged.err, "signatures[0]: does not verify for key"));
  auto bare = document;
  bare["signatures"] = Json::array();
  const Run unsigned_one =
      council.as("village", {"validator", "add", "--consent", cli.write("bare.json", bare.dump())});
  CHECK(unsigned_one.exit == 7);
  CHECK(holds(unsigned_one.err, "bare.json: signatures: hold none of the new key " + hex("newcomer")));
  CHECK(council.node.posts == 0);
  CHECK(council.as("village", {"validator", "add", "--consent", file}).exit == 0);
  // The same file again: the engine knows the transaction.
  CHECK(council.as("village", {"validator", "add", "--consent", file}).exit == 0);
  CHECK(council.json({"validator", "proposals", "--all"})["rows"].size() == 1);
}

TEST_CASE("an office changes its key, and the old one is no validator's any more") {
  Council council;
  const Run proposed = council.as("village", {"validator", "rotate-key", "--node-key", council.key("newer"),
                                              "--node-passphrase-file", council.cli.passphrase_file()});
  INFO(proposed.err);
  CHECK(proposed.exit == 0);
  CHECK(holds(proposed.out, "proposal 1 is open: 1 of 3 approvals, 2 votes are missing"));
  CHECK(council.vote("townhall", "1").exit == 0);
  CHECK(council.vote("bank", "1").exit == 0);
  const auto members = council.json({"validator", "list"});
  CHECK(members["validators"][1]["name"] == "village");
  CHECK(members["validators"][1]["key"] == hex("newer"));
  const Run old = council.as("village", {"validator", "remove", "bank"});
  CHECK(old.exit == 5);
  CHECK(holds(old.err, "remove_validator: key " + named_key("village").public_key().short_hex() +
                           " is no validator's; expected the key of a validator's node"));
}

TEST_CASE("a lost key is replaced by the others, with the new key's consent") {
  Council council;
  const std::string file = council.cli.path("consent.json");
  const Run made = council.as(
      "newer", {"validator", "consent", "--rotate", "--name", "village", "--proposer", "townhall", "--out", file});
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK(holds(made.err, "tally validator rotate-key --consent"));
  const Run proposed = council.as("townhall", {"validator", "rotate-key", "--consent", file});
  CHECK(proposed.exit == 0);
  CHECK(holds(proposed.err, "new key of validator village: " + hex("newer")));
  CHECK(council.vote("county", "1").exit == 0);
  CHECK(council.vote("bank", "1").exit == 0);
  CHECK(council.json({"validator", "list"})["validators"][1]["key"] == hex("newer"));
}

TEST_CASE("a validator is removed, and the last one stays") {
  Council council;
  CHECK(council.as("bank", {"validator", "remove", "village"}).exit == 0);
  CHECK(council.json({"validator", "proposals", "1"})["afterwards"] ==
        Json{{"members", 3}, {"tolerated", 0}, {"quorum", 2}});
  CHECK(council.vote("townhall", "1").exit == 0);
  CHECK(council.vote("county", "1").exit == 0);
  CHECK(council.json({"validator", "list"})["quorum"]["members"] == 3);
  Council alone(village_genesis());
  const Run last = alone.as("townhall", {"validator", "remove", "townhall"});
  CHECK(last.exit == 5);
  CHECK(holds(last.err,
              "remove_validator: \"townhall\" is the last validator; expected another validator beside it "
              "first"));
}

TEST_CASE("votes that cannot count are refused with the reason") {
  Council council;
  REQUIRE(council.add("townhall").exit == 0);
  const Run twice = council.vote("townhall", "1");
  CHECK(twice.exit == 5);
  CHECK(holds(twice.err,
              "vote_proposal: \"townhall\" has approved proposal 1 already; expected nothing more: the vote "
              "counts"));
  const Run unknown = council.vote("village", "9");
  CHECK(unknown.exit == 5);
  CHECK(holds(unknown.err, "vote_proposal: proposal 9 does not exist; expected the number of an open proposal"));
  CHECK(holds(council.vote("accountant", "1").err, "is no validator's; expected the key of a validator's node"));
  CHECK(council.vote("village", "1", "--reject").exit == 0);
  const Run rejected = council.vote("bank", "1", "--reject");
  CHECK(rejected.exit == 0);
  CHECK(holds(rejected.out, "proposal 1 is rejected: too few are left who could approve it"));
  const Run late = council.vote("county", "1");
  CHECK(late.exit == 5);
  CHECK(holds(late.err, "vote_proposal: proposal 1 is rejected; expected an open proposal"));
  const auto closed = council.json({"validator", "proposals", "1"});
  CHECK(closed["approvals"].is_null());
  CHECK(closed["ballots"].size() == 3);

  REQUIRE(council.add("townhall").exit == 0);
  REQUIRE(council.as("accountant", {"submit", "advance-clock", "--by", "32d"}).exit == 0);
  REQUIRE(council.as("accountant", {"submit", "advance-clock", "--by", "1d"}).exit == 0);
  CHECK(council.json({"validator", "proposals", "2"})["state"] == "expired");
  CHECK(holds(council.vote("village", "2").err, "proposal 2 is expired"));
}

TEST_CASE("wrong input names what is wrong and what would be right, and nothing is sent") {
  struct Row {
    const char* name;
    Words arguments;
    int exit;
    std::string text;
  };
  Council council;
  const std::string pass = council.cli.passphrase_file();
  const std::string newcomer = council.key("newcomer");
  const auto consent = [](const std::string& name, const std::string& proposer, Words more) {
    Words words = {"validator", "consent", "--name", name, "--proposer", proposer};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::vector<Row> rows = {
      {"address without port",
       {"validator", "add", "--name", "n", "--address", "nowhere", "--node-key", newcomer},
       2,
       "--address: is \"nowhere\" [invalid_field]\n  expected: HOST:PORT where the others reach the node, such as "
       "10.1.2.3:7001"},
      {"port 0",
       {"validator", "add", "--name", "n", "--address", "h:0", "--node-key", newcomer},
       2,
       "--address: is \"h:0\""},
      {"port too high",
       {"validator", "add", "--name", "n", "--address", "h:65536", "--node-key", newcomer},
       2,
       "--address: is \"h:65536\""},
      {"space in the host",
       {"validator", "add", "--name", "n", "--address", "a b:1", "--node-key", newcomer},
       2,
       "--address: is \"a b:1\""},
      {"no name",
       {"validator", "add", "--address", "h:1", "--node-key", newcomer},
       2,
       "--name: has 0 bytes [invalid_field]\n  expected: 1 to 512"},
      {"long name",
       {"validator", "add", "--name", std::string(513, 'n'), "--address", "h:1", "--node-key", newcomer},
       2,
       "--name: has 513 bytes"},
      {"no consent",
       {"validator", "add", "--name", "n", "--address", "h:1"},
       2,
       "the new key has not consented [invalid_field]\n  expected: either --consent FILE"},
      {"two consents", {"validator", "add", "--consent", "f", "--node-key", newcomer}, 2, "the new key consents twice"},
      {"no key file",
       {"validator", "add", "--name", "n", "--address", "h:1", "--node-key", "absent.key"},
       8,
       "--node-key: the key file absent.key cannot be used"},
      {"malformed key", {"validator", "add", "--consent", "f", "--new-key", "abc"}, 7, "f"},
      {"malformed pin",
       {"validator", "add", "--name", "n", "--address", "h:1", "--node-key", newcomer, "--new-key", "abc"},
       2,
       "--new-key: is \"abc\" [invalid_field]\n  expected: 64 lower-case hexadecimal digits, or the name of a key "
       "file"},
      {"another key than expected",
       {"validator", "add", "--name", "n", "--address", "h:1", "--node-key", newcomer, "--new-key", hex("newer")},
       2,
       "--new-key: is \"" + hex("newer") + "\", but " + newcomer + " says \"" + hex("newcomer") + "\""},
      {"consent: unknown proposer", consent("n", "nobody", {"--address", "h:1"}), 2,
       "--proposer: is \"nobody\", which is no validator [invalid_field]\n  expected: one of townhall, village, "
       "county, "
       "bank, or the key of one"},
      {"consent: a validator's key", consent("n", "village", {"--address", "h:1", "--key", council.key("bank")}), 2,
       "--key: is the key of validator bank already"},
      {"consent: a validator's name", consent("bank", "village", {"--address", "h:1"}), 2,
       "--name: is \"bank\", which is a validator already"},
      {"consent: rotate nobody", consent("n", "village", {"--rotate"}), 2, "--name: is \"n\", which is no validator"},
      {"consent: rotate with an address", consent("bank", "village", {"--rotate", "--address", "h:1"}), 2,
       "--address: stands beside --rotate"},
      {"consent: no address", consent("n", "village", {}), 2, "--address: is \"\""},
      {"consent: too long", consent("n", "village", {"--address", "h:1", "--valid-until", "2026-06-01"}), 2,
       "--valid-until: is 2026-06-01, and the chain's clock says 2026-03-01T08:00:00Z"},
      {"both ways", {"validator", "vote", "1", "--approve", "--reject"}, 2, "which way to vote is not clear"},
      {"neither way", {"validator", "vote", "1"}, 2, "expected: either --approve or --reject"},
      {"no number", {"validator", "vote", "one", "--approve"}, 2, "PROPOSAL: is \"one\""},
      {"no validator named", {"validator", "remove", ""}, 2, "VALIDATOR: has 0 bytes"},
      {"unknown version",
       {"protocol", "raise", "2", "--in", "100"},
       2,
       "VERSION: is 2, which the node at http://127.0.0.1:8080 does not know [invalid_field]\n  expected: at most 1: "
       "first install software that knows the version"},
      {"no beginning", {"protocol", "raise", "1"}, 2, "either --from HEIGHT or --in BLOCKS"},
      {"two beginnings",
       {"protocol", "raise", "1", "--in", "100", "--from", "7"},
       2,
       "either --from HEIGHT or --in BLOCKS"},
      {"unknown proposal", {"validator", "proposals", "9"}, 8, "proposal: 9 does not exist"},
      {"rotate whose",
       {"validator", "rotate-key", "--node-key", council.key("newer")},
       2,
       "--name: is missing, and the key " + named_key("newcomer").public_key().short_hex() + " is no validator's"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    const Run run = council.as("newcomer", row.arguments);
    INFO(run.err);
    CHECK(run.exit == row.exit);
    CHECK(holds(run.err, row.text));
  }
  council.cli.environment.erase("TALLY_KEY");
  const Run keyless = council.cli.run({"validator", "vote", "1", "--approve"});
  CHECK(keyless.exit == 2);
  CHECK(holds(keyless.err, "submitting needs a key"));
  CHECK(council.node.posts == 0);
}

TEST_CASE("what only the rule engine can know is refused by it, with exit code 5 and its reason") {
  struct Row {
    const char* name;
    Words arguments;
    std::string text;
  };
  Council council;
  const std::string pass = council.cli.passphrase_file();
  REQUIRE(council.add("townhall").exit == 0);
  const auto with_key = [&](Words words, const std::string& name) {
    for (const auto& more : {std::string("--node-key"), council.key(name), std::string("--node-passphrase-file"), pass})
      words.push_back(more);
    return words;
  };
  const std::vector<Row> rows = {
      {"known key", with_key({"validator", "add", "--name", "n", "--address", "h:1"}, "bank"),
       "add_validator: key " + named_key("bank").public_key().short_hex() + " is the key of validator \"bank\""},
      {"known name", with_key({"validator", "add", "--name", "bank", "--address", "h:1"}, "newer"),
       "add_validator: validator \"bank\" is a member already; expected another name"},
      {"proposed twice", with_key({"validator", "add", "--name", "new office", "--address", "h:1"}, "newer"),
       "add_validator: open proposal 1 is about the same; expected a vote on it"},
      {"key proposed twice", with_key({"validator", "rotate-key", "--name", "bank"}, "newcomer"),
       "stands in open proposal 1; expected a new key"},
      {"unknown validator",
       {"validator", "remove", "nobody"},
       "remove_validator: \"nobody\" is no validator; expected the name of a validator"},
      {"version in force",
       {"protocol", "raise", "1", "--in", "100"},
       "raise_protocol: version 1 is not above version 1, which is in force or planned"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    const Run run = council.as("village", row.arguments);
    INFO(run.err);
    CHECK(run.exit == 5);
    CHECK(holds(run.err, row.text));
    CHECK(holds(run.err, "was rejected; nothing was applied"));
  }
}

TEST_CASE("the protocol version is raised by vote, and whose software does not know it is warned") {
  Council council;
  council.node.supported = 2;
  const Run early = council.as("townhall", {"protocol", "raise", "2", "--in", "10"});
  CHECK(early.exit == 5);
  CHECK(holds(early.err, "raise_protocol: block 10 comes too soon; expected block 51 or later"));
  const Run proposed = council.as("townhall", {"protocol", "raise", "2", "--from", "1000"});
  INFO(proposed.err);
  CHECK(proposed.exit == 0);
  CHECK(council.vote("village", "1").exit == 0);
  council.node.supported = 1;
  const Run warned = council.vote("bank", "1");
  CHECK(warned.exit == 0);
  CHECK(holds(warned.err, "knows protocol versions up to 1: it stops at block 1000 unless it runs newer software"));
  CHECK(holds(warned.out, "proposal 1 is adopted: 3 of 3 approvals"));
  const Run shown = council.cli.run({"protocol", "show"});
  CHECK(holds(shown.out, "planned             version 2 from block 1000\n"));
  CHECK(holds(shown.err, "warning: this node stops at block 1000"));
  const auto json = council.json({"protocol", "show"});
  CHECK(json["version"] == 1);
  CHECK(json["next"] == Json{{"version", 2}, {"from", "1000"}});
  CHECK(json["supported"] == 1);
}

TEST_CASE("a vote that is not final in time says how to ask again, and a JSON refusal is one object") {
  Council council;
  REQUIRE(council.add("townhall").exit == 0);
  const Run refused = council.as("townhall", {"validator", "vote", "1", "--approve", "--json"});
  CHECK(refused.exit == 5);
  const std::string last = refused.err.substr(refused.err.find("{\"error\""));
  CHECK(parse_json(last).value()["error"]["code"] == "duplicate");
  council.node.takes_but_never_orders = true;
  const Run waiting = council.as("village", {"validator", "vote", "1", "--approve", "--timeout", "2s"});
  CHECK(waiting.exit == 4);
  CHECK(holds(waiting.err, "ask again: tally query transaction "));
}

}  // namespace tally::test
