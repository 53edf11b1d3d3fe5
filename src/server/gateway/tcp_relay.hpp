/// Passes connections to an allocated `tcp` port on to the session's port, bytes and half-closes as they
/// come.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "io/stream.hpp"
#include "server/gateway/admission.hpp"
#include "server/sessions/live_streams.hpp"
#include "tunnel/hub.hpp"

namespace server {

struct TcpRelayLimits {
  std::chrono::milliseconds dial{std::chrono::seconds(30)};
  std::chrono::milliseconds idle{std::chrono::hours(1)};  // contracts.md
  std::size_t connections_per_port = 256;                 // chosen
};

struct TcpRelayParts {
  Admission& admission;
  tunnel::Hub& hub;
  LiveStreams& streams;
  base::Metrics& metrics;
};

class TcpRelay {
 public:
  TcpRelay(TcpRelayParts parts, TcpRelayLimits limits, base::Log log)
      : parts_(parts), limits_(limits), log_(std::move(log)) {}

  /// Serves one accepted connection to its end. One that may not in, and one to a session that does not run,
  /// is reset: TCP has no other way to say so. So is a browser that comes with a login of ours in its
  /// cookies.
  io::Task<void> serve(io::StreamPtr client, std::string peer, std::uint16_t allocated_port);
  [[nodiscard]] std::int64_t open() const;

 private:
  /// Why the peer is not let in, "" when it is.
  [[nodiscard]] std::string refuse(const Door& door, const std::string& peer, std::uint16_t port) const;
  io::Task<void> pass_on(io::Stream& client, const Door& door, std::string peer);
  void note(const std::string& peer, std::uint16_t port, const std::string& refused);

  TcpRelayParts parts_;
  TcpRelayLimits limits_;
  base::Log log_;
  std::map<std::uint16_t, std::size_t> open_;  // by allocated port
};

/// Whether everybody may reach the port: otherwise it listens on 127.0.0.1 alone, for it has no credential.
[[nodiscard]] bool is_open_tcp(const store::ExposureRecord& exposure);

}  // namespace server
