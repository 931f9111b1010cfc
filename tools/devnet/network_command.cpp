// tally devnet up|down|status|logs
#include <iostream>

#include "common/time.h"
#include "devnet/commands.h"
#include "devnet/devnet_command.h"
#include "devnet/interruption.h"

namespace tally::devnet {

using cli::Command;
using cli::Context;
using cli::ExitCode;
using cli::Failure;
using cli::Outcome;

namespace fs = std::filesystem;

namespace {

struct StatusOptions {
  std::string directory = kDefaultDirectory;
  bool exit_when_healthy = false;
  std::uint64_t timeout_ms = 60'000;
};

struct LogOptions {
  std::string directory = kDefaultDirectory;
  std::string node;
  std::uint64_t lines = 20;
  bool follow = false;
};

Json files_json(const Devnet& devnet) {
  Json officers = Json::array();
  for (const auto& officer : devnet.file().officers) {
    officers.push_back({{"name", officer.name},
                        {"title", officer.title},
                        {"unit", officer.unit},
                        {"roles", to_json(officer.roles)},
                        {"key", officer.key.hex()},
                        {"key_file", (devnet.directory() / officer.key_file).string()},
                        {"passphrase_file", (devnet.directory() / officer.passphrase_file).string()}});
  }
  return officers;
}

cli::Report report_of(const Devnet& devnet, const NetworkReport& network) {
  cli::Report out;
  cli::Table table{{{"node"}, {"API"}, {"pid", cli::Align::right}, {"final", cli::Align::right}, {"peers"}, {"state"}},
                   {}};
  Json nodes = Json::array();
  for (const auto& node : network.nodes) {
    const auto height = node.status ? std::to_string(node.status->final_height.value) : "";
    const auto peers =
        node.status ? std::to_string(node.status->peers_connected) + "/" + std::to_string(node.status->peers) : "";
    table.rows.push_back({node.name, node.url, node.running ? std::to_string(node.pid) : "", height, peers,
                          node.problem.empty() ? "healthy" : node.problem});
    Json status = nullptr;
    if (node.status) {
      status = {{"executed_height", to_json(node.status->executed_height)},
                {"final_height", to_json(node.status->final_height)},
                {"final_header", node.status->final_header.hex()},
                {"final_time", to_json(node.status->final_time)},
                {"peers", node.status->peers},
                {"peers_connected", node.status->peers_connected}};
    }
    nodes.push_back({{"name", node.name},
                     {"url", node.url},
                     {"pid", node.running ? Json(node.pid) : Json(nullptr)},
                     {"healthy", node.problem.empty()},
                     {"problem", node.problem},
                     {"status", status}});
  }
  out.json = {{"directory", devnet.directory().string()},
              {"name", devnet.file().name},
              {"chain", devnet.file().chain.hex()},
              {"genesis", (devnet.directory() / "genesis.json").string()},
              {"healthy", network.healthy()},
              {"nodes", nodes},
              {"officers", files_json(devnet)}};
  out.sections.push_back({"", table});
  return out;
}

Outcome<void> up(Context& context, const UpOptions& options) {
  auto devnet = bring_up(options);
  if (!devnet) return devnet.error();
  if (auto healthy = devnet->await_healthy(Devnet::kStartLimit); !healthy)
    return Failure(ExitCode::unhealthy, healthy.error()).during("the network was started but is not healthy");
  context.emit(report_of(*devnet, devnet->report()));
  const std::string where = options.directory == kDefaultDirectory ? "" : " --directory " + options.directory;
  context.note("\nchain " + devnet->file().chain.hex() + "\nkeys of officers and their passphrases: " +
               (devnet->directory() / "keys").string() + "\nlook at it:  tally query status --node " + devnet->url(0) +
               "\nend it:      tally devnet down" + where);
  return {};
}

Outcome<void> down(Context& context, const std::string& directory) {
  auto devnet = open_network(directory);
  if (!devnet) return devnet.error();
  std::size_t running = 0;
  for (std::size_t i = 0; i < devnet->size(); ++i) running += devnet->running(i) ? 1 : 0;
  const auto killed = devnet->stop();
  if (!killed) return killed.error();
  cli::Report report;
  report.json = {{"directory", devnet->directory().string()}, {"ended", running}, {"killed", *killed}};
  report.sections.push_back({"", cli::Facts().add("nodes ended", std::to_string(running)).table()});
  if (*killed > 0) context.warn(std::to_string(*killed) + " nodes did not end in time and were killed");
  context.emit(report);
  return {};
}

Outcome<void> status(Context& context, const StatusOptions& options) {
  auto devnet = open_network(options.directory);
  if (!devnet) return devnet.error();
  if (options.exit_when_healthy) devnet->await_healthy(Milliseconds(options.timeout_ms));
  const auto network = devnet->report();
  context.emit(report_of(*devnet, network));
  if (network.healthy()) return {};
  return Failure(ExitCode::unhealthy, make_error(ErrorCode::busy, "", "not all nodes are healthy"))
      .then("tally devnet logs NODE shows what a node says; tally devnet up starts those that ended");
}

// Copies what was appended to the file since `from`.
void copy_new(std::ostream& out, const fs::path& file, std::uint64_t& from) {
  std::error_code failure;
  const auto size = fs::file_size(file, failure);
  if (failure || size <= from) return;
  const auto text = read_text(file);
  if (!text || text->size() <= from) return;
  out << text->substr(from) << std::flush;
  from = text->size();
}

Outcome<void> logs(Context& context, const LogOptions& options) {
  auto devnet = open_network(options.directory);
  if (!devnet) return devnet.error();
  std::vector<std::size_t> wanted;
  std::string names;
  for (std::size_t i = 0; i < devnet->size(); ++i) {
    const auto& name = devnet->file().nodes[i].name;
    names += (names.empty() ? "" : ", ") + name;
    if (options.node.empty() || options.node == name) wanted.push_back(i);
  }
  if (wanted.empty()) return cli::usage_failure("NODE", "is \"" + options.node + "\"", "one of " + names);
  const Interruption interruption;
  std::vector<std::uint64_t> shown(devnet->size(), 0);
  for (const auto i : wanted) {
    std::error_code ignored;
    shown[i] = fs::exists(devnet->log_file(i)) ? fs::file_size(devnet->log_file(i), ignored) : 0;
    if (wanted.size() > 1) context.emit_text("== " + devnet->file().nodes[i].name);
    context.emit_text(devnet->log_end(i, options.lines));
  }
  if (!options.follow) return {};
  poll_until(
      Milliseconds::max() / 2,
      [&] {
        for (const auto i : wanted) copy_new(*context.world().out, devnet->log_file(i), shown[i]);
        return interruption.requested();
      },
      Milliseconds(200));
  return {};
}

}  // namespace

fs::path tallyd_program(const std::string& given) {
  return given.empty() ? own_program().parent_path() / "tallyd" : fs::path(given);
}

Outcome<Devnet> open_network(const std::string& directory) {
  auto devnet = Devnet::open(directory);
  if (devnet) return std::move(devnet).value();
  return Failure(devnet.error()).then("tally devnet up makes and starts a network");
}

Outcome<Devnet> bring_up(const UpOptions& options) {
  const bool there = fs::exists(fs::path(options.directory) / kNetworkFileName);
  NetworkPlan plan;
  plan.directory = options.directory;
  plan.tallyd = tallyd_program(options.tallyd);
  plan.nodes = options.nodes;
  if (options.clock == "test") {
    plan.clock = ledger::ClockMode::test;
    plan.time = *parse_time("2026-01-01");
  } else {
    plan.clock = ledger::ClockMode::real;
    plan.time = wall_clock();
  }
  if (!there) plan.cast = qingzhen_cast();
  auto devnet = there ? Devnet::open(options.directory) : Devnet::create(plan);
  if (!devnet) return Failure(devnet.error());
  if (there && devnet->size() != options.nodes)
    return cli::usage_failure("--nodes",
                              "is " + std::to_string(options.nodes) + ", but " + options.directory +
                                  " holds a network of " + std::to_string(devnet->size()),
                              "that number, or another --directory");
  if (auto started = devnet->start(); !started)
    return Failure(ExitCode::unhealthy, started.error()).during("the network did not start");
  return std::move(devnet).value();
}

void register_network(cli::Program& program) {
  Command devnet = program.root().group("devnet", "A network of real nodes on this machine, for trying things out");

  auto up_options = std::make_shared<UpOptions>();
  devnet
      .command("up", "Make and start a network, or start what is left of it",
               {"tally devnet up", "tally devnet up --nodes 7 --directory /tmp/seven --json"},
               [up_options](Context& context) { return up(context, *up_options); })
      .number("--nodes", "N", up_options->nodes, 1, 16, "How many nodes; 4 bear one faulty node")
      .text("--directory", "DIR", up_options->directory, "Where its files are")
      .choice("--clock", up_options->clock, {"test", "real"},
              "test: block time starts in 2026 and is driven with `tally submit advance-clock`")
      .text("--tallyd", "FILE", up_options->tallyd, "The node's program; the one beside this program unless given");

  auto down_directory = std::make_shared<std::string>(kDefaultDirectory);
  devnet
      .command("down", "End the nodes; the files stay", {"tally devnet down"},
               [down_directory](Context& context) { return down(context, *down_directory); })
      .text("--directory", "DIR", *down_directory, "Where its files are");

  auto status_options = std::make_shared<StatusOptions>();
  devnet
      .command("status", "Say how each node is doing; exit code 10 if one is not healthy",
               {"tally devnet status", "tally devnet status --exit-when-healthy --timeout 2m"},
               [status_options](Context& context) { return status(context, *status_options); })
      .text("--directory", "DIR", status_options->directory, "Where its files are")
      .flag("--exit-when-healthy", status_options->exit_when_healthy, "Wait until all nodes are healthy")
      .duration("--timeout", status_options->timeout_ms, 3'600'000, "How long to wait");

  auto log_options = std::make_shared<LogOptions>();
  devnet
      .command("logs", "Show what the nodes say", {"tally devnet logs", "tally devnet logs rural-bank --follow"},
               [log_options](Context& context) { return logs(context, *log_options); })
      .argument("NODE", log_options->node, "One node's name; all nodes unless given", cli::Need::optional)
      .text("--directory", "DIR", log_options->directory, "Where its files are")
      .number("--lines", "N", log_options->lines, 1, 100'000, "How many lines of each node")
      .flag("--follow", log_options->follow, "Go on with what they say from now on");
}

void register_devnet_commands(cli::Program& program) {
  register_network(program);
  register_bench(program);
  register_demo(program);
}

}  // namespace tally::devnet
