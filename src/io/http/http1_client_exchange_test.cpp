#include "io/http/http1_client_exchange.hpp"

#include <gtest/gtest.h>

#include "io/net.hpp"
#include "support/raw_bytes.hpp"
#include "support/run.hpp"

namespace io::http {
namespace {

using namespace std::chrono_literals;

struct Case {
  const char* name;
  std::string answer;
  bool server_ends = false;
  bool whole_request = true;
  std::string method = "GET";
  bool clean = false;
  std::string body = "ok";
  base::ErrorCode failure = base::ErrorCode::internal;  // of head or body; internal: none
};

Task<void> answer_once(Listener& listener, const Case& one, StreamPtr& held) {
  std::string peer;
  held = co_await listener.accept(peer);
  co_await support::read_until(*held, "\r\n\r\n");
  co_await support::say(*held, one.answer);
  if (one.server_ends) co_await held->shutdown_write();
}

Task<base::Result<std::string>> read_answer(Http1ClientExchange& exchange) {
  auto head = co_await exchange.read_head();
  if (!head) co_return tl::unexpected(head.error());
  std::string body;
  while (true) {
    auto piece = co_await exchange.read_some();
    if (!piece) co_return tl::unexpected(piece.error());
    if (piece->empty()) co_return body;
    body += *piece;
  }
}

Task<void> check(Listener& listener, const Case& one) {
  SCOPED_TRACE(one.name);
  auto stream = co_await connect_tcp("127.0.0.1", listener.port(), 5s);
  Http1ClientExchange exchange(std::move(stream.value()));
  wire::RequestHead head;
  head.method = one.method;
  head.target = "/";
  wire::Framing framing;
  if (!one.whole_request) framing = wire::Framing{wire::Framing::Kind::length, 5};
  const auto sent = co_await exchange.send_head(std::move(head), framing);
  EXPECT_TRUE(sent);
  wire::Fields none;
  const auto finished = co_await exchange.finish_body(std::move(none));
  EXPECT_TRUE(finished);
  StreamPtr held;
  co_await answer_once(listener, one, held);
  const auto body = co_await read_answer(exchange);
  EXPECT_EQ(body.has_value(), one.failure == base::ErrorCode::internal);
  if (body) {
    EXPECT_EQ(*body, one.body);
  }
  if (!body) {
    EXPECT_EQ(body.error().code(), one.failure) << body.error().message();
  }
  EXPECT_EQ(exchange.clean(), one.clean);
  EXPECT_EQ(exchange.anything_received(), !one.answer.empty());
}

Task<void> check_all(Listener& listener, const std::vector<Case>& rows) {
  for (const auto& row : rows) co_await check(listener, row);
  listener.close();
}

TEST(Http1ClientExchange, KnowsWhetherItsConnectionMayCarryAnotherRequest) {
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
  const auto malformed = base::ErrorCode::malformed;
  const auto cut = base::ErrorCode::peer_closed;
  const std::vector<Case> rows{
      {.name = "a length", .answer = length, .clean = true},
      {.name = "chunks", .answer = chunks, .clean = true},
      {.name = "HEAD",
       .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
       .method = "HEAD",
       .clean = true,
       .body = ""},
      {.name = "stray bytes behind a length", .answer = length + "x"},
      {.name = "stray bytes behind chunks", .answer = chunks + "x"},
      {.name = "a body behind the head of a HEAD", .answer = length, .method = "HEAD", .body = ""},
      {.name = "the server closes",
       .answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"},
      {.name = "HTTP/1.0", .answer = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"},
      {.name = "an end that is the connection's", .answer = "HTTP/1.1 200 OK\r\n\r\nok", .server_ends = true},
      {.name = "a request whose body did not go out", .answer = length, .whole_request = false},
      {.name = "nothing", .answer = "", .server_ends = true, .failure = cut},
      {.name = "half a head", .answer = "HTTP/1.1 200", .server_ends = true, .failure = cut},
      {.name = "half a body",
       .answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
       .server_ends = true,
       .failure = cut},
      {.name = "rubbish", .answer = "rubbish\r\n\r\n", .failure = malformed},
      {.name = "both lengths",
       .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
       .failure = malformed},
      {.name = "a broken chunk",
       .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       .failure = malformed},
  };
  asio::io_context loop{1};
  const auto listener = Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value();
  support::run(loop, check_all(*listener, rows));
}

}  // namespace
}  // namespace io::http
