// Purpose: everything outside the program that a command touches, so that commands run in process under test.
// Thread rule: one command at a time.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/strong.h"
#include "node/http_server.h"

namespace tally::rulebook {
class TestChain;
}

namespace tally::cli {

// The way to one node; node::HttpClient in the real program.
class Transport {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  virtual ~Transport() = default;
  virtual Result<node::HttpResponse> request(const std::string& method, const std::string& target,
                                             const std::string& body, const Headers& headers, unsigned timeout_ms) = 0;
};

struct Surroundings {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  bool err_is_terminal = false;
  // nullopt where unset; also asked for HOME and XDG_CONFIG_HOME.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // Asks a person, without echo. Fails where there is no terminal.
  std::function<Result<std::string>(const std::string& prompt)> ask_secret;
  std::function<TimestampMs()> now;
  std::function<void(unsigned milliseconds)> sleep;
  std::function<Result<std::unique_ptr<Transport>>(const std::string& base_url)> connect;
  // Makes chains for scenarios (rulebook/test_chain.h), each on a network of so many real nodes. None: this program
  // cannot start nodes.
  std::function<std::function<std::unique_ptr<rulebook::TestChain>()>(std::size_t nodes)> network_chains;
};

// Standard streams, environment, terminal, clock and network of this process.
Surroundings real_surroundings();

}  // namespace tally::cli
