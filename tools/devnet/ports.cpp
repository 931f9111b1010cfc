#include "devnet/ports.h"

#include <arpa/inet.h>
#include <fstream>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

namespace tally::devnet {

namespace {

constexpr unsigned kLowest = 10240;
constexpr unsigned kDefaultOutgoing = 32768;

// A port of 0 asks the system to choose. The port that is bound, or 0.
std::uint16_t bind_port(int socket, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0) return 0;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

unsigned first_outgoing_port() {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  unsigned first = 0;
  return range >> first && first > kLowest + 1000 ? first : kDefaultOutgoing;
}

}  // namespace

Result<std::vector<std::uint16_t>> free_ports(std::size_t count) {
  std::random_device seed;
  std::uniform_int_distribution<unsigned> any(kLowest, first_outgoing_port() - 1);
  std::vector<std::uint16_t> ports;
  std::vector<int> held;  // until all are found, so that none is found twice
  for (unsigned attempt = 0; ports.size() < count && attempt < 50 * (count + 1); ++attempt) {
    const int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (one < 0) break;
    held.push_back(one);
    const bool system_chooses = attempt >= 25 * (count + 1);
    if (const auto port = bind_port(one, system_chooses ? std::uint16_t{0} : static_cast<std::uint16_t>(any(seed))))
      ports.push_back(port);
  }
  for (const int one : held) close(one);
  if (ports.size() < count)
    return make_error(ErrorCode::io_failed, "", "no free ports on 127.0.0.1",
                      std::to_string(count) + " ports that nobody listens on");
  return ports;
}

}  // namespace tally::devnet
