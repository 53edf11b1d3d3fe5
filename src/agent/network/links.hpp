/// The network interfaces of this namespace as the kernel tells them by rtnetlink, and news of their changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/types.h>

#include "base/error.hpp"
#include "io/task.hpp"

namespace agent {

struct Link {
  int index = 0;
  std::string name;
  std::string kind;  // "veth", "bridge"; "" for others
  int master = 0;    // index of the bridge it belongs to, 0 without
  bool up = false;
  std::optional<std::int32_t>
      peer_namespace;  // id of the namespace of a veth's other end, where it is not this one
};

/// All interfaces. Fails with internal.
[[nodiscard]] base::Result<std::vector<Link>> read_links();

/// The id by which this namespace knows the network namespace of process `pid`; nullopt when it knows none,
/// or there is no such process.
[[nodiscard]] std::optional<std::int32_t> find_namespace_id(pid_t pid);

/// Waits for changes of interfaces.
class LinkWatcher {
 public:
  /// Fails with internal.
  static base::Result<LinkWatcher> open(const boost::asio::any_io_executor& executor);

  /// Returns after at least one change since the last call.
  io::Task<void> next();

 private:
  explicit LinkWatcher(boost::asio::posix::stream_descriptor socket) : socket_(std::move(socket)) {}
  boost::asio::posix::stream_descriptor socket_;
};

}  // namespace agent
