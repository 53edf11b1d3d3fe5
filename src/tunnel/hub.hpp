/// RevDial, server role: runners dial in and stay; whoever wants to talk to one asks for a connection here.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/random.hpp"
#include "io/http/server.hpp"
#include "io/stream.hpp"
#include "io/task_group.hpp"
#include "io/websocket/channel.hpp"
#include "tunnel/extensions.hpp"
#include "tunnel/target.hpp"

namespace tunnel {

namespace asio = boost::asio;

/// Times of the protocol. Sources: contracts.md "RevDial", seen on deployed peers, unless marked chosen.
struct HubLimits {
  std::chrono::milliseconds keep_alive_every{std::chrono::seconds(18)};
  std::chrono::milliseconds ping_every{std::chrono::seconds(15)};
  std::chrono::milliseconds silent_for{
      std::chrono::seconds(45)};  // three pings unanswered: the runner is gone; chosen
  std::chrono::milliseconds pickup{std::chrono::seconds(20)};  // from conn-ready to the data connection
  std::chrono::milliseconds wait_for_return{
      std::chrono::seconds(30)};      // of a runner that was here, counted from its loss
  std::size_t waiters = 100;          // dials that wait for one runner's return
  std::size_t pending = 1000;         // conn-ready without data connection, per runner
  std::size_t controls = 8;           // of one runner: a current one and its standbys; chosen
  Extensions extensions{true, true};  // what is agreed on with runners that know it
};

/// The control connections of every runner. One loop. Runner ids are authorised by the caller.
class Hub {
 public:
  using RunnerEvent = std::function<void(const std::string& runner_id)>;

  Hub(asio::any_io_executor executor, HubLimits limits, base::Random& random, base::Log log);
  ~Hub();

  /// Serves the control connection of `runner_id` to its end. The exchange must be a WebSocket upgrade.
  /// A second one of the same runner becomes current, the older stays as a standby.
  io::Task<void> serve_control(std::string runner_id, io::http::Exchange& exchange);

  /// Serves a data connection (`revdial.dialer` and `revdial.req` in the query): hands it to the waiting dial
  /// and returns. An unknown dialer is answered 500; an unknown or used request id 101 and the end. False in
  /// both cases. `owner_check` gets the runner id that the dialer belongs to and says whether the caller may
  /// serve it.
  io::Task<bool> serve_data(io::http::Exchange& exchange,
                            std::function<bool(const std::string&)> owner_check);

  /// A new byte stream to the local target of `runner_id`; with half-close where `raw` was agreed on, and a
  /// reset where the other end broke (see raw_stream.hpp). Cancelled, it leaves nothing behind on either
  /// side. Fails with unavailable: runner never seen, did not return in time, too many wait, target down; or
  /// timed_out.
  io::Task<base::Result<io::StreamPtr>> dial(std::string runner_id, std::chrono::milliseconds limit);

  /// A new byte stream to a port inside a session of that runner's sandbox (extension `target`).
  /// Fails as dial() does; unavailable with the runner's own words when the port refused; conflict when the
  /// runner is there and knows no targets.
  io::Task<base::Result<io::StreamPtr>> dial_target(std::string runner_id, Target target,
                                                    std::chrono::milliseconds limit);
  /// What the runner agreed on last, also while it is away; false for one never seen.
  [[nodiscard]] bool knows_targets(const std::string& runner_id) const;

  [[nodiscard]] bool connected(const std::string& runner_id) const;
  /// Ends the runner's control connections and forgets it: its dials fail at once. For removed runners and
  /// keys.
  void drop(const std::string& runner_id);
  /// Called when a runner's first control connection is there, and when its last one ended.
  void on_connected(RunnerEvent event) { on_connected_ = std::move(event); }
  void on_disconnected(RunnerEvent event) { on_disconnected_ = std::move(event); }
  /// Control connections accepted from runners that had been here before; for the metrics.
  [[nodiscard]] std::uint64_t reconnects() const { return reconnects_; }
  [[nodiscard]] std::size_t runners() const;

 private:
  struct Control;
  struct Pickup;
  struct Runner;

  io::Task<base::Result<io::StreamPtr>> dial_within(std::string runner_id, std::optional<Target> target);
  io::Task<base::Result<std::shared_ptr<Control>>> current_control(std::string runner_id);
  static std::string what_failed(const Pickup& pickup, const std::string& error);
  io::Task<void> read_lines(std::shared_ptr<Control> control);
  io::Task<void> write_lines(std::shared_ptr<Control> control);
  io::Task<void> keep_pinging(std::shared_ptr<Control> control);
  void add_control(const std::shared_ptr<Control>& control);
  void remove_control(const std::shared_ptr<Control>& control);
  void forget_dialer(const Runner& runner, const std::string& dialer, const Control* control);

  asio::any_io_executor executor_;
  HubLimits limits_;
  base::Random& random_;
  base::Log log_;
  std::map<std::string, std::shared_ptr<Runner>> runners_;
  std::map<std::string, std::weak_ptr<Runner>> dialers_;  // dialer id → its runner
  RunnerEvent on_connected_;
  RunnerEvent on_disconnected_;
  std::uint64_t reconnects_ = 0;
};

/// Connects to a runner's local target through the hub.
class TunnelConnector : public io::Connector {
 public:
  TunnelConnector(Hub& hub, std::string runner_id, std::chrono::milliseconds limit = std::chrono::seconds(30))
      : hub_(hub), runner_id_(std::move(runner_id)), limit_(limit) {}
  io::Task<base::Result<io::StreamPtr>> connect() override { return hub_.dial(runner_id_, limit_); }

 private:
  Hub& hub_;
  std::string runner_id_;
  std::chrono::milliseconds limit_;
};

}  // namespace tunnel
