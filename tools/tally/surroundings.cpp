#include "tally/surroundings.h"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <termios.h>
#include <thread>
#include <unistd.h>

namespace tally::cli {

namespace {

class HttpTransport : public Transport {
 public:
  explicit HttpTransport(node::HttpClient client) : client_(std::move(client)) {}

  Result<node::HttpResponse> request(const std::string& method, const std::string& target, const std::string& body,
                                     const Headers& headers, unsigned timeout_ms) override {
    return client_.request(method, target, body, headers, timeout_ms);
  }

 private:
  node::HttpClient client_;
};

// The controlling terminal with echo off for as long as this lives.
class SilentTerminal {
 public:
  SilentTerminal() : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (file_ < 0 || ::tcgetattr(file_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(file_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (changed_) ::tcsetattr(file_, TCSAFLUSH, &before_);
    if (file_ >= 0) ::close(file_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  [[nodiscard]] bool ready() const { return changed_; }
  void say(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  [[nodiscard]] std::string line() const {
    std::string out;
    char next = 0;
    while (::read(file_, &next, 1) == 1 && next != '\n') out.push_back(next);
    return out;
  }

 private:
  int file_;
  termios before_{};
  bool changed_ = false;
};

Result<std::string> ask_on_terminal(const std::string& prompt) {
  const SilentTerminal terminal;
  if (!terminal.ready())
    return make_error(ErrorCode::unauthorised, "passphrase", "cannot be asked for without a terminal",
                      "--passphrase-file FILE or TALLY_PASSPHRASE_FILE");
  terminal.say(prompt);
  std::string line = terminal.line();
  terminal.say("\n");
  return line;
}

TimestampMs system_time() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return TimestampMs{static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count())};
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings world;
  world.in = &std::cin;
  world.out = &std::cout;
  world.err = &std::cerr;
  world.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  world.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  world.ask_secret = ask_on_terminal;
  world.now = system_time;
  world.sleep = [](unsigned milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); };
  world.connect = [](const std::string& url) -> Result<std::unique_ptr<Transport>> {
    auto client = node::HttpClient::open(url);
    if (!client) return client.error();
    return std::unique_ptr<Transport>(std::make_unique<HttpTransport>(std::move(*client)));
  };
  return world;
}

}  // namespace tally::cli
