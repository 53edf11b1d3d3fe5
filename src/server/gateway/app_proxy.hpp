/// Sends a request that was let in to the app behind an exposed port, and its answer back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/log.hpp"
#include "io/http/exchange.hpp"
#include "io/task_group.hpp"
#include "tunnel/hub.hpp"
#include "wire/ids.hpp"

namespace server {

/// Where an authorised request goes, and how it came.
struct AppRequest {
  enum class Way { path, host, port };

  wire::SessionId session;
  wire::SandboxId sandbox;  // that runs it
  std::uint16_t port = 0;
  std::string protocol = "http";         // or "h2c"
  std::string host_header = "original";  // "original", "localhost" or a name
  Way way = Way::path;
  std::string target;  // raw bytes for the app: origin-form, begins with '/'
  std::string prefix;  // path only: what the client wrote before `target`, without a slash at the end
  std::string client;  // its address: the peer's, or what a trusted proxy says
  std::string scheme = "http";        // as the client spoke
  bool key_in_authorization = false;  // Authorization held the platform's key: it must not reach the app
  bool peer_is_proxy = false;         // a configured one: its X-Forwarded-* are extended, not replaced
};

/// Times of one request; chosen, but `idle`: contracts.md has idle time-outs only.
struct AppProxyLimits {
  std::chrono::milliseconds dial{std::chrono::seconds(30)};
  std::chrono::milliseconds idle{std::chrono::hours(1)};
};

class AppProxy {
 public:
  /// `hub` must outlive it.
  AppProxy(const boost::asio::any_io_executor& executor, tunnel::Hub& hub, base::Log log,
           AppProxyLimits limits = {})
      : hub_(hub), log_(log), limits_(limits), connections_(executor, log) {}

  /// Serves the request to its end. A target that is not up is answered 503, see holding_page.hpp; an app
  /// that gives no valid answer 502, none in time 504.
  io::Task<void> serve(io::http::Exchange& exchange, AppRequest request);
  /// After the last serve(): waits for what HTTP/2 connections to apps leave behind.
  io::Task<void> close();

 private:
  tunnel::Hub& hub_;
  base::Log log_;
  AppProxyLimits limits_;
  io::TaskGroup connections_;  // what reads and writes HTTP/2 connections to apps
};

}  // namespace server
