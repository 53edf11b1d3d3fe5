#include "server/gateway/forward.hpp"

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include "io/relay.hpp"
#include "io/timeout.hpp"
#include "server/gateway/field_rules.hpp"
#include "wire/error_table.hpp"

namespace server {

namespace asio = boost::asio;
using base::ErrorCode;

namespace {

/// Time beyond the idle limit after which a write that does not go on is given up. Chosen.
constexpr std::chrono::seconds kWriteSlack{5};

/// How an answer went.
enum class Outcome { complete, cut_short, upgraded };

io::http::Response problem_response(ErrorCode code, std::string detail, int status) {
  auto problem = wire::make_problem(base::Error(code, std::move(detail)));
  problem.status = status;
  return io::http::make_response(status, std::string(wire::kProblemType), wire::encode(problem));
}

/// What the client is told when the app gave no answer.
io::http::Response failure_response(const base::Error& error) {
  switch (error.code()) {
    case ErrorCode::timed_out:
      return problem_response(ErrorCode::timed_out, "the app sent nothing for too long", 504);
    case ErrorCode::malformed: return problem_response(ErrorCode::peer_closed, error.message(), 502);
    default:
      return problem_response(ErrorCode::peer_closed, "the app ended the connection without an answer", 502);
  }
}

/// One forwarded request. Lives in the frame of forward().
class Forwarding {
 public:
  Forwarding(io::http::Exchange& exchange, AppExchange app, ForwardPlan plan, base::Log log)
      : exchange_(exchange), app_(std::move(app)), plan_(std::move(plan)), log_(std::move(log)) {}

  io::Task<void> run() {
    using namespace asio::experimental::awaitable_operators;
    auto sending = app_->send_head(plan_.head, exchange_.framing());
    const auto sent = co_await std::move(sending);
    moved();
    // An app may answer and close without reading: what it said still goes to the client.
    if (!sent) log_.debug("gateway.upload_failed", {{"error", sent.error().message()}});
    if (!sent && sent.error().code() == ErrorCode::malformed) {
      // It cannot be said in the version of HTTP that the app speaks.
      app_->close();
      auto response = failure_response(sent.error());
      exchange_.close_after();
      co_await exchange_.respond(std::move(response));
      co_return;
    }
    Outcome outcome = Outcome::cut_short;
    auto up = settled(upload(sent.has_value()));
    auto down = settled(download(outcome));
    auto stuck = nothing_moves();
    auto race = std::move(down) || std::move(up) || std::move(stuck);
    co_await std::move(race);
    if (outcome == Outcome::upgraded) {
      co_await relay_upgraded();
      co_return;
    }
    app_->close();
    if (outcome == Outcome::complete || exchange_.finished()) co_return;
    if (client_left_ || exchange_.answered()) {
      exchange_.abandon();
      co_return;
    }
    exchange_.close_after();
    auto response = failure_response(base::Error(ErrorCode::peer_closed, ""));
    if (bad_upload_) response = problem_response(bad_upload_->code(), bad_upload_->message(), 400);
    co_await exchange_.respond(std::move(response));
  }

 private:
  /// A side that throws would leave the race waiting for the other one: a broken client connection is an end.
  io::Task<void> settled(io::Task<void> side) {
    try {
      co_await std::move(side);
    } catch (const boost::system::system_error& error) {
      // Aborted means that the other side won the race.
      if (error.code() != asio::error::operation_aborted) client_left_ = true;
    }
  }

  /// Ends when no byte went either way for longer than the plan allows: a side that neither reads nor leaves
  /// must not hold the chain. A little longer than the limit for reads, which has an answer of its own.
  io::Task<void> nothing_moves() {
    co_await silence(plan_.idle + kWriteSlack);
    client_left_ = true;
  }

  /// Until nothing has moved for `limit`.
  io::Task<void> silence(std::chrono::milliseconds limit) {
    while (true) {
      const auto left = last_moved_ + limit - std::chrono::steady_clock::now();
      if (left <= std::chrono::steady_clock::duration::zero()) co_return;
      co_await io::sleep_for(std::chrono::ceil<std::chrono::milliseconds>(left));
    }
  }

  /// Awaits what the app says, as long as anything moves: one that takes an upload of hours may be quiet
  /// about it. Fails with timed_out.
  template <class T>
  io::Task<base::Result<T>> while_moving(io::Task<base::Result<T>> reading) {
    using namespace asio::experimental::awaitable_operators;
    std::exception_ptr failure;
    auto guarded = io::detail::caught(std::move(reading), failure);
    auto race = std::move(guarded) || silence(plan_.idle);
    auto winner = co_await std::move(race);
    if (winner.index() == 1) co_return base::fail(ErrorCode::timed_out, "no answer in time");
    if (failure) std::rethrow_exception(failure);
    co_return std::get<0>(std::move(winner));
  }

  void moved() { last_moved_ = std::chrono::steady_clock::now(); }

  /// Whether a wait that one side gave up was too long for the whole: each has a limit of its own, and does
  /// not see what the other does meanwhile.
  [[nodiscard]] bool may_go_on(const base::Error& error) const {
    return error.code() == ErrorCode::timed_out &&
           std::chrono::steady_clock::now() - last_moved_ < plan_.idle;
  }

