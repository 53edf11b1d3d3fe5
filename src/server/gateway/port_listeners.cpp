#include "server/gateway/port_listeners.hpp"

#include <algorithm>
#include <utility>

#include "io/http/tls_entry.hpp"
#include "io/timeout.hpp"

namespace server {
namespace {

using base::ErrorCode;

std::string range_text(const PortRange& range) {
  return std::to_string(range.first) + "–" + std::to_string(range.last);
}

}  // namespace

PortListeners::PortListeners(const boost::asio::any_io_executor& executor, TcpRelay& tcp,
                             io::http::Handler handler, const GatewayOptions& options, PortLimits limits,
                             base::Log log)
    : executor_(executor),
      tcp_(tcp),
      options_(options),
      limits_(limits),
      log_(log),
      server_(executor, std::move(handler), limits.http, log),
      tcp_connections_(executor, log),
      releasing_(executor, log) {}

PortListeners::~PortListeners() = default;

PortListeners::HeldPtr PortListeners::make_held(const store::ExposureRecord& exposure) const {
  auto held = std::make_shared<Held>(executor_, log_);
  held->tcp = exposure.protocol == "tcp";
  held->address = held->tcp && !is_open_tcp(exposure) ? "127.0.0.1" : options_.listen_host;
  return held;
}

base::Result<void> PortListeners::listen(const HeldPtr& held, std::uint16_t port) {
  auto listener = io::Listener::tcp(executor_, held->address, port);
  if (!listener) return tl::unexpected(listener.error());
  held->listener = *std::move(listener);
  held->trouble.clear();
  if (held->tcp)
    held->accepting.spawn("port.tcp", accept_tcp(held, port));
  else
    held->accepting.spawn("port.http", accept_http(held));
  return {};
}

base::Result<std::uint16_t> PortListeners::reserve(const store::ExposureRecord& exposure) {
  if (!options_.ports)
    return base::fail(ErrorCode::unavailable, "this server allocates no ports: HELIX_PORT_RANGE is off");
  const auto& range = *options_.ports;
  const auto held = make_held(exposure);
  const int count = range.last - range.first + 1;
  for (int tries = 0; tries < count; ++tries) {
    if (next_ < range.first || next_ > range.last) next_ = range.first;
    const auto port = next_++;
    if (held_.contains(port)) continue;
    const auto listening = listen(held, port);
    if (listening) {
      held_.emplace(port, held);
      return port;
    }
    if (listening.error().code() != ErrorCode::conflict)
      return base::fail(ErrorCode::unavailable, listening.error().message());
  }
  return base::fail(ErrorCode::unavailable, "all ports " + range_text(range) + " are taken");
}

void PortListeners::restore(const store::ExposureRecord& exposure) {
  const auto port = exposure.allocated_port;
  if (port == 0 || held_.contains(port)) return;
  const auto held = make_held(exposure);
  held_.emplace(port, held);
  next_ = std::max(next_, static_cast<std::uint16_t>(port + 1));
  try_again(held, port);
}

void PortListeners::try_again(const HeldPtr& held, std::uint16_t port) {
  const bool first = held->trouble.empty();
  const auto listening = listen(held, port);
  if (listening) {
    if (!first) log_.info("gateway.port_bound", {{"port", static_cast<int>(port)}});
    return;
  }
  const bool taken = listening.error().code() == ErrorCode::conflict;
  held->trouble =
      "port " + std::to_string(port) + " " +
      (taken ? "is taken by another program" : "cannot be bound: " + listening.error().message()) +
      "; retrying";
  if (first)
    log_.warn("gateway.port_not_bound",
              {{"port", static_cast<int>(port)}, {"error", listening.error().message()}});
}

void PortListeners::release(std::uint16_t port) {
  const auto found = held_.find(port);
  if (found == held_.end()) return;
  const auto held = std::move(found->second);
  held_.erase(found);
  held->accepting.cancel();
  if (held->listener) held->listener->close();
  releasing_.spawn("port.release", wait_released(held));
}

io::Task<void> PortListeners::wait_released(HeldPtr held) { co_await held->accepting.join(); }

std::string PortListeners::trouble(std::uint16_t port) const {
  const auto found = held_.find(port);
  if (found != held_.end()) return found->second->trouble;
  return "port " + std::to_string(port) + " is not served";
}

io::Task<void> PortListeners::run() {
  for (;;) {
    co_await io::sleep_for(limits_.retry);
    for (const auto& [port, held] : held_) {
      if (!held->listener) try_again(held, port);
    }
  }
}

io::Task<void> PortListeners::close() {
  while (!held_.empty()) release(held_.begin()->first);
  tcp_connections_.cancel();
  co_await tcp_connections_.join();
  co_await server_.close();
  co_await releasing_.join();
}

io::Task<void> PortListeners::accept_http(HeldPtr held) {
  const auto entering = io::http::tls_entry(options_.tls, io::Offer::http2);
  co_await server_.run(*held->listener, entering);
}

io::Task<void> PortListeners::accept_tcp(HeldPtr held, std::uint16_t port) {
  for (;;) {
    std::string peer;
    auto stream = co_await held->listener->accept(peer);
    tcp_connections_.spawn("port.connection", tcp_.serve(std::move(stream), std::move(peer), port));
  }
}

}  // namespace server
