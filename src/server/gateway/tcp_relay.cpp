#include "server/gateway/tcp_relay.hpp"

#include <string_view>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "io/descriptor_guard.hpp"
#include "io/relay.hpp"
#include "server/gateway/cookie_watch.hpp"
#include "server/sessions/until_ended.hpp"
#include "wire/cidr.hpp"

namespace server {
namespace {

bool is_loopback(const std::string& address) { return is_allowed_address({"127.0.0.0/8", "::1"}, address); }

/// Breaks where a browser would show the app our logins: contracts.md, "the platform's own credentials never
/// reach the app". Who means a browser to come exposes the port as `http`.
class WatchedClient final : public io::Stream {
 public:
  explicit WatchedClient(io::StreamPtr inner) : inner_(std::move(inner)) {}

  boost::asio::any_io_executor executor() override { return inner_->executor(); }
  io::Task<std::size_t> read_some(boost::asio::mutable_buffer into) override {
    const std::size_t size = co_await inner_->read_some(into);
    if (watch_.passes({static_cast<const char*>(into.data()), size})) co_return size;
    showed_login_ = true;
    inner_->reset();
    throw boost::system::system_error(boost::asio::error::connection_reset);
  }
  io::Task<std::size_t> write_some(boost::asio::const_buffer from) override {
    return inner_->write_some(from);
  }
  io::Task<void> shutdown_write() override { return inner_->shutdown_write(); }
  [[nodiscard]] int native_handle() const override { return inner_->native_handle(); }
  [[nodiscard]] bool has_half_close() const override { return inner_->has_half_close(); }
  io::Task<void> broken() override { return inner_->broken(); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return inner_->unsent_bytes(); }
  void close() override { inner_->close(); }
  void reset() override { inner_->reset(); }

  [[nodiscard]] bool showed_login() const { return showed_login_; }

 private:
  io::StreamPtr inner_;
  CookieWatch watch_;
  bool showed_login_ = false;
};

io::Task<void> relay_all(io::Stream& client, io::Stream& app, std::chrono::milliseconds idle) {
  // A tunnel without half-close takes the end of one way for the end of both: see io/relay.hpp.
  const bool half_close = app.has_half_close();
  const auto on_client_end = half_close ? io::OnEnd::forward : io::OnEnd::hold;
  const auto on_app_end = half_close ? io::OnEnd::forward : io::OnEnd::close;
  co_await io::relay(client, app, idle, on_client_end, on_app_end);
}

}  // namespace

bool is_open_tcp(const store::ExposureRecord& exposure) {
  return exposure.visibility == "public" || !exposure.allow_cidrs.empty();
}

std::string TcpRelay::refuse(const Door& door, const std::string& peer, std::uint16_t port) const {
  if (!door.session || door.exposure.protocol != "tcp") return "nothing is exposed there";
  if (!is_allowed_address(door.exposure.allow_cidrs, peer)) return "address";
  if (!is_open_tcp(door.exposure) && !is_loopback(peer)) return "address";
  if (door.session->state != wire::SessionState::running || !door.session->sandbox) return "session";
  const auto open = open_.find(port);
  if (open != open_.end() && open->second >= limits_.connections_per_port) return "too many";
  if (io::descriptors_nearly_used()) return "descriptors";
  return "";
}

io::Task<void> TcpRelay::serve(io::StreamPtr client, std::string peer, std::uint16_t allocated_port) {
  const auto door = parts_.admission.find_allocated(allocated_port);
  const auto refused = refuse(door, peer, allocated_port);
  note(peer, allocated_port, refused);
  if (!refused.empty()) {
    client->reset();
    co_return;
  }
  struct Counted {
    std::map<std::uint16_t, std::size_t>& open;
    std::uint16_t port;
    ~Counted() {
      if (--open[port] == 0) open.erase(port);
    }
  } counted{open_, allocated_port};
  ++open_[allocated_port];

  StreamTies ties(door.session->id);
  ties.port = door.exposure.port;
  WatchedClient watched(std::move(client));
  auto passing = pass_on(watched, door, peer);
  co_await until_ended(std::move(passing), parts_.streams, std::move(ties));
  watched.reset();  // nothing where the relay closed it
  if (watched.showed_login()) {
    log_.warn("gateway.tcp_login_kept_back",
              {{"allocated_port", static_cast<int>(allocated_port)}, {"peer", peer}});
  }
}

io::Task<void> TcpRelay::pass_on(io::Stream& client, const Door& door, std::string peer) {
  tunnel::Target target;
  target.session = door.session->id;
  target.port = door.exposure.port;
  auto app =
      co_await parts_.hub.dial_target(wire::hydra_runner(*door.session->sandbox), target, limits_.dial);
  if (!app) {
    log_.info("gateway.tcp_not_connected", {{"session", target.session.text()},
                                            {"port", static_cast<int>(target.port)},
                                            {"peer", peer},
                                            {"error", app.error().message()}});
    client.reset();
    co_return;
  }
  co_await relay_all(client, **app, limits_.idle);
}

void TcpRelay::note(const std::string& peer, std::uint16_t port, const std::string& refused) {
  log_.info("gateway.tcp",
            {{"allocated_port", static_cast<int>(port)}, {"peer", peer}, {"refused", refused}});
  parts_.metrics.count("helix_gateway_requests_total", "Requests to apps by way in and kind of answer.",
                       {{"way", "tcp"}, {"status", refused.empty() ? "accepted" : "refused"}});
}

std::int64_t TcpRelay::open() const {
  std::size_t sum = 0;
  for (const auto& [port, count] : open_) sum += count;
  return static_cast<std::int64_t>(sum);
}

}  // namespace server
