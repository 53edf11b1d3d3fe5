/// RevDial, runner role: dials out to the control plane and offers a local target.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "io/net.hpp"
#include "io/stream.hpp"
#include "io/task_group.hpp"
#include "io/websocket/channel.hpp"
#include "tunnel/extensions.hpp"
#include "tunnel/target.hpp"
#include "wire/revdial_control.hpp"

namespace tunnel {

namespace asio = boost::asio;

struct RunnerOptions {
  io::Endpoint api;       // base URL of the control plane
  std::string runner_id;  // "hydra-<sandbox>" or "desktop-<session>"
  /// Asked before each connection, so that an exchanged token is used at once.
  std::function<base::Secret()> token;
  bool insecure_skip_verify = false;
  bool raw = true;                     // offer data connections without frames
  TargetConnector* targets = nullptr;  // offer ports of sessions; nullptr: none here

  // Times of the protocol. Sources: contracts.md "RevDial".
  std::chrono::milliseconds silent_for{
      std::chrono::seconds(60)};  // without a line: give the control connection up
  std::chrono::milliseconds ping_every{std::chrono::seconds(15)};
  std::chrono::milliseconds data_dial{std::chrono::seconds(20)};
  std::chrono::milliseconds local_dial{std::chrono::seconds(5)};
  /// For targets, before the data connection: below the hub's 20 s from conn-ready to there; chosen.
  std::chrono::milliseconds target_dial{std::chrono::seconds(15)};
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_most{5000};
  std::chrono::milliseconds relay_idle{
      std::chrono::hours(2)};           // a data connection on which nothing moves; chosen:
                                        // above the gateway's hour, so that the gateway decides
  std::size_t data_connections = 4000;  // at a time; chosen
};

/// Keeps one control connection up until cancelled; serves data connections beside it. They outlive it.
class Runner {
 public:
  /// `local` and what `options` refers to must outlive it.
  Runner(asio::any_io_executor executor, RunnerOptions options, io::Connector& local, base::Random& random,
         base::Log log);
  ~Runner();

  /// Connects, serves, reconnects with back-off. Ends only by cancellation, then with all data connections
  /// closed.
  io::Task<void> run();
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::uint64_t connects() const { return connects_; }
  /// Data connections that run or are being opened.
  [[nodiscard]] std::size_t data_connections() const { return data_.size(); }
  /// Why the last attempt failed; empty after a success.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  [[nodiscard]] const base::Result<void>& last_result() const { return last_result_; }

 private:
  io::Task<base::Result<void>> serve_once();
  io::Task<base::Result<void>> read_lines(io::websocket::Channel& control);
  io::Task<base::Result<void>> keep_pinging(io::websocket::Channel& control);
  io::Task<void> serve_local(std::string conn_path);
  io::Task<void> serve_target(std::string conn_path, wire::ControlTarget target);
  /// The data connection, framed or raw as was agreed on. Reports a failure itself.
  io::Task<base::Result<io::StreamPtr>> open_data(std::string conn_path);
  io::Task<void> carry(io::StreamPtr tunnel, io::StreamPtr target);
  io::Task<void> report_pickup_failure(std::string conn_path, std::string reason);
  [[nodiscard]] wire::Fields auth_fields() const;

  asio::any_io_executor executor_;
  RunnerOptions options_;
  io::Connector& local_;
  base::Random& random_;
  base::Log log_;
  io::TcpConnector connector_;
  io::TaskGroup data_;
  Extensions agreed_;                                // on the newest control connection
  std::shared_ptr<io::websocket::Channel> control_;  // the current one, for pickup-failed lines
  bool connected_ = false;
  std::uint64_t connects_ = 0;
  std::string last_error_;
  base::Result<void> last_result_;
};

}  // namespace tunnel
