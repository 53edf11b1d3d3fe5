#include "agent/network/session_socket.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <boost/asio/this_coro.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include "agent/descriptor.hpp"
#include "io/net.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;

/// A socket that lives in the network namespace of `pid`, though we stay in ours. -1 with errno.
int socket_in_namespace(pid_t pid, int family) {
  const Descriptor own(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  const Descriptor theirs(::open(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (own.get() < 0 || theirs.get() < 0) return -1;
  if (::setns(theirs.get(), CLONE_NEWNET) != 0) return -1;
  const int made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int error = errno;
  // Going on in a session's namespace would open our listeners to it.
  if (::setns(own.get(), CLONE_NEWNET) != 0) std::abort();
  errno = error;
  return made;
}

struct Target {
  std::string name;
  sockaddr_storage address{};
  socklen_t size = 0;
};

Target ipv4_target(const std::string& text, std::uint16_t port) {
  Target target{text, {}, sizeof(sockaddr_in)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  std::memcpy(&target.address, &address, sizeof(address));
  return target;
}

Target ipv6_loopback(std::uint16_t port) {
  Target target{"::1", {}, sizeof(sockaddr_in6)};
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  std::memcpy(&target.address, &address, sizeof(address));
  return target;
}

io::Task<base::Result<io::StreamPtr>> connect_once(pid_t pid, Target target,
                                                   std::chrono::milliseconds limit) {
  Descriptor socket(socket_in_namespace(pid, target.address.ss_family));
  if (socket.get() < 0) co_return fail(ErrorCode::unavailable, std::strerror(errno));
  const auto* plain = reinterpret_cast<const sockaddr*>(&target.address);
  if (::connect(socket.get(), plain, target.size) != 0 && errno != EINPROGRESS)
    co_return fail(ErrorCode::unavailable, std::strerror(errno));
  co_return co_await io::finish_connect(socket.release(), limit);
}

}  // namespace

io::Task<base::Result<io::StreamPtr>> connect_in_session(pid_t pid, std::string address, std::uint16_t port,
                                                         std::chrono::milliseconds limit) {
  std::vector<Target> targets{ipv4_target("127.0.0.1", port), ipv6_loopback(port)};
  if (!address.empty()) targets.push_back(ipv4_target(address, port));
  std::string refusals;
  for (const auto& target : targets) {
    auto stream = co_await connect_once(pid, target, limit);
    if (stream) co_return std::move(*stream);
    if (!refusals.empty()) refusals += "; ";
    refusals += target.name + ": " + stream.error().message();
  }
  co_return fail(ErrorCode::unavailable, "nothing in the session answers on port " + std::to_string(port) +
                                             " (" + refusals + "); start a server there");
}

}  // namespace agent
