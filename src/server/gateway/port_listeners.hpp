/// Listens on the ports that exposures were given: HTTP goes to the gateway, TCP to the session as it is.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "io/http/server.hpp"
#include "io/net.hpp"
#include "io/task_group.hpp"
#include "server/expose/port_registry.hpp"
#include "server/gateway/options.hpp"
#include "server/gateway/tcp_relay.hpp"

namespace server {

struct PortLimits {
  io::http::ServerLimits http;
  std::chrono::milliseconds retry{std::chrono::seconds(5)};  // docs/decisions/0012-gateway.md
};

/// One loop. A port is bound as long as it is held: also while the session is stopped, so that nobody else
/// gets it meanwhile.
class PortListeners : public PortRegistry {
 public:
  /// `handler` gets the requests of all HTTP ports. `options` must outlive it.
  PortListeners(const boost::asio::any_io_executor& executor, TcpRelay& tcp, io::http::Handler handler,
                const GatewayOptions& options, PortLimits limits, base::Log log);
  ~PortListeners() override;

  /// Tries again what could not be bound; until cancelled.
  io::Task<void> run();
  /// Stops listening and ends all connections.
  io::Task<void> close();

  base::Result<std::uint16_t> reserve(const store::ExposureRecord& exposure) override;
  void restore(const store::ExposureRecord& exposure) override;
  void release(std::uint16_t port) override;
  [[nodiscard]] std::string trouble(std::uint16_t port) const override;

 private:
  struct Held {
    Held(const boost::asio::any_io_executor& executor, base::Log log) : accepting(executor, std::move(log)) {}
    std::string address;  // to listen on
    bool tcp = false;
    std::string trouble;
    std::unique_ptr<io::Listener> listener;  // null while it could not be bound
    io::TaskGroup accepting;
  };
  using HeldPtr = std::shared_ptr<Held>;

  [[nodiscard]] HeldPtr make_held(const store::ExposureRecord& exposure) const;
  /// Binds and begins to accept. Fails with conflict when the port is taken.
  base::Result<void> listen(const HeldPtr& held, std::uint16_t port);
  void try_again(const HeldPtr& held, std::uint16_t port);
  io::Task<void> accept_http(HeldPtr held);
  io::Task<void> accept_tcp(HeldPtr held, std::uint16_t port);
  static io::Task<void> wait_released(HeldPtr held);

  boost::asio::any_io_executor executor_;
  TcpRelay& tcp_;
  const GatewayOptions& options_;
  PortLimits limits_;
  base::Log log_;
  io::http::Server server_;
  io::TaskGroup tcp_connections_;
  io::TaskGroup releasing_;
  std::map<std::uint16_t, HeldPtr> held_;
  std::uint16_t next_ =
      0;  // where the search for a free port goes on: a released one rests as long as it can
};

}  // namespace server
