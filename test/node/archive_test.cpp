// Chunks of the archive on four real nodes, over HTTP, and brought into a node that has nothing.
#include <catch2/catch.hpp>
#include <fstream>

#include "ledger/archive_directory.h"
#include "node/archive_import.h"
#include "node/archive_index.h"
#include "node/network.h"
#include "node/request_auth.h"
#include "node/wall_clock.h"
#include "support/temp_directory.h"

namespace {

using namespace tally;
using test::Network;
namespace fs = std::filesystem;

node::HttpResponse get(const Network& network, std::size_t index, const std::string& target,
                       const std::vector<std::pair<std::string, std::string>>& more = {},
                       const std::string& method = "GET") {
  auto client = node::HttpClient::open("http://127.0.0.1:" + std::to_string(network.nodes[index]->api_port()));
  auto headers = node::sign_request("GET", target, node::wall_clock(), network.officer, network.chain);
  headers.insert(headers.end(), more.begin(), more.end());
  auto answer = client->request(method, target, "", headers);
  if (!answer) FAIL(answer.error().text());
  return std::move(answer).value();
}

std::string header_of(const node::HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers)
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                   [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); }))
      return value;
  return {};
}

// Two chunks, closed by two changes of the members; node 3 was away while blocks of the second were made.
struct Archived {
  Network network{4};

  Archived() {
    std::uint32_t number = 0;
    const auto some = [&] {
      for (int i = 0; i < 3; ++i) CHECK(network.submit(0, network.registration(number++))["state"] == "final");
    };
    const auto change = [&](const std::vector<std::size_t>& members) {
      REQUIRE(network.submit(0, network.membership(members))["state"] == "final");
    };
    some();
    change({1, 0, 2, 3});
    some();
    network.stop(3);
    some();
    network.start(3);
    change({0, 1, 2, 3});
    some();
    const bool closed = Network::eventually([&] {
      for (const auto& node : network.nodes)
        if (node->chain().archive().value().chunks < 2 || node->chain().final_height() < BlockHeight{8}) return false;
      return true;
    });
    INFO(network.picture());
    REQUIRE(closed);
  }

  void save(const fs::path& directory) const {
    for (std::uint64_t i = 0; i < 2; ++i)
      std::ofstream(directory / ledger::chunk_file_name(i), std::ios::binary)
          << get(network, 3, "/v1/archive/" + std::to_string(i)).body;
  }
};

TEST_CASE("four offices serve the same chunks across an epoch change whatever certificates they hold") {
  const Archived archived;
  const Network& network = archived.network;
  for (int chunk = 0; chunk < 2; ++chunk) {
    const std::string target = "/v1/archive/" + std::to_string(chunk);
    const auto first = get(network, 0, target);
    REQUIRE(first.status == 200);
    CHECK(header_of(first, "tally-sealed") == "true");
    for (std::size_t i = 1; i < 4; ++i) {
      INFO("chunk " << chunk << " of node " << i);
      const auto other = get(network, i, target);
      CHECK(other.body == first.body);
      CHECK(header_of(other, "repr-digest") == header_of(first, "repr-digest"));
    }
  }
  const Json list = parse_json(get(network, 2, "/v1/archive").body).value();
  INFO(list.dump());
  REQUIRE(list["chunks"].size() == 2);
  CHECK(list["chunks"][0]["first"] == 1);
  CHECK(list["chunks"][1]["first"] == list["chunks"][0]["last"].get<int>() + 1);
  CHECK(list["open"]["number"] == 2);
  CHECK(list["next"] == nullptr);
  CHECK(parse_json(get(network, 3, "/v1/archive").body).value()["chunks"] == list["chunks"]);
}

