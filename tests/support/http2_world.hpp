/// An HTTP server on a loopback socket, and HTTP/2 clients for it: exchanges, sessions, or frames by hand.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/http/http2_client_exchange.hpp"
#include "io/http/http2_connection.hpp"
#include "io/http/server.hpp"
#include "io/net.hpp"
#include "io/task_group.hpp"
#include "support/run.hpp"

namespace support {

inline base::Log quiet_log() {
  return base::Log("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});
}

struct Http2World {
  explicit Http2World(io::http::Handler handler, io::http::ServerLimits limits = {},
                      io::http::Entry entry = {})
      : server(loop.get_executor(), std::move(handler), limits, quiet_log()),
        tasks(loop.get_executor(), quiet_log()),
        clients(loop.get_executor(), quiet_log()),
        listener(std::move(io::Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        connector("127.0.0.1", listener->port(), false) {
    tasks.spawn("server", server.run(*listener, std::move(entry)));
  }

  io::Task<std::unique_ptr<io::http::Http2ClientExchange>> dial() {
    auto stream = co_await connector.connect();
    co_return std::make_unique<io::http::Http2ClientExchange>(std::move(stream.value()), clients);
  }

  /// A connection for more than one stream; close() it.
  io::Task<std::shared_ptr<io::http::Http2Session>> dial_session() {
    auto stream = co_await connector.connect();
    auto session = std::make_shared<io::http::Http2Session>(io::BufferedStream(std::move(stream.value())),
                                                            io::http::Http2Limits());
    clients.spawn("read", keep(session, session->read_loop()));
    clients.spawn("write", keep(session, session->write_loop()));
    co_return session;
  }

  static io::Task<void> keep(std::shared_ptr<io::http::Http2Session> session, io::Task<void> task) {
    co_await std::move(task);
    static_cast<void>(session);
  }

  void run(io::Task<void> body) { support::run(loop, with_end(std::move(body))); }

  io::Task<void> with_end(io::Task<void> body) {
    co_await std::move(body);
    tasks.cancel();
    co_await tasks.join();
    co_await server.close();
    clients.cancel();
    co_await clients.join();
  }

  boost::asio::io_context loop{1};
  io::http::Server server;
  io::TaskGroup tasks;
  io::TaskGroup clients;
  std::unique_ptr<io::Listener> listener;
  io::TcpConnector connector;
};

inline wire::RequestHead http2_request(std::string method, std::string target) {
  wire::RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  head.fields.add("Host", "example.test");
  return head;
}

/// All that is left of a body; what failed after it in `failure`.
template <class Side>
io::Task<std::string> read_to_end(Side& side, std::string& failure) {
  std::string all;
  while (true) {
    auto piece = co_await side.read_some();
    if (!piece) {
      failure = piece.error().message();
      co_return all;
    }
    if (piece->empty()) co_return all;
    all += *piece;
  }
}

/// Frames by hand (RFC 9113 §4.1).
namespace frames {

inline constexpr int kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kGoAway = 7,
                     kContinuation = 9;
inline constexpr int kEndStream = 1, kEndHeaders = 4;

inline std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  const auto byte = [](std::size_t value) {
    return static_cast<char>(static_cast<unsigned char>(value & 0xff));
  };
  std::string out;
  out += byte(payload.size() >> 16);
  out += byte(payload.size() >> 8);
  out += byte(payload.size());
  out += byte(static_cast<std::size_t>(type));
  out += byte(static_cast<std::size_t>(flags));
  for (const int shift : {24, 16, 8, 0}) out += byte(stream >> shift);
  out += payload;
  return out;
}

/// A literal field without indexing and without Huffman (RFC 7541 §6.2.2); up to 126 bytes each.
inline std::string field(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  out += value;
  return out;
}

inline std::string request_fields(std::string_view method, std::string_view path) {
  return field(":method", method) + field(":scheme", "http") + field(":path", path) +
         field(":authority", "example.test");
}

inline std::string opening() { return std::string(io::http::kHttp2Preface) + frame(kSettings, 0, 0, ""); }

struct Frame {
  int type = 0;
  int flags = 0;
  std::uint32_t stream = 0;
  std::string payload;

  /// RST_STREAM's, or GOAWAY's behind the last stream's id.
  [[nodiscard]] unsigned error() const {
    const auto at = type == kGoAway ? 4U : 0U;
    unsigned value = 0;
    for (unsigned i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(payload.at(at + i));
    return value;
  }
};

/// The frames at the front of `bytes`, which they are taken off.
inline std::vector<Frame> take(std::string& bytes) {
  std::vector<Frame> out;
  const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  while (bytes.size() >= 9) {
    const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
    if (bytes.size() < 9 + size) break;
    const auto stream = at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8);
    out.push_back({static_cast<int>(at(3)), static_cast<int>(at(4)), stream, bytes.substr(9, size)});
    bytes.erase(0, 9 + size);
  }
  return out;
}

}  // namespace frames

}  // namespace support
