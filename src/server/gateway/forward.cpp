#include "server/gateway/forward.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include "io/relay.hpp"
#include "io/timeout.hpp"
#include "server/gateway/field_rules.hpp"
#include "wire/dev_container.hpp"
#include "wire/error_table.hpp"
#include "wire/http_body.hpp"

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

/// One forwarded request. Lives in the frame of forward().
class Forwarding {
 public:
  Forwarding(io::http::Exchange& exchange, io::StreamPtr upstream, ForwardPlan plan, base::Log log)
      : exchange_(exchange), upstream_(std::move(upstream)), plan_(std::move(plan)), log_(std::move(log)) {}

  io::Task<void> run() {
    using namespace asio::experimental::awaitable_operators;
    std::string head;
    wire::encode(plan_.head, head);
    const bool sent = co_await write_upstream(asio::buffer(head));
    // An app may answer and close without reading: what it said still goes to the client.
    if (!sent) log_.debug("gateway.upload_failed");
    Outcome outcome = Outcome::cut_short;
    auto up = settled(upload());
    auto down = settled(download(outcome));
    auto stuck = nothing_moves();
    auto race = std::move(down) || std::move(up) || std::move(stuck);
    co_await std::move(race);
    if (outcome == Outcome::upgraded) {
      co_await relay_upgraded();
      co_return;
    }
    upstream_.stream().close();
    if (outcome == Outcome::complete || exchange_.finished()) co_return;
    if (client_left_ || exchange_.answered()) {
      exchange_.abandon();
      co_return;
    }
    exchange_.close_after();
    auto response =
        problem_response(ErrorCode::peer_closed, "the app ended the connection without an answer", 502);
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
    const auto limit = plan_.idle + kWriteSlack;
    while (true) {
      const auto left = last_moved_ + limit - std::chrono::steady_clock::now();
      if (left <= std::chrono::steady_clock::duration::zero()) break;
      co_await io::sleep_for(std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    client_left_ = true;
  }

  void moved() { last_moved_ = std::chrono::steady_clock::now(); }

  io::Task<bool> write_upstream(asio::const_buffer data) {
    try {
      co_await io::write_all(upstream_.stream(), data);
      moved();
      co_return true;
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      co_return false;
    }
  }

  /// Sends the request body; then watches for a client that leaves. Returns only when the client left.
  io::Task<void> upload() {
    const bool chunked = exchange_.framing().kind == wire::Framing::Kind::chunked;
    exchange_.leave_expect();
    bool app_reads = true;
    while (app_reads && !exchange_.body_done()) {
      const auto piece = co_await exchange_.read_body_some();
      if (!piece) {
        const bool client_speaks = piece.error().code() == ErrorCode::malformed;
        if (client_speaks) bad_upload_ = piece.error();
        client_left_ = !client_speaks;
        co_return;
      }
      moved();
      if (piece->empty()) break;
      std::string framed;
      if (chunked) wire::encode_chunk_start(piece->size(), framed);
      framed += *piece;
      if (chunked) framed += "\r\n";
      app_reads = co_await write_upstream(asio::buffer(framed));
    }
    if (app_reads && chunked) {
      std::string last;
      wire::encode_last_chunk(pass_trailers(exchange_.trailers()), last);
      app_reads = co_await write_upstream(asio::buffer(last));
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

  io::Task<base::Result<std::size_t>> fill() {
    try {
      const std::size_t size = co_await upstream_.fill();
      moved();
      co_return size;
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      co_return base::fail(ErrorCode::peer_closed, error.code().message());
    }
  }

  io::Task<base::Result<std::size_t>> fill_within_idle() {
    auto filling = fill();
    co_return co_await io::within(plan_.idle, std::move(filling));
  }

  /// The next head of the app; nullopt when it ended instead (an answer was given where one is due).
  io::Task<std::optional<wire::ResponseHead>> read_head() {
    while (true) {
      auto decoded = wire::decode_response_head(upstream_.buffered());
      if (!decoded) {
        auto response = problem_response(ErrorCode::peer_closed, decoded.error().message(), 502);
        co_await exchange_.respond(std::move(response));
        co_return std::nullopt;
      }
      if (*decoded) {
        upstream_.consume((*decoded)->consumed);
        co_return std::move((*decoded)->head);
      }
      const auto size = co_await fill_within_idle();
      if (!size && size.error().code() == ErrorCode::timed_out) {
        auto response = problem_response(ErrorCode::timed_out, "the app sent nothing for too long", 504);
        co_await exchange_.respond(std::move(response));
      }
      if (!size || *size == 0) co_return std::nullopt;
    }
  }

  /// True when the head goes on to the client as a final answer.
  io::Task<void> download(Outcome& outcome) {
    std::optional<wire::ResponseHead> head;
    while (true) {
      head = co_await read_head();
      if (!head) co_return;
      if (head->status >= 200 || head->status == 101) break;
      remove_hop_by_hop(head->fields);
      plan_.on_response(*head);
      co_await exchange_.write_interim(std::move(*head));
    }
    if (head->status == 101) {
      if (!asks_for_upgrade(exchange_.request())) {
        auto response = problem_response(ErrorCode::peer_closed, "the app switched protocols unasked", 502);
        co_await exchange_.respond(std::move(response));
        co_return;
      }
      switched_ = std::move(*head);
      outcome = Outcome::upgraded;
      co_return;
    }
    const auto framing = wire::response_framing(*head, exchange_.request().method);
    if (!framing) {
      auto response = problem_response(ErrorCode::peer_closed, framing.error().message(), 502);
      co_await exchange_.respond(std::move(response));
      co_return;
    }
    if (head->fields.count(wire::kUnreachableField) > 0) {
      co_await answer_unreachable(*framing);
      outcome = Outcome::complete;
      co_return;
    }
    co_await pass_answer(std::move(*head), *framing, outcome);
  }

  io::Task<void> answer_unreachable(wire::Framing framing) {
    wire::BodyDecoder body(framing);
    std::string text;
    while (!body.done() && text.size() < 4096) {
      const auto step = body.decode(upstream_.buffered());
      if (!step) break;
      text += step->payload;
      upstream_.consume(step->consumed);
      if (step->consumed > 0) continue;
      const auto size = co_await fill_within_idle();
      if (!size || *size == 0) break;
    }
    auto response = plan_.unreachable(wire::decode_problem(503, text).message());
    co_await exchange_.respond(std::move(response));
  }

  io::Task<void> pass_answer(wire::ResponseHead head, wire::Framing framing, Outcome& outcome) {
    const std::string method = exchange_.request().method;
    remove_hop_by_hop(head.fields);
    head.fields.remove("Transfer-Encoding");
    plan_.on_response(head);
    co_await exchange_.start_response(std::move(head));
    wire::BodyDecoder body(framing);
    while (!body.done()) {
      const auto step = body.decode(upstream_.buffered());
      if (!step) co_return;
      co_await exchange_.write_body(asio::buffer(step->payload));
      moved();
      upstream_.consume(step->consumed);
      if (step->consumed > 0) continue;
      const auto size = co_await fill_within_idle();
      if (!size) co_return;
      if (*size > 0) continue;
      if (framing.kind != wire::Framing::Kind::until_close) co_return;
      break;
    }
    co_await exchange_.finish(pass_trailers(body.trailers()));
    outcome = Outcome::complete;
  }

  io::Task<void> relay_upgraded() {
    const std::string protocol(switched_.fields.find("Upgrade").value_or(""));
    remove_hop_by_hop(switched_.fields);
    plan_.on_response(switched_);
    switched_.fields.add("Connection", "Upgrade");
    switched_.fields.add("Upgrade", protocol);
    auto app = upstream_.release();
    auto client = co_await exchange_.switch_protocols(std::move(switched_));
    // The framed tunnel has no half-close: the end of either side ends both, after a moment for the last
    // bytes.
    co_await io::relay(*client, *app, plan_.idle, io::OnEnd::close, io::OnEnd::close);
  }

  io::http::Exchange& exchange_;
  io::BufferedStream upstream_;
  ForwardPlan plan_;
  base::Log log_;
  wire::ResponseHead switched_;
  bool client_left_ = false;
  std::optional<base::Error> bad_upload_;  // the request body broke its framing
  std::chrono::steady_clock::time_point last_moved_ = std::chrono::steady_clock::now();
};

}  // namespace

io::Task<void> forward(io::http::Exchange& exchange, io::Connector& connector, ForwardPlan plan,
                       base::Log log) {
  auto upstream = co_await connector.connect();
  if (!upstream) {
    log.info("gateway.unreachable", {{"error", upstream.error().message()}});
    auto response = plan.unreachable(upstream.error().message());
    co_await exchange.respond(std::move(response));
    co_return;
  }
  Forwarding forwarding(exchange, std::move(*upstream), std::move(plan), std::move(log));
  co_await forwarding.run();
}

}  // namespace server
