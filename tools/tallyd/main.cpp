// tallyd: one node of the network.
#include <CLI/CLI.hpp>
#include <csignal>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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

// Blocks until SIGINT or SIGTERM; they were blocked in every thread before any was started.
void wait_for_signal(const sigset_t& signals) {
  int caught = 0;
  sigwait(&signals, &caught);
}

int run(node::NodeSetup setup) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  auto log = spdlog::stderr_color_mt("tallyd");
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  log->set_level(spdlog::level::from_str(setup.config.log_level));
  log->flush_on(spdlog::level::info);
  auto node = node::Node::start(std::move(setup), log);
  if (!node) return complain(node.error());
  wait_for_signal(signals);
  log->info("stopping");
  const std::string failure = (*node)->failure();
  node->reset();
  return failure.empty() ? 0 : kUnhealthy;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"tallyd runs one node of a Tallystick network."};
  app.set_version_flag("--version", "tallyd 0.1.0");
  std::string config_file;
  app.add_option("--config", config_file, "the node's settings (node.toml); `tally init` writes one")
      ->envname("TALLY_CONFIG_FILE")
      ->required();
  app.footer("Example: tallyd --config node/node.toml");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : kUsage;
  }
  crypto::initialise();
  auto config = node::read_config(config_file);
  if (!config) return complain(config.error());
  auto setup = node::load_setup(std::move(config).value());
  if (!setup) return complain(setup.error());
  return run(std::move(setup).value());
}
