#include "node/network.h"

#include <condition_variable>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/request_auth.h"

namespace tally::test {

namespace {

// A port that was free a moment ago; all are held at once so that no two are the same.
std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no free port");
    sockets.push_back(socket);
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

TimestampMs now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return TimestampMs{static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count())};
}

crypto::SecretKey key_of(Byte number) {
  crypto::initialise();
  return crypto::SecretKey::from_seed({number, 77});
}

constexpr std::string_view kMembershipMark = "test/members:";
constexpr std::string_view kFlavouredMark = "test/flavour";

}  // namespace

Bytes MembershipExecutor::operation(const ledger::Members& members) {
  const ByteView mark = as_bytes(kMembershipMark);
  Bytes out(mark.begin(), mark.end());
  const Bytes bytes = encode(members);
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

Bytes MembershipExecutor::flavoured_operation() {
  const ByteView mark = as_bytes(kFlavouredMark);
  return {mark.begin(), mark.end()};
}

ledger::OperationResult MembershipExecutor::execute(const ledger::OperationContext& context, ByteView operation,
                                                    ledger::State& state) {
  if (as_text(operation) == kFlavouredMark) {
    state.put(as_bytes(kFlavouredMark), Bytes{flavour_});
    return {};
  }
  if (!as_text(operation).starts_with(kMembershipMark)) return RuleEngine::execute(context, operation, state);
  ledger::write_members(state, decode<ledger::Members>(operation.subspan(kMembershipMark.size())).value());
  return {};
}

Network::Network(const NetworkOptions& chosen)
    : options(chosen),
      officer(key_of(200)),
      ports(free_ports(chosen.nodes)),
      clock_offsets_ms(chosen.nodes),
      flavours(chosen.nodes) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tally-network-XXXXXX").string();
  directory = ::mkdtemp(pattern.data());
  genesis.name = "test network";
  genesis.purpose = ledger::Purpose::development;
  genesis.clock = options.clock;
  genesis.time = TimestampMs{1'700'000'000'000};
  genesis.window = 32;
  const std::size_t members = options.validators == 0 ? options.nodes : options.validators;
  for (std::size_t i = 0; i < options.nodes; ++i) {
    keys.push_back(key_of(static_cast<Byte>(i + 1)));
    if (i < members) genesis.validators.push_back({"office-" + std::to_string(i), keys.back().public_key()});
  }
  using namespace contracts;
  const std::vector<Operation> operations = {
      RegisterUnit{"county", UnitKind::county, "County"},
      RegisterOfficer{
          PersonId{{1}}, officer.public_key(), "county", {Role::registrar, Role::governor, Role::clock}, "registrar"}};
  for (const auto& operation : operations) genesis.operations.push_back(encode(operation));
  for (const auto& operation : options.founding) genesis.operations.push_back(encode(operation));
  chain = ledger::chain_id(genesis);
  for (std::size_t i = 0; options.faulty_disks && i < options.nodes; ++i) {
    disks.push_back(std::make_shared<FaultFileSystem>(directory / ("graveyard-" + std::to_string(i))));
    envs.push_back(make_fault_env(disks.back()));
  }
  for (std::size_t i = 0; i < options.nodes; ++i) restarts.push_back(std::make_shared<std::atomic<bool>>(false));
  nodes.resize(options.nodes);
  for (std::size_t i = 0; i < options.nodes; ++i) start(i);
}

Network::~Network() {
  nodes.clear();
  std::filesystem::remove_all(directory);
}

node::NodeSetup Network::setup(std::size_t index) const {
  node::NodeConfig config;
  config.data_directory = directory / std::to_string(index);
  config.listen = {"127.0.0.1", ports[index]};
  config.tick_ms = 20;
  config.worker_threads = 1;
  config.view_timeout_ms = options.view_timeout_ms;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (i != index && (!options.lists || options.lists(index, i)))
      config.peers.push_back({keys[i].public_key(), "office-" + std::to_string(i), "127.0.0.1", ports[i]});
  if (options.settings) options.settings(index, config);
  return {config,
          genesis,
          keys[index],
          envs.empty() ? nullptr : envs[index].get(),
          executor(index),
          [offset = clock_offsets_ms[index]] { return TimestampMs{now().value + static_cast<std::uint64_t>(offset)}; },
          [asked = restarts[index]](BlockHeight) { asked->store(true); }};
}

