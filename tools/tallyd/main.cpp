// tallyd: one node of the network.
#include <CLI/CLI.hpp>
#include <csignal>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "common/time.h"
#include "crypto/digest.h"
#include "devnet/devnet.h"
#include "node/node.h"

namespace {

using namespace tally;

// Exit codes, as `tally help exit-codes` lists them.
constexpr int kUsage = 2;
constexpr int kCannotStart = 7;
constexpr int kUnhealthy = 10;

int complain(const Error& error) {
  fmt::print(stderr, "error: {} [{}]\n", error.text(), name_of(error.code));
  return kCannotStart;
}

// With the commands for this node, where its store is what is wrong.
int complain_of_start(const Error& error, const std::string& config_file) {
  complain(error);
  if (error.code == ErrorCode::storage_failed && !config_file.empty())
    fmt::print(stderr,
               "  next: tally scrub --node-config {0} names what is damaged; tally repair --node-config {0} --from URL "
               "makes the store whole from another node (docs/repair.md)\n",
               config_file);
  return kCannotStart;
}

// Of the node itself: it has joined by a snapshot and goes on from it.
constexpr int kStartAgain = SIGUSR1;

// Blocks until one of them comes; they were blocked in every thread before any was started.
int wait_for_signal(const sigset_t& signals) {
  int caught = 0;
  sigwait(&signals, &caught);
  return caught;
}

int run(const node::NodeConfig& config, const std::string& config_file) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, kStartAgain);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  auto log = spdlog::stderr_color_mt("tallyd");
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  log->set_level(spdlog::level::from_str(config.log_level));
  log->flush_on(spdlog::level::info);
  for (;;) {
    auto setup = node::load_setup(config);
    if (!setup) return complain(setup.error());
    setup->restart = [](BlockHeight) { ::kill(::getpid(), kStartAgain); };
    auto node = node::Node::start(std::move(setup).value(), log);
    if (!node) return complain_of_start(node.error(), config_file);
    const int caught = wait_for_signal(signals);
    const std::string failure = (*node)->failure();
    log->info(caught == kStartAgain ? "starting again" : "stopping");
    node->reset();
    if (caught != kStartAgain) return failure.empty() ? 0 : kUnhealthy;
  }
}

// One office alone, for trying things out: made on the first start, found again on the next.
Result<node::NodeConfig> development_node(const std::filesystem::path& directory, const std::string& api) {
  const auto address = node::parse_host_port(api);
  if (!address) return Error(address.error()).within("--api");
  const bool there = std::filesystem::exists(directory / "devnet.json");
  devnet::NetworkPlan plan;
  plan.directory = directory;
  plan.tallyd = std::filesystem::canonical("/proc/self/exe");
  plan.nodes = 1;
  plan.name = "one office alone";
  plan.time = *parse_time("2026-01-01");
  if (!there) plan.cast = devnet::qingzhen_cast();
  auto network = there ? devnet::Devnet::open(directory) : devnet::Devnet::create(plan);
  if (!network) return network.error();
  auto config = node::read_config(network->node_directory(0) / "node.toml");
  if (!config) return config.error();
  config->api = *address;
  config->listen.port = 0;
  fmt::print(stderr, "officers' keys and their passphrases: {}\ngenesis: {}\n", (directory / "keys").string(),
             config->genesis_file.lexically_normal().string());
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"tallyd runs one node of a Tallystick network."};
  app.set_version_flag("--version", "tallyd 0.1.0");
  std::string config_file;
  app.add_option("--config", config_file, "the node's settings (node.toml); `tally init` writes one")
      ->envname("TALLY_CONFIG_FILE");
  bool development = false;
  std::string directory = "tally-dev";
  std::string api = "127.0.0.1:8080";
  auto* dev = app.add_flag("--dev", development, "one office alone on a test clock, made on the first start");
  app.add_option("--directory", directory, "where --dev keeps its files")->needs(dev)->capture_default_str();
  app.add_option("--api", api, "where --dev serves its API")->needs(dev)->capture_default_str();
  app.footer("Examples:\n  tallyd --config node/node.toml\n  tallyd --dev");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : kUsage;
  }
  if (development == !config_file.empty()) {
    fmt::print(stderr, "error: tallyd needs either --config FILE or --dev\n  next: see tallyd --help\n");
    return kUsage;
  }
  crypto::initialise();
  auto config = development ? development_node(directory, api) : node::read_config(config_file);
  if (!config) return complain(config.error());
  return run(*config, config_file);
}