TEST_CASE("ranges of a chunk come with their place and put together make the chunk") {
  const Archived archived;
  const Network& network = archived.network;
  const std::string target = "/v1/archive/1";
  const std::string whole = get(network, 0, target).body;
  const std::string total = "/" + std::to_string(whole.size());
  std::string joined;
  for (std::size_t at = 0; at < whole.size(); at += 700) {
    const std::string range = std::to_string(at) + "-" + std::to_string(std::min(at + 700, whole.size()) - 1);
    const auto part = get(network, 0, target, {{"range", "bytes=" + range}});
    REQUIRE(part.status == 206);
    CHECK(header_of(part, "content-range") == "bytes " + range + total);
    joined += part.body;
  }
  CHECK(joined == whole);
  CHECK(get(network, 0, target, {{"range", "bytes=-40"}}).body == whole.substr(whole.size() - 40));
  CHECK(get(network, 0, target, {{"range", "bytes=0-1,5-6"}}).status == 200);
  CHECK(get(network, 0, target, {{"range", "bytes=5-9"}, {"if-range", "\"another\""}}).body == whole);
  const auto behind = get(network, 0, target, {{"range", "bytes=" + std::to_string(whole.size()) + "-"}});
  CHECK(behind.status == 416);
  CHECK(header_of(behind, "content-range") == "bytes *" + total);
  const auto head = get(network, 0, target, {}, "HEAD");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(header_of(head, "accept-ranges") == "bytes");
  CHECK(get(network, 0, "/v1/archive/77").status == 404);
  CHECK(get(network, 0, "/v1/archive/x").status == 400);
  CHECK(network.get(0, "/v1/archive")["code"] == "unauthorised");
}

TEST_CASE("an archive makes an empty data directory whole and a damaged one leaves nothing behind") {
  Archived archived;
  Network& network = archived.network;
  test::TempDirectory place;
  archived.save(place.path());
  const auto head = network.nodes[0]->chain().seal_of(1).value().value().last();
  const auto expected = ledger::digest_of(network.nodes[0]->chain().header(head).value().value());
  auto setup = network.setup(2);
  setup.config.data_directory = place.path() / "data";
  BlockHeight kept;
  const auto second = place.path() / ledger::chunk_file_name(1);
  fs::copy_file(second, place.path() / "good");
  {
    std::fstream file(second, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(400);
    file.put('\x55');
  }
  const auto failed = node::import_archive(setup, place.path(), kept, network.executor(2));
  REQUIRE_FALSE(failed.has_value());
  CHECK_THAT(failed.error().text(), Catch::Contains("chunk-00000001.tally"));
  CHECK_FALSE(fs::exists(setup.config.data_directory));
  // A chain that is there keeps what was good.
  fs::remove(second);
  REQUIRE(node::import_archive(setup, place.path(), kept, network.executor(2)).has_value());
  const BlockHeight first_end = kept;
  fs::copy_file(place.path() / "good", second);
  fs::resize_file(second, fs::file_size(second) - 1);
  REQUIRE_FALSE(node::import_archive(setup, place.path(), kept, network.executor(2)).has_value());
  CHECK(kept == first_end);
  fs::remove(second);
  fs::copy_file(place.path() / "good", second);
  const auto done = node::import_archive(setup, place.path(), kept, network.executor(2));
  REQUIRE(done.has_value());
  CHECK(done->before == first_end);
  CHECK(done->head == head);
  network.stop(2);
  fs::remove_all(network.directory / "2" / "db");
  fs::rename(setup.config.data_directory / "db", network.directory / "2" / "db");
  network.start(2);
  CHECK(ledger::digest_of(network.nodes[2]->chain().header(head).value().value()) == expected);
  const auto id = network.offer(2, network.registration(1000));
  CHECK(Network::eventually([&] { return network.nodes[2]->state_of(id) == node::TransactionState::final; }));
}

TEST_CASE("a Range header is one range or is ignored") {
  struct Row {
    const char* text;
    node::RangeKind kind;
    std::uint64_t first;
    std::uint64_t last;
  };
  using enum node::RangeKind;
  for (const auto& row :
       {Row{"bytes=0-0", part, 0, 0}, Row{"bytes=5-", part, 5, 99}, Row{"bytes=5-1000", part, 5, 99},
        Row{"bytes=-7", part, 93, 99}, Row{"bytes=-700", part, 0, 99}, Row{"", whole, 0, 0},
        Row{"bytes=7-3", whole, 0, 0}, Row{"bytes=a-b", whole, 0, 0}, Row{"lines=1-2", whole, 0, 0},
        Row{"bytes=1-2,3-4", whole, 0, 0}, Row{"bytes=-", whole, 0, 0}, Row{"bytes=99999999999999999999-", whole, 0, 0},
        Row{"bytes=100-", unsatisfiable, 0, 0}, Row{"bytes=-0", unsatisfiable, 0, 0}}) {
    INFO(row.text);
    node::ByteRange range;
    CHECK(node::parse_range(row.text, 100, range) == row.kind);
    CHECK(range.first == row.first);
    CHECK(range.last == row.last);
  }
}

}  // namespace