  /// Sends the request body; then watches for a client that leaves. Returns only when the client left.
  io::Task<void> upload(bool app_reads) {
    exchange_.leave_expect();
    while (app_reads && !exchange_.body_done()) {
      const auto piece = co_await exchange_.read_body_some();
      if (!piece && may_go_on(piece.error())) continue;
      if (!piece) {
        const bool client_speaks = piece.error().code() == ErrorCode::malformed;
        if (client_speaks) bad_upload_ = piece.error();
        client_left_ = !client_speaks;
        co_return;
      }
      moved();
      if (piece->empty()) break;
      const auto written = co_await app_->write_body(asio::buffer(*piece));
      app_reads = written.has_value();
      moved();
    }
    // What follows the head of an upgrade is the new protocol's: its sending side stays open.
    const bool is_open_ended =
        asks_for_upgrade(plan_.head) && exchange_.framing().kind == wire::Framing::Kind::none;
    if (app_reads && !is_open_ended) {
      const auto ended = co_await app_->finish_body(pass_trailers(exchange_.trailers()));
      app_reads = ended.has_value();
    }
    // RFC 9112 allows a pipelined request: its first byte says that the client is there, and ends the watch.
    if (app_reads) {
      const bool gone = co_await exchange_.client_gone();
      if (gone) {
        client_left_ = true;
        co_return;
      }
    }
    co_await io::sleep_for(std::chrono::hours(24 * 365));  // until the answer is through
  }

  /// The next head of the app; nullopt when there is none (an answer was given).
  io::Task<std::optional<wire::ResponseHead>> read_head() {
    auto reading = app_->read_head();
    auto head = co_await while_moving(std::move(reading));
    while (!head && may_go_on(head.error())) {
      auto again = app_->read_head();
      head = co_await while_moving(std::move(again));
    }
    moved();
    if (head) co_return std::move(*head);
    // Cut off in the middle of a bad upload, the app has nothing to say: the client has to be told of the
    // upload.
    if (head.error().code() == ErrorCode::peer_closed) co_return std::nullopt;
    auto response = head.error().code() == ErrorCode::unavailable ? plan_.unreachable(head.error().message())
                                                                  : failure_response(head.error());
    co_await exchange_.respond(std::move(response));
    co_return std::nullopt;
  }

  io::Task<void> download(Outcome& outcome) {
    std::optional<wire::ResponseHead> head;
    while (true) {
      head = co_await read_head();
      if (!head) co_return;
      if (head->status >= 200 || head->status == 101) break;
      remove_hop_by_hop(head->fields);
      remove_framing(head->fields);
      plan_.on_response(*head);
      co_await exchange_.write_interim(std::move(*head));
    }
    if (head->status != 101) {
      co_await pass_answer(std::move(*head), outcome);
      co_return;
    }
    if (!was_asked_for(*head)) {
      auto response = problem_response(ErrorCode::peer_closed, "the app switched protocols unasked", 502);
      co_await exchange_.respond(std::move(response));
      co_return;
    }
    switched_ = std::move(*head);
    outcome = Outcome::upgraded;
  }

  /// Whether a 101 is the answer to what the client asked: to that protocol, after the whole request.
  [[nodiscard]] bool was_asked_for(const wire::ResponseHead& head) const {
    const auto& request = exchange_.request();
    const auto protocol = head.fields.find("Upgrade").value_or("");
    if (!asks_for_upgrade(request) || !exchange_.body_done() || protocol.empty()) return false;
    return wire::same_name(*request.fields.find("Upgrade"), protocol) ||
           request.fields.has_token("Upgrade", protocol);
  }

  io::Task<void> pass_answer(wire::ResponseHead head, Outcome& outcome) {
    remove_hop_by_hop(head.fields);
    head.fields.remove("Transfer-Encoding");
    if (head.status == 204) remove_framing(head.fields);
    plan_.on_response(head);
    co_await exchange_.start_response(std::move(head));
    moved();
    while (true) {
      auto reading = app_->read_some();
      const auto piece = co_await while_moving(std::move(reading));
      if (!piece && may_go_on(piece.error())) continue;
      if (!piece) co_return;
      if (piece->empty()) break;
      moved();
      co_await exchange_.write_body(asio::buffer(*piece));
      moved();
    }
    co_await exchange_.finish(pass_trailers(app_->trailers()));
    outcome = Outcome::complete;
  }

  io::Task<void> relay_upgraded() {
    const std::string protocol(switched_.fields.find("Upgrade").value_or(""));
    remove_hop_by_hop(switched_.fields);
    remove_framing(switched_.fields);
    plan_.on_response(switched_);
    switched_.fields.add("Connection", "Upgrade");
    switched_.fields.add("Upgrade", protocol);
    auto app = app_->release();
    auto client = co_await exchange_.switch_protocols(std::move(switched_));
    // A framed tunnel has no half-close: the end of either side ends both there, after a moment for the last
    // bytes.
    const bool half_close = app->has_half_close() && client->has_half_close();
    const auto on_end = half_close ? io::OnEnd::forward : io::OnEnd::close;
    co_await io::relay(*client, *app, plan_.idle, on_end, on_end);
  }

  io::http::Exchange& exchange_;
  AppExchange app_;
  ForwardPlan plan_;
  base::Log log_;
  wire::ResponseHead switched_;
  bool client_left_ = false;
  std::optional<base::Error> bad_upload_;  // the request body broke its framing
  std::chrono::steady_clock::time_point last_moved_ = std::chrono::steady_clock::now();
};

}  // namespace

io::Task<void> forward(io::http::Exchange& exchange, AppOpener& opener, ForwardPlan plan, base::Log log) {
  auto app = co_await opener.open();
  if (!app) {
    log.info("gateway.unreachable", {{"error", app.error().message()}});
    auto response = plan.unreachable(app.error().message());
    co_await exchange.respond(std::move(response));
    co_return;
  }
  Forwarding forwarding(exchange, std::move(*app), std::move(plan), std::move(log));
  co_await forwarding.run();
}

}  // namespace server
