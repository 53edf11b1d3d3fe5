/// The gateway's entry: takes the requests that come to exposed ports by host name or allocated port, lets
/// them in or not, and hands them to the app.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "io/http/exchange.hpp"
#include "server/gateway/app_login.hpp"
#include "server/gateway/app_proxy.hpp"
#include "server/gateway/visitors.hpp"
#include "server/sessions/live_streams.hpp"
#include "wire/exposure_host.hpp"

namespace server {

struct GatewayParts {
  Admission& admission;
  Visitors& visitors;
  AppLogin& login;
  AppProxy& proxy;
  LiveStreams& streams;
  base::Metrics& metrics;
  const base::Clock& clock;
  base::Random& random;
};

class Gateway {
 public:
  /// `options` must outlive it.
  Gateway(GatewayParts parts, const GatewayOptions& options, base::Log log)
      : parts_(parts), options_(options), log_(std::move(log)) {}

  /// Of the API's own listeners: true when Host names an exposure, or looks like it, and the request was
  /// answered; false leaves it to the API.
  io::Task<bool> serve(io::http::Exchange& exchange);
  /// Of allocated ports: whatever Host says, never the API.
  io::Task<void> serve_port(io::http::Exchange& exchange);
  /// Requests that are being passed on, by way.
  [[nodiscard]] std::int64_t open_streams(AppRequest::Way way) const;

 private:
  /// One request under way, for its log line.
  struct Trace {
    std::string request_id;
    std::string session;
    std::uint16_t port = 0;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  };

  io::Task<void> serve_entry(io::http::Exchange& exchange, Entry entry, wire::ExposureHost named);
  io::Task<void> serve_traced(io::http::Exchange& exchange, const Entry& entry,
                              const wire::ExposureHost& named, Trace& trace);
  io::Task<void> serve_app(io::http::Exchange& exchange, const Entry& entry, const Door& door,
                           const Visitors::Found& found, const Trace& trace);
  [[nodiscard]] Entry entry_of(const io::http::Exchange& exchange, const wire::ExposureHost& named,
                               bool by_port) const;
  io::Task<void> answer(io::http::Exchange& exchange, io::http::Response response, const Trace& trace);
  void note(const io::http::Exchange& exchange, const Entry& entry, const Trace& trace);

  GatewayParts parts_;
  const GatewayOptions& options_;
  base::Log log_;
  std::map<AppRequest::Way, std::int64_t> open_;
};

}  // namespace server
