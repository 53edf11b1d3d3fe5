#include "tunnel/runner.hpp"

#include <array>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include "io/relay.hpp"
#include "io/timeout.hpp"
#include "wire/revdial_control.hpp"

namespace tunnel {

using base::ErrorCode;
using std::chrono::steady_clock;

namespace {

constexpr std::string_view kAnnouncedPrefix = "/revdial";
constexpr std::string_view kServedPrefix = "/api/v1/revdial";

/// Full jitter: anywhere between nothing and the bound, so that a thousand runners do not return at once.
std::chrono::milliseconds jittered(std::chrono::milliseconds bound, base::Random& random) {
  const double fraction = base::random_fraction(random);
  return std::chrono::milliseconds(static_cast<std::int64_t>(fraction * static_cast<double>(bound.count())));
}

}  // namespace

Runner::Runner(asio::any_io_executor executor, RunnerOptions options, io::Connector& local,
               base::Random& random, base::Log log)
    : executor_(executor),
      options_(std::move(options)),
      local_(local),
      random_(random),
      log_(log.with({{"runner", options_.runner_id}})),
      connector_(options_.api.host, options_.api.port, options_.api.tls, options_.insecure_skip_verify),
      data_(executor, log_) {}

Runner::~Runner() = default;

wire::Fields Runner::auth_fields() const {
  wire::Fields fields;
  fields.add("Authorization", "Bearer " + options_.token().expose());
  return fields;
}

io::Task<void> Runner::run() {
  auto backoff = options_.backoff_first;
  std::exception_ptr ended;
  while (!ended) {
    const auto started = steady_clock::now();
    try {
      last_result_ = co_await serve_once();
      connected_ = false;
      control_.reset();
      last_error_ = last_result_ ? "" : last_result_.error().message();
      // A connection that held for a while was a good one: start over with short waits.
      if (steady_clock::now() - started > 4 * options_.backoff_most) backoff = options_.backoff_first;
      const auto pause = jittered(backoff, random_);
      log_.warn("tunnel.lost", {{"error", last_error_}, {"retry_ms", pause.count()}});
      co_await io::sleep_for(pause);
      backoff = std::min(backoff * 2, options_.backoff_most);
    } catch (...) {
      ended = std::current_exception();  // cancelled: data connections must end before we do
    }
  }
  // In a cancelled coroutine every co_await throws at once, this join too.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  connected_ = false;
  control_.reset();
  data_.cancel();
  co_await data_.join();
  std::rethrow_exception(ended);
}

io::Task<base::Result<void>> Runner::serve_once() {
  using namespace asio::experimental::awaitable_operators;
  const std::string target =
      options_.api.base_path + std::string(kServedPrefix) + "?runnerid=" + options_.runner_id;
  auto fields = auth_fields();
  const Extensions offered{options_.raw, options_.targets != nullptr};
  offered.write(fields);
  wire::Fields answer;
  auto channel = co_await io::websocket::connect(connector_, options_.api.authority, target,
                                                 std::move(fields), options_.data_dial, answer);
  if (!channel) co_return tl::unexpected(channel.error());
  agreed_ = offered & Extensions::read(answer);
  control_ = std::shared_ptr<io::websocket::Channel>(std::move(*channel));
  connected_ = true;
  ++connects_;
  log_.info("tunnel.connected", {{"raw", agreed_.raw}, {"target", agreed_.target}});

  const auto control = control_;
  auto reading = read_lines(*control);
  auto pinging = keep_pinging(*control);
  auto race = std::move(reading) || std::move(pinging);
  const auto winner = co_await std::move(race);
  control->close();
  if (winner.index() == 0) co_return std::get<0>(winner);
  co_return std::get<1>(winner);
}

io::Task<base::Result<void>> Runner::read_lines(io::websocket::Channel& control) {
  std::string held;
  std::array<char, wire::kMaxControlLine> buffer{};
  while (true) {
    auto reading = control.read_bytes(asio::buffer(buffer));
    // Lines count, pings do not: each read starts the time anew only when it brought bytes of the stream.
    const auto size = co_await io::within(options_.silent_for, std::move(reading));
    if (!size) co_return tl::unexpected(size.error());
    if (*size == 0) co_return base::fail(ErrorCode::peer_closed, "the control plane ended the connection");
    held.append(buffer.data(), *size);
    while (true) {
      const auto decoded = wire::decode_control(held);
      if (!decoded) co_return tl::unexpected(decoded.error());
      if (!*decoded) break;
      held.erase(0, (*decoded)->consumed);
      const auto& line = (*decoded)->line;
      if (line.command != wire::ControlCommand::conn_ready) continue;
      if (data_.size() >= options_.data_connections)
        data_.spawn("tunnel.refuse", report_pickup_failure(line.conn_path, "too many data connections"));
      else if (line.target)
        data_.spawn("tunnel.target", serve_target(line.conn_path, *line.target));
      else
        data_.spawn("tunnel.data", serve_local(line.conn_path));
    }
  }
}

io::Task<base::Result<void>> Runner::keep_pinging(io::websocket::Channel& control) {
  while (true) {
    co_await io::sleep_for(options_.ping_every);
    auto pinging = control.ping();
    const auto sent = co_await io::within(options_.ping_every, std::move(pinging));
    if (!sent) co_return tl::unexpected(sent.error());
  }
}

io::Task<base::Result<io::StreamPtr>> Runner::open_data(std::string conn_path) {
  if (!conn_path.starts_with(kAnnouncedPrefix)) {
    log_.warn("tunnel.bad_path", {{"path", conn_path.substr(0, 64)}});
    co_return base::fail(ErrorCode::malformed, "not a path of the tunnel");
  }
  const std::string target =
      options_.api.base_path + std::string(kServedPrefix) + conn_path.substr(kAnnouncedPrefix.size());
  auto fields = auth_fields();
  const Extensions offered{agreed_.raw, false};
  offered.write(fields);
  wire::Fields answer;
  auto channel = co_await io::websocket::connect(connector_, options_.api.authority, target,
                                                 std::move(fields), options_.data_dial, answer);
  if (!channel) {
    co_await report_pickup_failure(std::move(conn_path), channel.error().message());
    co_return tl::unexpected(channel.error());
  }
  const auto agreed = offered & Extensions::read(answer);
  if (agreed.raw) co_return (*channel)->release();
  co_return io::websocket::make_framed_stream(std::move(*channel));
}

io::Task<void> Runner::serve_local(std::string conn_path) {
  auto tunnel = co_await open_data(std::move(conn_path));
  if (!tunnel) co_return;
  auto dialling = local_.connect();
  auto local = co_await io::within(options_.local_dial, std::move(dialling));
  if (!local) {
    // A local target that is down shows as the end right after the 101.
    log_.warn("tunnel.target_down", {{"error", local.error().message()}});
    co_return;
  }
  co_await carry(std::move(*tunnel), std::move(*local));
}

/// The other way round than for the local target: a port that refuses costs no connection, and its words go
/// back at once.
io::Task<void> Runner::serve_target(std::string conn_path, wire::ControlTarget target) {
  if (options_.targets == nullptr) {
    // Never the local target in its place.
    co_await report_pickup_failure(std::move(conn_path), "this runner knows no targets");
    co_return;
  }
  auto dialling = options_.targets->connect(target.session, target.port);
  auto port = co_await io::within(options_.target_dial, std::move(dialling));
  if (!port) {
    log_.info("tunnel.target_refused",
              {{"session", target.session.text()}, {"port", target.port}, {"error", port.error().message()}});
    co_await report_pickup_failure(std::move(conn_path), port.error().message());
    co_return;
  }
  auto tunnel = co_await open_data(std::move(conn_path));
  if (!tunnel) co_return;
  co_await carry(std::move(*tunnel), std::move(*port));
}

io::Task<void> Runner::carry(io::StreamPtr tunnel, io::StreamPtr target) {
  // The end of a framed stream ends both ways.
  const auto on_end = tunnel->has_half_close() ? io::OnEnd::forward : io::OnEnd::close;
  co_await io::relay(*tunnel, *target, options_.relay_idle, on_end, io::OnEnd::forward);
}

io::Task<void> Runner::report_pickup_failure(std::string conn_path, std::string reason) {
  const auto control = control_;
  if (!control) co_return;
  std::string text;
  wire::ControlLine line{wire::ControlCommand::pickup_failed, std::move(conn_path), std::move(reason)};
  wire::encode_control(line, text);
  // A failure here is the control connection's, whose reader deals with it.
  auto writing = control->write_binary(asio::buffer(text));
  co_await io::within(options_.ping_every, std::move(writing));
}

}  // namespace tunnel
