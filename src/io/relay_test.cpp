// The relay between real TCP connections: what one end does and what the other one sees of it.
#include "io/relay.hpp"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include "io/net.hpp"
#include "io/task_group.hpp"
#include "io/timeout.hpp"
#include "support/run.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

base::Log quiet() {
  return base::Log("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});
}

struct Options {
  std::chrono::milliseconds idle = 1h;
  OnEnd on_first_end = OnEnd::forward;
  OnEnd on_second_end = OnEnd::forward;
};

struct Pair {
  StreamPtr near;
  StreamPtr far;
};

Task<Pair> make_pair() {
  const auto executor = co_await asio::this_coro::executor;
  const auto listener = std::move(Listener::tcp(executor, "127.0.0.1", 0).value());
  Pair pair;
  pair.near = std::move((co_await connect_tcp("127.0.0.1", listener->port(), 5s)).value());
  std::string peer;
  pair.far = co_await listener->accept(peer);
  co_return pair;
}

/// A relay with a client and a server, whose far ends are the test's.
struct Chain {
  explicit Chain(const asio::any_io_executor& executor) : tasks(executor, quiet()) {}

  static Task<void> carry(Chain& chain, Options options) {
    chain.counts = co_await relay(*chain.client.near, *chain.server.near, options.idle, options.on_first_end,
                                  options.on_second_end);
    chain.returned = true;
  }

  Pair client;
  Pair server;
  TaskGroup tasks;
  RelayCounts counts;
  bool returned = false;
};

Task<std::string> next(Stream& stream) {
  std::string piece(64 * 1024, '\0');
  try {
    piece.resize(co_await stream.read_some(asio::buffer(piece)));
  } catch (const boost::system::system_error&) {
    co_return "<reset>";
  }
  co_return piece.empty() ? "<end>" : piece;
}

Task<void> say(Stream& stream, std::string text) { co_await write_all(stream, asio::buffer(text)); }

using Flow = Task<void> (*)(Chain&);

Task<void> play(Options options, Flow flow) {
  const auto executor = co_await asio::this_coro::executor;
  Chain chain(executor);
  chain.client = co_await make_pair();
  chain.server = co_await make_pair();
  chain.tasks.spawn("relay", Chain::carry(chain, options));
  co_await flow(chain);
  chain.tasks.cancel();
  co_await chain.tasks.join();
}

Task<void> both_end(Chain& chain) {
  co_await say(*chain.client.far, "12345");
  co_await chain.client.far->shutdown_write();
  const auto question = co_await next(*chain.server.far);
  EXPECT_EQ(question, "12345");
  const auto end = co_await next(*chain.server.far);
  EXPECT_EQ(end, "<end>");
  co_await say(*chain.server.far, "678");
  co_await chain.server.far->shutdown_write();
  const auto answer = co_await next(*chain.client.far);
  EXPECT_EQ(answer, "678");
  const auto last = co_await next(*chain.client.far);
  EXPECT_EQ(last, "<end>");
  co_await chain.tasks.join();
  EXPECT_TRUE(chain.returned);
  EXPECT_EQ(chain.counts.first_to_second, 5U);
  EXPECT_EQ(chain.counts.second_to_first, 3U);
}

TEST(Relay, EndsWhenBothWaysHaveEnded) { support::run(play({}, both_end)); }

Task<void> reset_is_passed_on(Chain& chain) {
  chain.server.far->reset();
  const auto seen = co_await next(*chain.client.far);
  EXPECT_EQ(seen, "<reset>");
  co_await chain.tasks.join();
}

TEST(Relay, PassesAResetOn) { support::run(play({}, reset_is_passed_on)); }

Task<void> reset_after_end(Chain& chain) {
  co_await chain.client.far->shutdown_write();
  const auto end = co_await next(*chain.server.far);
  EXPECT_EQ(end, "<end>");
  chain.client.far->reset();
  co_await chain.tasks.join();  // nobody wrote anything since
  EXPECT_TRUE(chain.returned);
}

TEST(Relay, NoticesAResetBehindAnEnd) { support::run(play({}, reset_after_end)); }
TEST(Relay, NoticesAResetBehindAnEndThatItHolds) {
  struct Held {
    static Task<void> go(Chain& chain) {
      co_await say(*chain.client.far, "x");
      co_await chain.client.far->shutdown_write();
      const auto seen = co_await next(*chain.server.far);
      EXPECT_EQ(seen, "x");
      chain.client.far->reset();
      const auto reset = co_await next(*chain.server.far);
      EXPECT_EQ(reset, "<reset>");  // never told of an end, so it must not take this for one
    }
  };
  support::run(play({1h, OnEnd::hold, OnEnd::forward}, Held::go));
}

Task<void> reset_while_blocked(Chain& chain) {
  const std::string block(16 * 1024 * 1024, 'b');  // more than the sockets between hold
  TaskGroup writer(chain.client.far->executor(), quiet());
  writer.spawn("write", say(*chain.client.far, block));
  // Full when the client's bytes wait and their number does not change any more.
  std::size_t waiting = 0;
  for (int same = 0; same < 50; co_await sleep_for(2ms)) {
    const auto now = chain.client.far->unsent_bytes();
    same = now > 0 && now == waiting ? same + 1 : 0;
    waiting = now;
  }
  chain.client.far->reset();
  co_await writer.join();
  co_await chain.server.far->broken();
  co_await chain.tasks.join();
  EXPECT_TRUE(chain.returned);
}

TEST(Relay, NoticesAResetWhileTheOtherSideReadsNothing) { support::run(play({}, reset_while_blocked)); }

Task<void> last_words(Chain& chain) {
  const std::string words(200'000, 'w');
  TaskGroup writer(chain.client.far->executor(), quiet());
  writer.spawn("write", say(*chain.server.far, words));
  std::string got;
  while (got.size() < 1000) got += co_await next(*chain.client.far);
  co_await writer.join();
  while (chain.server.far->unsent_bytes() > 0) co_await sleep_for(1ms);
  chain.server.far->reset();
  while (true) {
    const auto piece = co_await next(*chain.client.far);
    EXPECT_NE(piece, "<end>");
    if (piece == "<reset>" || piece == "<end>") break;
    got += piece;
  }
  EXPECT_EQ(got.size(), words.size());
}

TEST(Relay, DeliversWhatCameBeforeAReset) { support::run(play({}, last_words)); }

Task<void> idleness(Chain& chain) {
  const auto client = co_await next(*chain.client.far);
  const auto server = co_await next(*chain.server.far);
  EXPECT_EQ(client, "<reset>");
  EXPECT_EQ(server, "<reset>");
}

TEST(Relay, IdlenessIsNoProperEnd) { support::run(play({20ms, OnEnd::forward, OnEnd::forward}, idleness)); }

Task<void> cancellation(Chain& chain) {
  co_await say(*chain.client.far, "x");
  const auto seen = co_await next(*chain.server.far);
  EXPECT_EQ(seen, "x");
  chain.tasks.cancel();
  const auto client = co_await next(*chain.client.far);
  const auto server = co_await next(*chain.server.far);
  EXPECT_EQ(client, "<reset>");
  EXPECT_EQ(server, "<reset>");
}

TEST(Relay, CancellationIsNoProperEnd) { support::run(play({}, cancellation)); }

}  // namespace
}  // namespace io
