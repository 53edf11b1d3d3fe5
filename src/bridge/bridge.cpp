#include "bridge/bridge.hpp"

#include <csignal>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "nest/text_file.hpp"

namespace bridge {
namespace {

using namespace std::chrono_literals;

/// hydra gives a session's container 15 s to stop; what is left is for us and tini. Chosen.
constexpr std::chrono::milliseconds kDockerGrace = 12s;
constexpr std::size_t kMaxEnvBytes = 1024 * 1024 + 1;

}  // namespace

base::Result<SessionConfig> Places::read_config() const {
  const auto text = nest::read_text_file(session / "env", kMaxEnvBytes);
  if (!text) return base::fail(base::ErrorCode::not_found, "cannot read " + (session / "env").string());
  return read_session_config(own_environment(), *text);
}

Bridge::Bridge(const io::asio::any_io_executor& executor, Places places, SessionConfig config, base::Log log)
    : executor_(executor),
      places_(std::move(places)),
      config_(std::move(config)),
      log_(std::move(log)),
      docker_(executor, config_, log_),
      ports_("/proc", [this] { return docker_.published_ports(); }),
      execs_(executor, exec_options(), log_),
      api_(api_parts(), log_),
      server_(
          executor, [this](io::http::Exchange& exchange) { return api_.handle(exchange); }, {}, log_),
      local_(places_.session / "bridge.sock"),
      runner_(executor, runner_options(), local_, random_, log_),
      tasks_(executor, log_) {}

ApiParts Bridge::api_parts() {
  return ApiParts{[this] { return docker_.health(); }, [this] { return docker_.info(); },
                  [this] { return ports_.find(); }, [this] { return reload(); }, execs_};
}

tunnel::RunnerOptions Bridge::runner_options() const {
  tunnel::RunnerOptions options;
  options.api = config_.api;
  options.runner_id = wire::desktop_runner(config_.session);
  options.token = [this] { return config_.token; };
  options.insecure_skip_verify = config_.insecure_skip_verify;
  return options;
}

ExecOptions Bridge::exec_options() const {
  ExecOptions options;
  options.environment = [this] { return command_environment(config_); };
  return options;
}

io::Task<base::Result<End>> Bridge::run() {
  auto listener = io::Listener::unix_socket(executor_, places_.session / "bridge.sock");
  if (!listener) co_return tl::unexpected(listener.error());
  log_.info("bridge.started", {{"session", config_.session.text()}, {"version", HELIX_VERSION}});
  execs_.reap_inherited();
  tasks_.spawn("docker", docker_.run());
  tasks_.spawn("orphans", execs_.end_orphans());
  tasks_.spawn("http", server_.run(**listener));
  tasks_.spawn("tunnel", runner_.run());

  const End end = co_await wait_for_signal();
  co_await shut_down(end);
  co_return end;
}

io::Task<End> Bridge::wait_for_signal() {
  io::asio::signal_set signals(executor_, SIGTERM, SIGINT, SIGHUP);
  const int number = co_await signals.async_wait(io::asio::use_awaitable);
  log_.info("bridge.signal", {{"signal", number}});
  if (number == SIGHUP) co_return End::restart;
  co_return End::stop;
}

/// The tunnel and the API answer until docker has stopped, so that its progress can be seen.
io::Task<void> Bridge::shut_down(End end) {
  if (end == End::stop) co_await docker_.stop(kDockerGrace);
  tasks_.cancel();
  co_await tasks_.join();
  co_await server_.close();
  co_await execs_.close();
  log_.info("bridge.ended", {{"restart", end == End::restart}});
}

base::Result<void> Bridge::reload() {
  auto fresh = places_.read_config();
  if (!fresh) return tl::unexpected(fresh.error());
  if (fresh->session != config_.session)
    return base::fail(base::ErrorCode::invalid_argument, "HELIX_SESSION_ID must not change");
  const bool moved = fresh->api_url != config_.api_url;
  config_ = std::move(*fresh);
  log_.info("bridge.reloaded", {{"api_moved", moved}});
  // Where to dial is settled once per life.
  if (moved) ::raise(SIGHUP);
  return {};
}

}  // namespace bridge
