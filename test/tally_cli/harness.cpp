#include "tally_cli/harness.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/key_file.h"

namespace tally::test {

namespace {

class NodeTransport : public cli::Transport {
 public:
  NodeTransport(OneNode* node, std::string url) : node_(node), url_(std::move(url)) {}

  Result<node::HttpResponse> request(const std::string& method, const std::string& target, const std::string& body,
                                     const Headers& headers, unsigned) override {
    if (node_ == nullptr) return make_error(ErrorCode::unreachable, url_, "refuses the connection");
    return node_->handle(method, target, body, headers);
  }

 private:
  OneNode* node_;
  std::string url_;
};

}  // namespace

Cli::Cli() {
  environment["HOME"] = directory_.path().string();
  write("passphrase", "correct horse\n");
  std::filesystem::permissions(passphrase_file(), std::filesystem::perms(0600));
}

std::string Cli::write(const std::string& name, const std::string& text) {
  std::filesystem::create_directories((directory_.path() / name).parent_path());
  std::ofstream(directory_.path() / name, std::ios::binary) << text;
  return path(name);
}

std::string Cli::read(const std::string& name) const {
  std::ifstream in(directory_.path() / name, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string Cli::key_file(const std::string& person) {
  const std::string file = path(person + ".json");
  if (!std::filesystem::exists(file)) {
    const auto written =
        crypto::write_key_file(file, named_key(person), "correct horse", person, crypto::KeyCost::light);
    if (!written) throw std::runtime_error(written.error().text());
  }
  return file;
}

Run Cli::run(const std::vector<std::string>& arguments) {
  std::istringstream in(standard_input);
  std::ostringstream out;
  std::ostringstream err;
  cli::Surroundings world;
  world.in = &in;
  world.out = &out;
  world.err = &err;
  world.environment = [this](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  world.ask_secret = [this](const std::string& prompt) -> Result<std::string> {
    prompts.push_back(prompt);
    if (typed.empty()) return make_error(ErrorCode::unauthorised, "passphrase", "cannot be asked for");
    std::string answer = typed.front();
    typed.erase(typed.begin());
    return answer;
  };
  world.now = [this] { return now; };
  world.sleep = [this](unsigned milliseconds) {
    slept_ms += milliseconds;
    now = now.plus(milliseconds);
  };
  world.connect = [this](const std::string& url) -> Result<std::unique_ptr<cli::Transport>> {
    return std::unique_ptr<cli::Transport>(std::make_unique<NodeTransport>(node, url));
  };
  Run result;
  result.exit = cli::run(arguments, world, extensions);
  result.out = out.str();
  result.err = err.str();
  return result;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace tally::test
