// Child processes: told apart by id and command, ended for certain.
#include <catch2/catch.hpp>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "devnet/ports.h"
#include "village_network.h"

namespace tally::e2e {

TEST_CASE("a command's output, errors and exit code come back") {
  const auto finished = devnet::run_to_end({"/bin/sh", "-c", "echo out; echo err >&2; exit 7"});
  REQUIRE(finished.has_value());
  CHECK(finished->output == "out\n");
  CHECK(finished->errors == "err\n");
  CHECK(finished->exit_code == 7);
  const auto killed = devnet::run_to_end({"/bin/sh", "-c", "kill -9 $$"});
  REQUIRE(killed.has_value());
  CHECK(killed->exit_code == 128 + SIGKILL);
}

TEST_CASE("a program that cannot be started is named with the reason") {
  const auto finished = devnet::run_to_end({"/nonexistent/program"});
  REQUIRE(finished.has_error());
  CHECK(finished.error().text().find("/nonexistent/program") != std::string::npos);
  CHECK(finished.error().text().find("No such file") != std::string::npos);
  const Scratch scratch;
  const auto launched = devnet::launch({{"/nonexistent/program"}, scratch.path() / "log", true});
  REQUIRE(launched.has_error());
  CHECK(launched.error().code == ErrorCode::io_failed);
}

TEST_CASE("processes are known by id and command, and end with SIGTERM or else with SIGKILL") {
  const Scratch scratch;
  const std::vector<std::string> polite = {"/bin/sleep", "600"};
  // Waits in the shell itself for a writer that never comes, and does not listen to SIGTERM.
  const std::string pipe = (scratch.path() / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const std::vector<std::string> stubborn = {"/bin/sh", "-c", "trap '' TERM; read never < " + pipe};
  const auto first = devnet::launch({polite, scratch.path() / "log", true});
  const auto second = devnet::launch({stubborn, scratch.path() / "log", true});
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(devnet::runs(*first, polite));
  CHECK_FALSE(devnet::runs(*first, stubborn));
  CHECK_FALSE(devnet::runs(getpid(), polite));
  CHECK_FALSE(devnet::signal_process(*first, stubborn, SIGKILL));
  CHECK(devnet::runs(*first, polite));

  CHECK(devnet::end_process(*first, polite, Milliseconds(10000)));
  CHECK_FALSE(devnet::runs(*first, polite));
  // A process that is gone is not ended again.
  CHECK(devnet::end_process(*first, polite, Milliseconds(10000)));
  CHECK(devnet::usage_of(*second).resident_peak_kib > 0);
  devnet::end_process(*second, stubborn, Milliseconds(50));
  CHECK_FALSE(devnet::runs(*second, stubborn));
}

TEST_CASE("free ports are distinct and free") {
  const auto ports = devnet::free_ports(40);
  REQUIRE(ports.has_value());
  CHECK(std::set<std::uint16_t>(ports->begin(), ports->end()).size() == 40);
  CHECK_FALSE(std::set<std::uint16_t>(ports->begin(), ports->end()).contains(0));
}

}  // namespace tally::e2e
