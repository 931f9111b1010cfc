#include "node/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>
#include <thread>

#include "node/http_session.h"

namespace tally::node {

namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptRetry{50};

asio::awaitable<void> accept_all(HttpCore& core) {
  asio::steady_timer pause(core.acceptor.get_executor());
  while (core.acceptor.is_open()) {
    error_code error;
    const asio::any_io_executor strand = asio::make_strand(core.context);
    tcp::socket socket = co_await core.acceptor.async_accept(strand, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || !core.acceptor.is_open()) co_return;
    if (error) {
      // Out of file descriptors, most likely: sessions that end give some back.
      spdlog::warn("http: cannot accept: {}", error.message());
      pause.expires_after(kAcceptRetry);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    auto session = std::make_shared<HttpSession>(core, std::move(socket));
    if (!session->enter()) continue;
    auto work = [session] { return session->run(); };
    asio::co_spawn(session->executor(), std::move(work), asio::detached);
  }
}

class Server final : public HttpServer {
 public:
  Server(const HttpServerOptions& options, HttpHandler handler) : core_(options, std::move(handler)) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override;

  Status start();
  [[nodiscard]] std::uint16_t port() const override { return port_; }

 private:
  HttpCore core_;
  std::uint16_t port_ = 0;
  std::vector<std::thread> threads_;
};

Status Server::start() {
  const auto& options = core_.options;
  const std::string place = options.host + ":" + std::to_string(options.port);
  error_code error;
  tcp::resolver resolver(core_.context);
  const auto found = resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  tcp::endpoint endpoint;
  if (!error) endpoint = found.begin()->endpoint();
  if (!error) core_.acceptor.open(endpoint.protocol(), error);
  if (!error) core_.acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) core_.acceptor.bind(endpoint, error);
  if (!error) core_.acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) port_ = core_.acceptor.local_endpoint(error).port();
  if (error)
    return make_error(ErrorCode::io_failed, "", "cannot listen on http://" + place + ": " + error.message(),
                      "an address of this machine and a port that is free");
  auto work = [this] { return accept_all(core_); };
  asio::co_spawn(core_.acceptor.get_executor(), std::move(work), asio::detached);
  for (unsigned i = 0; i < std::max(1U, options.threads); ++i) threads_.emplace_back([this] { core_.context.run(); });
  return {};
}

Server::~Server() {
  std::vector<std::shared_ptr<HttpSession>> sessions;
  {
    const std::lock_guard lock(core_.mutex);
    core_.stopping = true;
    for (const auto& [key, session] : core_.sessions)
      if (auto alive = session.lock()) sessions.push_back(std::move(alive));
  }
  asio::post(core_.acceptor.get_executor(), [this] {
    error_code ignored;
    core_.acceptor.close(ignored);
  });
  for (auto& session : sessions) session->request_stop();
  sessions.clear();
  for (auto& thread : threads_) thread.join();
}

}  // namespace

Result<std::unique_ptr<HttpServer>> start_http_server(const HttpServerOptions& options, HttpHandler handler) {
  auto server = std::make_unique<Server>(options, std::move(handler));
  const Status started = server->start();
  if (!started) return started.error();
  return Result<std::unique_ptr<HttpServer>>(boost::system::in_place_value, std::move(server));
}

}  // namespace tally::node
