/// WebSocket over any Stream, RFC 6455, both roles, without extensions.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "io/async_mutex.hpp"
#include "io/http/client.hpp"
#include "io/http/server.hpp"
#include "io/stream.hpp"
#include "wire/websocket_frame.hpp"

namespace io::websocket {

struct Message {
  bool text = false;
  std::string payload;
};

/// One reader and any number of writers at a time. Pings are answered by whoever reads.
class Channel {
 public:
  Channel(StreamPtr stream, wire::WebSocketRole role);
  ~Channel();

  /// The next message. nullopt at the end: a close frame, or the peer ended the connection between frames
  /// (deployed RevDial peers do that). Fails with malformed (answered by a close frame), too_large,
  /// peer_closed.
  Task<base::Result<std::optional<Message>>> read_message(std::size_t most);
  /// Payload bytes of data frames as they come, message borders ignored; 0 at the end of the channel. A text
  /// frame fails with malformed. The peer's TCP end or reset after at least the handshake counts as the end.
  Task<base::Result<std::size_t>> read_bytes(asio::mutable_buffer into);

  Task<base::Result<void>> write_text(std::string payload);
  /// One binary frame; the bytes must stay until it completes.
  Task<base::Result<void>> write_binary(asio::const_buffer payload);
  Task<base::Result<void>> ping();
  /// Sends a close frame, once; read on until the end to complete the closing handshake.
  Task<void> send_close(std::uint16_t code, std::string reason);
  /// Gives up the connection, with what was read beyond the frames so far: where both sides agreed to go on
  /// without frames. The channel is not used afterwards.
  [[nodiscard]] StreamPtr release() { return connection_.release(); }
  /// Ends the transport at once, without a close frame.
  void close();

  /// Code of the peer's close frame; 1005 without one, 1006 when the transport just ended.
  [[nodiscard]] std::uint16_t peer_close_code() const { return peer_close_code_; }
  [[nodiscard]] asio::any_io_executor executor() { return connection_.stream().executor(); }
  /// When the peer last sent anything.
  [[nodiscard]] std::chrono::steady_clock::time_point last_heard() const { return last_heard_; }
  [[nodiscard]] Stream& transport() { return connection_.stream(); }

 private:
  Task<base::Result<void>> write_frame(wire::WebSocketOpcode opcode, asio::const_buffer payload);
  /// Reads until a frame header is decoded; handles control frames. nullopt at the end.
  Task<base::Result<std::optional<wire::WebSocketHeader>>> next_data_frame();
  Task<base::Result<void>> on_control(wire::WebSocketHeader header);
  Task<base::Result<bool>> fill();  // false at the transport's end

  BufferedStream connection_;
  wire::WebSocketRole role_;
  AsyncMutex write_mutex_;
  std::string write_buffer_;
  std::optional<wire::WebSocketHeader> current_;  // data frame under way
  std::uint64_t left_ = 0;                        // bytes of it not read yet
  std::uint64_t taken_ = 0;                       // bytes of it read, for the mask
  bool in_message_ = false;
  bool message_is_text_ = false;
  bool close_sent_ = false;
  bool ended_ = false;
  std::uint16_t peer_close_code_ = 1006;
  std::chrono::steady_clock::time_point last_heard_ = std::chrono::steady_clock::now();
};

using ChannelPtr = std::unique_ptr<Channel>;

/// True when the request asks for a WebSocket (GET, HTTP/1.1, Upgrade, Connection, Key, Version 13).
[[nodiscard]] bool is_upgrade(const wire::RequestHead& head);

/// Answers 101 with `extra` fields and takes the connection. The caller has checked is_upgrade().
Task<ChannelPtr> accept(http::Exchange& exchange, wire::Fields extra = {});

/// Opens a WebSocket at `target`. A status other than 101 fails with the code that error_table gives for it,
/// message from the answer's problem document where it has one.
Task<base::Result<ChannelPtr>> connect(Connector& connector, std::string host, std::string target,
                                       wire::Fields fields, std::chrono::milliseconds limit);
/// The same, with the answer's fields in `answer`.
Task<base::Result<ChannelPtr>> connect(Connector& connector, std::string host, std::string target,
                                       wire::Fields fields, std::chrono::milliseconds limit,
                                       wire::Fields& answer);

/// The channel's binary frames as one byte stream (RevDial's framed mode). It has no half-close:
/// shutdown_write ends the transport's sending side, which the peer takes as the end of both directions.
[[nodiscard]] StreamPtr make_framed_stream(ChannelPtr channel);

}  // namespace io::websocket