void Network::start(std::size_t index) {
  // TALLY_TEST_LOG shows what the nodes say.
  spdlog::sink_ptr sink = std::make_shared<spdlog::sinks::null_sink_mt>();
  if (std::getenv("TALLY_TEST_LOG") != nullptr) sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto log = std::make_shared<spdlog::logger>("node " + std::to_string(index), sink);
  restarts[index]->store(false);
  auto started = node::Node::start(setup(index), log);
  if (!started) throw std::runtime_error("node " + std::to_string(index) + ": " + started.error().text());
  nodes[index] = std::move(started).value();
}

ledger::SignedTransaction Network::transaction(std::vector<contracts::Operation> operations) const {
  ledger::SignedTransaction out;
  out.body.chain = chain;
  out.body.author = officer.public_key();
  out.body.client_id = crypto::random_fixed<ClientId>();
  out.body.valid_until = (nodes.front() ? nodes.front()->next_block_time() : now()).plus(3'600'000);
  for (const auto& operation : operations) out.body.operations.push_back(encode(operation));
  ledger::add_signature(out, officer);
  return out;
}

ledger::SignedTransaction Network::registration(std::uint32_t number) const {
  const auto low = static_cast<Byte>(number);
  const auto high = static_cast<Byte>(number >> 8U);
  return transaction({contracts::RegisterSubject{SubjectHandle{{low, 1, high}}, contracts::SubjectKind::household,
                                                 "county", Digest{{low, 1, high}}, std::nullopt}});
}

ledger::SignedTransaction Network::raw(Bytes operation) const {
  ledger::SignedTransaction out = transaction({});
  out.signatures.clear();
  out.body.operations.push_back(std::move(operation));
  ledger::add_signature(out, officer);
  return out;
}

ledger::SignedTransaction Network::membership(const std::vector<std::size_t>& indexes) const {
  ledger::Members members;
  for (const std::size_t i : indexes) members.list.push_back({"office-" + std::to_string(i), keys[i].public_key()});
  return raw(MembershipExecutor::operation(members));
}

ledger::SignedTransaction Network::flavoured() const {
  return raw(MembershipExecutor::flavoured_operation());
}

TransactionId Network::offer(std::size_t index, const ledger::SignedTransaction& transaction) const {
  nodes[index]->intake().submit({encode(transaction)}, [](const auto&) {});
  return ledger::id_of(transaction.body);
}

Json Network::submit(std::size_t index, const ledger::SignedTransaction& transaction) const {
  auto client = node::HttpClient::open("http://127.0.0.1:" + std::to_string(nodes[index]->api_port()));
  const Json body = {{"transactions", {to_hex(encode(transaction))}}};
  const auto posted = client->request("POST", "/v1/transactions", body.dump());
  if (!posted || posted->status != 200) return {{"submit", posted ? posted->body : posted.error().text()}};
  const auto result = parse_json(posted->body).value()["results"][0];
  if (!result["error"].is_null()) return result;
  return get(index, "/v1/transactions/" + result["id"].get<std::string>() + "?wait_ms=20000");
}

Json Network::get(std::size_t index, const std::string& target, bool sign) const {
  auto client = node::HttpClient::open("http://127.0.0.1:" + std::to_string(nodes[index]->api_port()));
  std::vector<std::pair<std::string, std::string>> headers;
  if (sign) headers = node::sign_request("GET", target, now(), officer, chain);
  const auto answer = client->request("GET", target, "", headers);
  if (!answer) return {{"error", answer.error().text()}};
  return parse_json(answer->body).value();
}

std::string Network::picture() const {
  std::string out;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i]) continue;
    const auto status = nodes[i]->ordering_status();
    out += "node " + std::to_string(i) + ": epoch " + std::to_string(status.epoch.value) + " view " +
           std::to_string(status.view.value) + (status.changing_view ? " (changing)" : "") + " stable " +
           std::to_string(status.stable.value) + " executed " + std::to_string(status.executed.value) +
           (status.recovering ? " recovering" : "") + (status.self ? "" : " observer") + " pending " +
           std::to_string(nodes[i]->pool().sizes().pending) + " in flight " +
           std::to_string(nodes[i]->pool().sizes().in_flight) + " " + nodes[i]->failure() + "\n";
  }
  return out;
}

bool Network::eventually(const std::function<bool()>& condition, unsigned seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    never.wait_for(lock, std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace tally::test
