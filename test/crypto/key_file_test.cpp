#include "crypto/key_file.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include "common/json.h"
#include "support/temp_directory.h"

using namespace tally;
using namespace tally::crypto;

namespace {

constexpr std::string_view kPassphrase = "四个 words and a 词";

// A light key file and the means to alter it.
struct Fixture {
  test::TempDirectory directory;
  std::filesystem::path path = directory.path() / "officer.key";
  SecretKey key = SecretKey::generate();

  Fixture() { REQUIRE(write_key_file(path, key, kPassphrase, "张三, town hall", KeyCost::light).has_value()); }

  std::string text() const {
    std::ifstream file(path);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
  }
  void replace(std::string_view content) const { std::ofstream(path, std::ios::trunc) << content; }
  template <class Change>
  void alter(const Change& change) const {
    Json json = parse_json(text()).value();
    change(json);
    replace(json.dump());
  }
  Error refusal() const {
    const auto key_read = read_key_file(path, kPassphrase);
    REQUIRE_FALSE(key_read.has_value());
    CHECK_THAT(key_read.error().text(), Catch::Contains("officer.key"));
    return key_read.error();
  }
};

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("A key file gives the key back to its passphrase") {
  const Fixture fixture;
  const auto key = read_key_file(fixture.path, kPassphrase);
  REQUIRE(key.has_value());
  CHECK(key->public_key() == fixture.key.public_key());
  CHECK(to_hex(key->seed()) == to_hex(fixture.key.seed()));

  const auto head = read_key_file_head(fixture.path);
  REQUIRE(head.has_value());
  CHECK(head->label == "张三, town hall");
  CHECK(head->public_key == fixture.key.public_key());
}

TEST_CASE("A key file is its owner's alone, and nothing else is left behind") {
  const Fixture fixture;
  struct stat found {};
  REQUIRE(::stat(fixture.path.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
  CHECK(files_in(fixture.directory.path()) == 1);
  CHECK(fixture.text().find(to_hex(fixture.key.seed())) == std::string::npos);
}

TEST_CASE("The same key is sealed differently each time") {
  const Fixture fixture;
  const auto other = fixture.directory.path() / "other.key";
  REQUIRE(write_key_file(other, fixture.key, kPassphrase, "张三, town hall", KeyCost::light).has_value());
  std::stringstream text;
  text << std::ifstream(other).rdbuf();
  const Json first = parse_json(fixture.text()).value();
  const Json second = parse_json(text.str()).value();
  CHECK(first["derivation"]["salt"] != second["derivation"]["salt"]);
  CHECK(first["cipher"]["nonce"] != second["cipher"]["nonce"]);
  CHECK(first["cipher"]["sealed"] != second["cipher"]["sealed"]);
}

TEST_CASE("The strong cost is what the file says, and opens") {
  const test::TempDirectory directory;
  const SecretKey key = SecretKey::generate();
  const auto path = directory.path() / "strong.key";
  REQUIRE(write_key_file(path, key, kPassphrase, "", KeyCost::strong).has_value());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const Json json = parse_json(text.str()).value();
  CHECK(json["derivation"]["passes"] == 3);
  CHECK(json["derivation"]["memory_kib"] == 256 * 1024);
  CHECK(read_key_file(path, kPassphrase)->public_key() == key.public_key());
}

TEST_CASE("A wrong passphrase is told apart from a bad file") {
  const Fixture fixture;
  for (const std::string_view wrong : {"", "wrong", "四个 words and a 词 "}) {
    const auto key = read_key_file(fixture.path, wrong);
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().code == ErrorCode::unauthorised);
    CHECK(key.error().field == "passphrase");
    CHECK_THAT(key.error().text(), Catch::Contains("officer.key") && Catch::Contains("it is wrong"));
  }
}

TEST_CASE("An existing file is never overwritten") {
  const Fixture fixture;
  const std::string before = fixture.text();
  const auto status = write_key_file(fixture.path, SecretKey::generate(), kPassphrase, "", KeyCost::light);
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().code == ErrorCode::io_failed);
  CHECK_THAT(status.error().text(), Catch::Contains("exists already"));
  CHECK(fixture.text() == before);

  const auto link = fixture.directory.path() / "dangling.key";
  std::filesystem::create_symlink(fixture.directory.path() / "nowhere", link);
  CHECK_FALSE(write_key_file(link, fixture.key, kPassphrase, "", KeyCost::light).has_value());
  CHECK(files_in(fixture.directory.path()) == 2);
}

TEST_CASE("What cannot be written or read is named") {
  const test::TempDirectory directory;
  const SecretKey key = SecretKey::generate();
  const auto code_of = [](const auto& result) { return result.has_value() ? ErrorCode::ok : result.error().code; };
  const auto below_nothing = directory.path() / "absent" / "a.key";
  CHECK(code_of(write_key_file(below_nothing, key, kPassphrase, "", KeyCost::light)) == ErrorCode::not_found);
  CHECK(code_of(read_key_file(below_nothing, kPassphrase)) == ErrorCode::not_found);
  CHECK(code_of(read_key_file_head(below_nothing)) == ErrorCode::not_found);
  CHECK(code_of(read_key_file(directory.path(), kPassphrase)) == ErrorCode::io_failed);

  const auto path = directory.path() / "a.key";
  CHECK(write_key_file(path, key, "", "", KeyCost::light).error().field == "passphrase");
  CHECK(write_key_file(path, key, kPassphrase, "\xff", KeyCost::light).error().field == "label");
  CHECK(write_key_file(path, key, kPassphrase, std::string(513, 'a'), KeyCost::light).error().field == "label");
  CHECK(files_in(directory.path()) == 0);

  std::ofstream(path) << std::string(17 * 1024, ' ');
  CHECK(code_of(read_key_file(path, kPassphrase)) == ErrorCode::too_large);
}

TEST_CASE("Bad fields are named") {
  struct Row {
    const char* where;
    Json value;  // null: the field is taken out
    ErrorCode code;
    const char* field;
  };
  const auto row = GENERATE(values<Row>({
      {"/format", "tally-key-9", ErrorCode::invalid_field, "format"},
      {"/format", 1, ErrorCode::invalid_field, "format"},
      {"/format", nullptr, ErrorCode::missing_field, "format"},
      {"/label", nullptr, ErrorCode::missing_field, "label"},
      {"/label", std::string(600, 'x'), ErrorCode::too_large, "label"},
      {"/extra", 1, ErrorCode::unknown_field, "extra"},
      {"/cipher/extra", 1, ErrorCode::unknown_field, "cipher.extra"},
      {"/public_key", "12", ErrorCode::invalid_field, "public_key"},
      {"/public_key", std::string(64, '0'), ErrorCode::invalid_field, "public_key"},
      {"/derivation", nullptr, ErrorCode::missing_field, "derivation"},
      {"/derivation", "argon2id13", ErrorCode::invalid_field, "derivation"},
      {"/derivation/name", "scrypt", ErrorCode::invalid_field, "derivation.name"},
      {"/derivation/passes", 0, ErrorCode::invalid_field, "derivation.passes"},
      {"/derivation/passes", 17, ErrorCode::invalid_field, "derivation.passes"},
      {"/derivation/passes", -1, ErrorCode::invalid_field, "derivation.passes"},
      {"/derivation/passes", 1.5, ErrorCode::invalid_field, "derivation.passes"},
      {"/derivation/passes", 4294967296, ErrorCode::invalid_field, "derivation.passes"},
      {"/derivation/memory_kib", 8, ErrorCode::invalid_field, "derivation.memory_kib"},
      {"/derivation/memory_kib", 4294967295, ErrorCode::invalid_field, "derivation.memory_kib"},
      {"/derivation/salt", "00", ErrorCode::invalid_field, "derivation.salt"},
      {"/cipher/name", "none", ErrorCode::invalid_field, "cipher.name"},
      {"/cipher/nonce", nullptr, ErrorCode::missing_field, "cipher.nonce"},
      {"/cipher/sealed", "zz", ErrorCode::invalid_field, "cipher.sealed"},
  }));
  INFO(row.where << " = " << row.value.dump().substr(0, 40));
  const Fixture fixture;
  fixture.alter([&](Json& json) {
    const Json::json_pointer where(row.where);
    if (row.value.is_null()) {
      json.at(where.parent_pointer()).erase(where.back());
    } else {
      json[where] = row.value;
    }
  });
  const Error error = fixture.refusal();
  CHECK(error.code == row.code);
  CHECK(error.field == row.field);
  CHECK_FALSE(read_key_file_head(fixture.path).has_value());
}

TEST_CASE("A file that is no JSON object is refused") {
  const Fixture fixture;
  for (const std::string_view content : {"", "{", "[]", "null", "\xff\xfe", "1e999"}) {
    INFO(content);
    fixture.replace(content);
    const Error error = fixture.refusal();
    CHECK((error.code == ErrorCode::invalid_encoding || error.code == ErrorCode::invalid_field));
  }
  fixture.replace(R"({"format": "tally-key-1", "format": "tally-key-1"})");
  CHECK(fixture.refusal().code == ErrorCode::invalid_field);
}

TEST_CASE("Altering what the seal covers is found out") {
  const auto altered = GENERATE(values<std::pair<std::string, Json>>({
      {"/label", "李四"},
      {"/public_key", SecretKey::generate().public_key().hex()},
      {"/derivation/passes", 2},
      {"/derivation/salt", std::string(32, '0')},
      {"/cipher/nonce", std::string(48, '0')},
      {"/cipher/sealed", std::string(96, '0')},
  }));
  INFO(altered.first);
  const Fixture fixture;
  fixture.alter([&](Json& json) { json[Json::json_pointer(altered.first)] = altered.second; });
  CHECK(fixture.refusal().code == ErrorCode::unauthorised);
}
