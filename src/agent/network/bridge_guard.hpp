/// Keeps the sessions' bridge in shape: there, with its address and ports, each port apart from the others.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <sys/types.h>

#include "agent/network/links.hpp"
#include "agent/network/ruleset.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "io/async_mutex.hpp"
#include "io/task.hpp"
#include "nest/level.hpp"

namespace agent {

/// A container on the bridge and what the engine gave it.
struct Attachment {
  pid_t pid = 0;  // its network namespace is that process's
  std::string mac;
  std::string ipv4;
};

/// Never touches eth* or lo, nor an interface that was not on the bridge and belongs to no container of it.
class BridgeGuard {
 public:
  /// The running containers on the bridge's network; a failure leaves what was known.
  using Attachments = std::function<io::Task<base::Result<std::vector<Attachment>>>()>;

  BridgeGuard(const boost::asio::any_io_executor& executor, std::string bridge, nest::Level level, int mtu,
              Attachments attachments, base::Log log);

  /// Watches until cancelled: looks after each change of an interface, and every few seconds.
  io::Task<void> run();
  /// Looks once, now. Fails with unavailable or internal when sessions cannot be kept apart.
  io::Task<base::Result<void>> ensure();

  /// Why sessions are not kept apart; "" when they are. No session may be made while it says something.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  io::Task<base::Result<void>> ensure_locked();
  io::Task<base::Result<int>> ensure_bridge_exists();
  io::Task<base::Result<void>> ensure_ports(const std::vector<Link>& links, int bridge_index);
  io::Task<base::Result<void>> ensure_rules(const std::vector<Link>& links, int bridge_index);
  io::Task<void> refresh_attachments();
  [[nodiscard]] std::set<std::int32_t> session_namespaces() const;

  std::string bridge_;
  nest::Level level_;
  int mtu_;
  Attachments attachments_;
  base::Log log_;
  io::AsyncMutex mutex_;
  boost::asio::any_io_executor executor_;
  std::vector<Attachment> known_;
  std::set<int> members_;   // indexes of interfaces that were on the bridge and still exist
  std::set<int> isolated_;  // those of them that were set apart since they joined
  int bridge_index_ = 0;
  std::string applied_rules_;
  std::string problem_ = "the network of the sessions is not set up yet";
};

}  // namespace agent
