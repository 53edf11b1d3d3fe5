#include "cli/wait.hpp"

#include <csignal>
#include <string>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "io/timeout.hpp"

namespace cli {
namespace {

using Clock = std::chrono::steady_clock;
using base::ErrorCode;

/// Chosen: a start takes seconds, and a person sees the state half a second late at most.
constexpr std::chrono::milliseconds kPollEvery{500};

/// What is known of the session that is waited for.
struct Watched {
  wire::SessionId id;
  json::object session;  // as last seen
  std::chrono::seconds limit;
  Clock::time_point begin = Clock::now();

  [[nodiscard]] std::string name() const {
    auto text = printable(text_at(session, "name"));
    return text.empty() ? id.text() : text;
  }
  [[nodiscard]] std::chrono::seconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
  }
};

bool is_settled(const json::object& session) {
  const auto state = text_at(session, "state");
  return state != "starting" && state != "stopping";
}

/// The server, or the way to it, may come back.
bool may_pass(ErrorCode code) {
  return code == ErrorCode::unavailable || code == ErrorCode::timed_out || code == ErrorCode::peer_closed;
}

std::string how_to_go_on(const Watched& watched) {
  return "wait on with: helix session show --wait " + watched.name();
}

io::Task<base::Result<json::object>> poll_until_settled(Api& api, Watched& watched, Progress& progress) {
  while (true) {
    auto session = co_await api.get("/sessions/" + watched.id.text());
    if (session) {
      watched.session = std::move(*session);
      if (is_settled(watched.session)) co_return watched.session;
      progress.show(watched.name(), text_at(watched.session, "state"),
                    text_at(watched.session, "status_message"), watched.elapsed());
    } else if (may_pass(session.error().code())) {
      progress.show(watched.name(), "out of sight", session.error().message(), watched.elapsed());
    } else {
      co_return tl::unexpected(session.error());
    }
    if (watched.elapsed() >= watched.limit)
      co_return base::fail(ErrorCode::timed_out,
                           watched.name() + " is still " + text_at(watched.session, "state") + " after " +
                               duration_text(watched.limit) + "; " + how_to_go_on(watched));
    co_await io::sleep_for(kPollEvery);
  }
}

}  // namespace

io::Task<base::Result<json::object>> wait_until_settled(Context& context, Api& api, wire::SessionId id,
                                                        std::chrono::seconds limit) {
  using namespace boost::asio::experimental::awaitable_operators;
  Watched watched{.id = std::move(id), .session = {}, .limit = limit};
  Progress progress(context.output);
  io::asio::signal_set signals(co_await io::asio::this_coro::executor, SIGINT, SIGTERM);

  auto race = poll_until_settled(api, watched, progress) || signals.async_wait(io::asio::use_awaitable);
  auto winner = co_await std::move(race);
  progress.clear();
  if (winner.index() == 0) co_return std::get<0>(std::move(winner));

  context.interrupted = true;
  co_return base::fail(ErrorCode::peer_closed,
                       "stopped waiting; " + watched.name() + " goes on; " + how_to_go_on(watched));
}

io::Task<base::Result<json::object>> wait_until_running(Context& context, Api& api, wire::SessionId id,
                                                        std::chrono::seconds limit) {
  auto session = co_await wait_until_settled(context, api, std::move(id), limit);
  if (!session) co_return tl::unexpected(session.error());
  const auto state = text_at(*session, "state");
  if (state == "running") co_return std::move(*session);

  const auto name = printable(text_at(*session, "name"));
  auto message = name + " is " + printable(state);
  const auto reason = printable(text_at(*session, "status_message"));
  if (!reason.empty()) message += ": " + reason;
  co_return base::fail(ErrorCode::unavailable, message + "\nlook further: helix logs " + name +
                                                   "\ntry again:    helix session start --wait " + name +
                                                   "\nremove it:    helix session delete " + name);
}

}  // namespace cli
