// Frames of HTTP/2 as either side gets them: whatever comes, a connection ends with its stream, and so do its
// tasks.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "fuzz_target.hpp"
#include "io/http/http2_client_exchange.hpp"
#include "io/http/http2_connection.hpp"
#include "io/http/server.hpp"

namespace {

using fuzz::require;
namespace asio = boost::asio;

/// Gives the input a piece at a time, then the end; takes what is written.
class InputStream final : public io::Stream {
 public:
  InputStream(asio::any_io_executor executor, std::string input, std::size_t piece, std::string& written)
      : executor_(std::move(executor)), input_(std::move(input)), piece_(piece), written_(written) {}

  asio::any_io_executor executor() override { return executor_; }
  io::Task<std::size_t> read_some(asio::mutable_buffer into) override {
    const auto size = closed_ ? 0 : std::min({piece_, into.size(), input_.size() - at_});
    if (size > 0) std::memcpy(into.data(), input_.data() + at_, size);
    at_ += size;
    // As a socket would: what is ready elsewhere goes first.
    co_await asio::post(executor_, asio::use_awaitable);
    co_return size;
  }
  io::Task<std::size_t> write_some(asio::const_buffer from) override {
    written_.append(static_cast<const char*>(from.data()), from.size());
    co_return from.size();
  }
  io::Task<void> shutdown_write() override { co_return; }
  [[nodiscard]] int native_handle() const override { return -1; }
  void close() override { closed_ = true; }

 private:
  asio::any_io_executor executor_;
  std::string input_;
  std::size_t piece_;
  std::string& written_;
  std::size_t at_ = 0;
  bool closed_ = false;
};

base::Log quiet() {
  return base::Log("fuzz", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});
}

io::Task<void> echo_upgraded(io::http::Exchange& exchange) {
  wire::ResponseHead head;
  head.status = 101;
  auto stream = co_await exchange.switch_protocols(std::move(head));
  std::string buffer(64, '\0');
  while (true) {
    const std::size_t size = co_await stream->read_some(asio::buffer(buffer));
    if (size == 0) break;
    co_await io::write_all(*stream, asio::buffer(buffer.data(), size));
  }
}

void check_head(const wire::RequestHead& head) {
  require(head.fields.count("Host") == 1, "a request that is passed on has one Host");
  require(!head.target.empty() && (head.target.front() == '/' || head.target == "*"), "a target is a path");
  require(head.fields.count("Transfer-Encoding") == 0, "no field speaks of the connection");
}

io::Task<void> handle(io::http::Exchange& exchange, bool over_http2) {
  const auto& head = exchange.request();
  // What does not begin as HTTP/2 is served as HTTP/1, whose heads have a target of their own.
  if (over_http2) check_head(head);
  if (head.fields.has_token("Upgrade", "websocket")) co_return co_await echo_upgraded(exchange);
  const auto body = co_await exchange.read_body(256);
  if (!body) co_return exchange.abandon();
  auto response = io::http::make_response(200, "text/plain", *body);
  co_await exchange.respond(std::move(response));
}

io::Task<void> ask(io::http::Http2ClientExchange& client, bool websocket) {
  wire::RequestHead head;
  head.method = websocket ? "GET" : "POST";
  head.target = "/";
  head.fields.add("Host", "h");
  if (websocket) head.fields.add("Upgrade", "websocket");
  if (websocket) head.fields.add("Connection", "Upgrade");
  const wire::Framing unknown{wire::Framing::Kind::chunked, 0};
  const auto sent = co_await client.send_head(std::move(head), unknown);
  if (!sent) co_return client.close();
  while (true) {
    const auto answer = co_await client.read_head();
    if (!answer) co_return client.close();
    require(answer->status >= 100 && answer->status <= 999, "a status has three digits");
    if (answer->status >= 200 || answer->status == 101) break;
  }
  while (true) {
    const auto piece = co_await client.read_some();
    if (!piece || piece->empty()) break;
  }
  client.close();
}

void run_server(std::string input, std::size_t piece, std::string& written) {
  asio::io_context loop{1};
  const bool over_http2 = input.starts_with(io::http::kHttp2Preface);
  const auto handler = [over_http2](io::http::Exchange& exchange) { return handle(exchange, over_http2); };
  io::http::Server server(loop.get_executor(), handler, {}, quiet());
  auto stream = std::make_unique<InputStream>(loop.get_executor(), std::move(input), piece, written);
  io::http::ConnectionInfo info;
  bool done = false;
  asio::co_spawn(loop, server.serve(std::move(stream), std::move(info)),
                 [&done](const std::exception_ptr&) { done = true; });
  loop.run();
  require(done, "a connection ends when its stream does");
}

void run_client(std::string input, std::size_t piece, bool websocket, std::string& written) {
  asio::io_context loop{1};
  io::TaskGroup tasks(loop.get_executor(), quiet());
  auto stream = std::make_unique<InputStream>(loop.get_executor(), std::move(input), piece, written);
  io::http::Http2ClientExchange client(std::move(stream), tasks);
  bool done = false;
  asio::co_spawn(loop, ask(client, websocket), [&done](const std::exception_ptr&) { done = true; });
  loop.run();
  require(done && tasks.size() == 0, "an exchange ends when its stream does");
}

/// What we send is whole frames, whatever came.
void check_frames(std::string_view bytes) {
  while (!bytes.empty()) {
    require(bytes.size() >= 9, "frames are sent whole");
    const auto at = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
    };
    const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
    require(bytes.size() >= 9 + size, "frames are sent whole");
    bytes.remove_prefix(9 + size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = fuzz::text_of(data, size);
  const auto choice = fuzz::take_choice(input);
  const auto piece = std::size_t{1} << (choice / 4 % 16);
  const std::string_view preface = io::http::kHttp2Preface;
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  std::string written;
  if (choice % 4 < 2) {
    const bool as_is = choice % 2 == 1;
    const auto begun = as_is ? std::string(input) : std::string(preface) + settings + std::string(input);
    run_server(begun, piece, written);
    if (begun.starts_with(preface)) check_frames(written);
  } else {
    run_client(std::string(input), piece, choice % 2 == 1, written);
    require(written.empty() || written.starts_with(preface), "a client begins with the preface");
    if (!written.empty()) check_frames(std::string_view(written).substr(preface.size()));
  }
  return 0;
}
