// helix-api: the control plane. Flags, configuration, wiring; see src/server.
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sodium.h>
#include <system_error>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/resource.h>

#include "apps/api/config.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "io/http/server.hpp"
#include "io/net.hpp"
#include "server/control_plane.hpp"
#include "store/sqlite/stores.hpp"

namespace {

using base::Result;

constexpr int kFailed = 1;
/// What requests under way get at the end; they wait for the disk at most. Chosen.
constexpr std::chrono::seconds kDrainLimit{5};

/// Every connection takes a descriptor: use what the machine grants.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

server::ControlPlaneOptions options_of(const api::Config& config, const io::http::ServerLimits& limits) {
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
  };
  server::ControlPlaneOptions options;
  options.runner_token = config.runner_token;
  options.gateway.public_url = config.public_url;
  options.sandboxes.legacy_tokens = config.legacy_runner_token;
  options.sessions.default_image = config.default_image;
  options.sessions.sessions_per_owner = config.sessions_per_owner;
  options.exposures.exposures_per_session = config.exposures_per_session;
  options.facts.version = HELIX_VERSION;
  options.facts.dev_subdomain = config.dev_subdomain;
  options.facts.head_bytes = static_cast<std::int64_t>(limits.head.head_bytes);
  options.facts.head_fields = static_cast<std::int64_t>(limits.head.fields);
  options.facts.target_bytes = static_cast<std::int64_t>(limits.head.target_bytes);
  options.facts.body_bytes = static_cast<std::int64_t>(options.api.body_bytes);
  options.facts.head_seconds = seconds(limits.head_time);
  options.facts.idle_seconds = seconds(limits.idle_time);
  return options;
}

server::FindAsset web_ui() {
#ifdef HELIX_WITH_WEB
  return web::find_asset;
#else
  return {};
#endif
}

/// Everything that lives as long as the program, in the order in which it starts.
struct Program {
  Program(const boost::asio::any_io_executor& executor, const api::Config& config,
          io::http::ServerLimits limits, std::unique_ptr<store::sqlite::Stores> open_stores,
          base::Log program_log)
      : log(program_log),
        stores(std::move(open_stores)),
        control_plane(
            executor,
            {stores->users, stores->sandboxes, stores->sessions, stores->removals, stores->exposures,
             stores->gateway},
            clock, random, options_of(config, limits), [this] { return check(); }, web_ui(), log),
        api(
            executor, [this](io::http::Exchange& exchange) { return control_plane.api().serve(exchange); },
            limits, log),
        metrics(
            executor, [this](io::http::Exchange& exchange) { return serve_metrics(exchange); }, {}, log),
        listeners(executor, log) {}

  io::Task<std::map<std::string, std::string>> check() {
    std::map<std::string, std::string> out;
    const auto store_state = co_await stores->check();
    out["store"] = store_state ? "ok" : store_state.error().message();
    out["housekeeping"] =
        control_plane.housekeeper().well() ? "ok" : "nothing could be tidied up lately; see the log";
    out["listener"] = accepting ? "ok" : "shutting down";
    co_return out;
  }

  io::Task<void> serve_metrics(io::http::Exchange& exchange) {
    auto response = io::http::make_response(404, "text/plain", "only /metrics is here\n");
    if (exchange.request().path() == "/metrics")
      response = io::http::make_response(200, "text/plain; version=0.0.4", control_plane.render_metrics());
    co_await exchange.respond(std::move(response));
  }

  base::Log log;
  base::SystemClock clock;
  base::SystemRandom random;
  std::unique_ptr<store::sqlite::Stores> stores;
  server::ControlPlane control_plane;
  io::http::Server api;
  io::http::Server metrics;
  bool accepting = false;
  io::TaskGroup listeners;
};

io::Task<void> wait_for_signal() {
  boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGTERM, SIGINT);
  co_await signals.async_wait(boost::asio::use_awaitable);
}

io::Task<Result<void>> serve(Program& program, const api::Config& config) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto admin = co_await program.control_plane.people().ensure_admin(config.admin_key_file);
  if (!admin) co_return tl::unexpected(admin.error());
  auto listener = io::Listener::tcp(executor, config.listen.host, config.listen.port);
  if (!listener) co_return tl::unexpected(listener.error());
  std::unique_ptr<io::Listener> metrics_listener;
  if (!config.metrics_listen.host.empty()) {
    auto opened = io::Listener::tcp(executor, config.metrics_listen.host, config.metrics_listen.port);
    if (!opened) co_return tl::unexpected(opened.error());
    metrics_listener = *std::move(opened);
  }

  program.control_plane.begin();
  program.listeners.spawn("http.listener", program.api.run(**listener));
  if (metrics_listener) program.listeners.spawn("metrics.listener", program.metrics.run(*metrics_listener));
  program.accepting = true;
  program.log.info(
      "api.started",
      {{"version", HELIX_VERSION}, {"address", config.listen.host}, {"port", (*listener)->port()}});
  if (config.runner_token.empty())
    program.log.warn("api.no_runner_token", {{"effect", "no sandbox can enrol"}});

  co_await wait_for_signal();
  program.log.info("api.stopping");
  program.accepting = false;
  program.listeners.cancel();
  co_await program.listeners.join();
  co_await program.control_plane.api().drain(kDrainLimit);
  co_await program.api.close();
  co_await program.metrics.close();
  co_await program.control_plane.close();
  co_return Result<void>();
}

int run(const api::Config& config) {
  const base::Log log("helix-api", config.log_level, config.log_format);
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  if (error) {
    log.error("api.not_started", {{"error", config.data_dir.string() + ": " + error.message()}});
    return kFailed;
  }
  auto stores = store::sqlite::Stores::open(config.data_dir / "helix.db", log);
  if (!stores) {
    log.error("api.not_started", {{"error", stores.error().message()}});
    return kFailed;
  }

  boost::asio::io_context loop(1);
  Program program(loop.get_executor(), config, io::http::ServerLimits{}, *std::move(stores), log);
  Result<void> outcome;
  std::exception_ptr failure;
  const auto ended = [&](const std::exception_ptr& thrown, const Result<void>& result) {
    failure = thrown;
    outcome = result;
  };
  boost::asio::co_spawn(loop, serve(program, config), ended);
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if (!outcome) log.error("api.not_started", {{"error", outcome.error().message()}});
  return outcome ? 0 : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto invocation = api::read_invocation(argc, argv);
  if (!invocation.config) return invocation.exit_status;
  if (sodium_init() < 0) {
    std::cerr << "helix-api: libsodium cannot start\n";
    return kFailed;
  }
  raise_descriptor_limit();
  try {
    return run(*invocation.config);
  } catch (const std::exception& e) {
    std::cerr << "helix-api: " << e.what() << "\n";
    return kFailed;
  }
}
