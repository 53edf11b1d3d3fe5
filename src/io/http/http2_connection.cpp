#include "io/http/http2_connection.hpp"

#include <exception>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "io/http/http2_exchange.hpp"
#include "io/http/request_checks.hpp"

namespace io::http {
namespace {

/// How long a connection that is ended from outside may take to say so. Chosen.
constexpr std::chrono::seconds kFarewell{1};

Http2Limits limits_of(const ServerLimits& limits) {
  Http2Limits out;
  out.head = limits.head;
  out.head_time = limits.head_time;
  out.keep_alive_time = limits.keep_alive_time;
  return out;
}

}  // namespace

Http2Connection::Http2Connection(BufferedStream connection, const ConnectionInfo& info,
                                 const Handler& handler, const ServerLimits& limits, base::Log log)
    : info_(info),
      handler_(handler),
      limits_(limits),
      log_(log),
      session_(std::make_shared<Http2Session>(std::move(connection), limits_of(limits),
                                              static_cast<Http2Owner*>(this))),
      quiet_(session_->executor()),
      writer_(session_->executor(), log),
      requests_(session_->executor(), log) {}

Http2Connection::~Http2Connection() = default;

Task<void> Http2Connection::run() {
  writer_.spawn("http2.write", session_->write_loop());
  try {
    co_await session_->read_loop();
    while (running_ > 0) co_await quiet_.wait();
  } catch (const boost::system::system_error&) {
    // Cancelled: nothing else is thrown by a wait.
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  session_->go_away();
  requests_.cancel();
  co_await requests_.join();
  session_->close_when_sent(kFarewell);
  co_await writer_.join();
  session_->close();
}

bool Http2Connection::has_room() const {
  // What ended for the client may still be on its way out here.
  return running_ < 2 * std::size_t{Http2Limits().streams};
}

void Http2Connection::on_request(Http2StreamPtr stream) {
  ++running_;
  requests_.spawn("http.request", serve(std::move(stream)));
}

Task<void> Http2Connection::serve(Http2StreamPtr stream) {
  struct Leave {
    Http2Connection& me;
    ~Leave() {
      --me.running_;
      me.quiet_.notify();
    }
  } leave{*this};
  co_await answer(std::move(stream));
}

Task<void> Http2Connection::answer(Http2StreamPtr stream) {
  auto head = co_await stream->read_head(limits_.head_time);
  if (!head) co_return;  // reset in the same breath
  Http2Request refused;
  refused.head.method = head->method;  // the answer to a HEAD has no body
  auto request = to_request(std::move(*head), limits_.head);
  std::optional<wire::HttpProblem> refusal;
  if (!request) refusal = request.error();
  Http2Exchange exchange(stream, std::move(refusal ? refused : *request), info_, session_->executor(),
                         limits_.idle_time);
  std::exception_ptr failure;
  try {
    if (refusal) {
      auto response = problem_response(*refusal);
      co_await exchange.respond(std::move(response));
    } else {
      co_await handler_(exchange);
    }
  } catch (...) {
    failure = std::current_exception();
  }
  const auto state = co_await asio::this_coro::cancellation_state;
  const bool cancelled = state.cancelled() != asio::cancellation_type::none;
  if (!exchange.answered() && !cancelled && stream->open()) {
    if (!failure) log_.error("http.no_answer", {{"method", exchange.request().method}});
    Response response = problem_response(wire::HttpProblem(500, "the request could not be handled"));
    try {
      co_await exchange.respond(std::move(response));
    } catch (const boost::system::system_error&) {
      if (!failure) failure = std::current_exception();
    }
  }
  exchange.settle();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace io::http
