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
#include "io/http/tls_entry.hpp"
#include "io/net.hpp"
#include "server/control_plane.hpp"
#include "server/edge/https_redirect.hpp"
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

server::ControlPlaneOptions options_of(const api::Config& config, const io::http::ServerLimits& limits,
                                       io::TlsContext* tls) {
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
  };
  server::ControlPlaneOptions options;
  options.runner_token = config.runner_token;
  options.gateway.public_url = config.public_url;
  options.gateway.trusted_proxies = config.trusted_proxies;
  options.gateway.listen_host = config.listen.host;
  options.gateway.listen_port = config.listen.port;
  options.gateway.tls = tls;
  if (tls != nullptr) options.gateway.tls_port = config.tls_listen.port;
  options.sandboxes.legacy_tokens = config.legacy_runner_token;
  options.sessions.default_image = config.default_image;
  options.sessions.sessions_per_owner = config.sessions_per_owner;
  options.exposures.exposures_per_session = config.exposures_per_session;
  options.facts.version = HELIX_VERSION;
  options.facts.dev_subdomain = config.dev_subdomain;
  options.facts.ports = config.ports;
  options.gateway.dev_subdomain = config.dev_subdomain;
  options.gateway.ports = config.ports;
  options.exposures.dev_subdomain = config.dev_subdomain;
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
          std::unique_ptr<io::TlsContext> tls_context, base::Log program_log)
      : log(program_log),
        stores(std::move(open_stores)),
        tls(std::move(tls_context)),
        redirect_rules(rules_of(config)),
        control_plane(
            executor,
            {stores->users, stores->sandboxes, stores->sessions, stores->removals, stores->exposures,
             stores->gateway},
            clock, random, options_of(config, limits, tls.get()), [this] { return check(); }, web_ui(), log),
        api(
            executor, [this](io::http::Exchange& exchange) { return serve_api(exchange); }, limits, log),
        redirect(
            executor, [this](io::http::Exchange& exchange) { return serve_redirect(exchange); }, {}, log),
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

  server::RedirectRules rules_of(const api::Config& config) {
    const auto certified = [this](const std::string& host) { return tls->is_for(host); };
    const std::uint16_t port = tls ? config.tls_listen.port : std::uint16_t{0};
    return {config.public_url, port, certified};
  }

  io::Task<void> serve_api(io::http::Exchange& exchange) {
    const auto& connection = exchange.connection();
    if (connection.scheme == "http" && tls_port != 0 && connection.local_port == tls_port) {
      auto response = server::redirect_to_same_port(exchange.request());
      co_await exchange.respond(std::move(response));
      co_return;
    }
    co_await control_plane.serve(exchange);
  }

  io::Task<void> serve_redirect(io::http::Exchange& exchange) {
    auto response = server::redirect_to_https(exchange.request(), redirect_rules);
    co_await exchange.respond(std::move(response));
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
  std::unique_ptr<io::TlsContext> tls;  // null: TLS is off
  server::RedirectRules redirect_rules;
  server::ControlPlane control_plane;
  io::http::Server api;
  io::http::Server redirect;
  io::http::Server metrics;
  std::uint16_t tls_port = 0;  // of the listener, once it listens
  bool accepting = false;
  io::TaskGroup listeners;
};

io::Task<void> wait_for_signal() {
  boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGTERM, SIGINT);
  co_await signals.async_wait(boost::asio::use_awaitable);
}

struct Listeners {
  std::unique_ptr<io::Listener> plain;
  std::unique_ptr<io::Listener> tls;  // null: none, as the next two
  std::unique_ptr<io::Listener> redirect;
  std::unique_ptr<io::Listener> metrics;
};

Result<Listeners> open_listeners(const boost::asio::any_io_executor& executor, const api::Config& config) {
  Listeners listeners;
  const auto open = [&](const api::Address& address, std::unique_ptr<io::Listener>& into) -> Result<void> {
    if (address.host.empty()) return {};
    auto opened = io::Listener::tcp(executor, address.host, address.port);
    if (!opened) return tl::unexpected(opened.error());
    into = *std::move(opened);
    return {};
  };
  auto opened = open(config.listen, listeners.plain);
  if (opened) opened = open(config.tls_listen, listeners.tls);
  if (opened) opened = open(config.redirect_listen, listeners.redirect);
  if (opened) opened = open(config.metrics_listen, listeners.metrics);
  if (!opened) return tl::unexpected(opened.error());
  return listeners;
}

void begin_accepting(Program& program, const Listeners& listeners) {
  program.listeners.spawn("http.listener", program.api.run(*listeners.plain));
  if (listeners.tls) {
    program.tls_port = listeners.tls->port();
    const auto entry = io::http::tls_entry(program.tls.get(), io::Offer::http2);
    program.listeners.spawn("tls.listener", program.api.run(*listeners.tls, entry));
    program.listeners.spawn("tls.certificate", program.tls->watch());
  }
  if (listeners.redirect)
    program.listeners.spawn("redirect.listener", program.redirect.run(*listeners.redirect));
  if (listeners.metrics) program.listeners.spawn("metrics.listener", program.metrics.run(*listeners.metrics));
}

io::Task<Result<void>> serve(Program& program, const api::Config& config) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto admin = co_await program.control_plane.people().ensure_admin(config.admin_key_file);
  if (!admin) co_return tl::unexpected(admin.error());
  const auto listeners = open_listeners(executor, config);
  if (!listeners) co_return tl::unexpected(listeners.error());

  program.control_plane.begin();
  begin_accepting(program, *listeners);
  program.accepting = true;
  program.log.info("api.started", {{"version", HELIX_VERSION},
                                   {"address", config.listen.host},
                                   {"port", listeners->plain->port()},
                                   {"tls_port", program.tls_port}});
  if (config.runner_token.empty())
    program.log.warn("api.no_runner_token", {{"effect", "no sandbox can enrol"}});

  co_await wait_for_signal();
  program.log.info("api.stopping");
  program.accepting = false;
  program.listeners.cancel();
  co_await program.listeners.join();
  co_await program.control_plane.api().drain(kDrainLimit);
  co_await program.api.close();
  co_await program.redirect.close();
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

  std::unique_ptr<io::TlsContext> tls;
  if (!config.tls_listen.host.empty()) {
    auto loaded = io::TlsContext::load(config.certificate, log);
    if (!loaded) {
      log.error("api.not_started", {{"error", loaded.error().message()}});
      return kFailed;
    }
    tls = *std::move(loaded);
    if (!config.dev_subdomain.empty() && !tls->is_for("any." + config.dev_subdomain))
      log.warn("tls.no_wildcard", {{"domain", config.dev_subdomain},
                                   {"effect", "browsers refuse exposed ports' https URLs by host name"}});
  }

  boost::asio::io_context loop(1);
  Program program(loop.get_executor(), config, io::http::ServerLimits{}, *std::move(stores), std::move(tls),
                  log);
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
