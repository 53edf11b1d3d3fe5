#include "io/websocket/channel.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/system/system_error.hpp>

#include "base/random.hpp"

namespace io::websocket {
namespace {

using base::ErrorCode;

/// Payload sent in one frame: large enough that headers cost nothing, small enough to mask in cache. Chosen.
constexpr std::size_t kFrameBytes = 64 * 1024;

constexpr std::uint16_t kCloseProtocolError = 1002;  // RFC 6455 §7.4.1
constexpr std::uint16_t kCloseTooBig = 1009;

bool is_end(const boost::system::error_code& error) {
  return error == asio::error::connection_reset || error == asio::error::broken_pipe ||
         error == asio::error::eof || error == asio::error::bad_descriptor ||
         error == asio::error::not_connected;
}

std::string close_payload(std::uint16_t code, const std::string& reason) {
  std::string payload;
  payload.push_back(static_cast<char>(code >> 8U));
  payload.push_back(static_cast<char>(code & 0xffU));
  payload += reason.substr(0, 123);  // RFC 6455 §5.5: a control frame has at most 125 bytes
  return payload;
}

}  // namespace

Channel::Channel(StreamPtr stream, wire::WebSocketRole role)
    : connection_(std::move(stream)), role_(role), write_mutex_(connection_.stream().executor()) {}

Channel::~Channel() = default;

Task<base::Result<bool>> Channel::fill() {
  try {
    const std::size_t size = co_await connection_.fill();
    last_heard_ = std::chrono::steady_clock::now();
    co_return size > 0;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    if (is_end(error.code())) co_return false;
    co_return base::fail(ErrorCode::peer_closed, "the WebSocket broke: " + error.code().message());
  }
}

Task<base::Result<std::optional<wire::WebSocketHeader>>> Channel::next_data_frame() {
  while (!ended_) {
    const auto header = wire::decode_websocket_header(connection_.buffered(), role_);
    if (!header) {
      co_await send_close(kCloseProtocolError, header.error().message());
      ended_ = true;
      co_return tl::unexpected(header.error());
    }
    if (!*header) {
      const auto more = co_await fill();
      if (!more) co_return tl::unexpected(more.error());
      if (!*more) ended_ = true;
      continue;
    }
    connection_.consume((*header)->header_size);
    if ((*header)->is_control()) {
      const auto handled = co_await on_control(**header);
      if (!handled) co_return tl::unexpected(handled.error());
      continue;
    }
    const bool continues = (*header)->opcode == wire::WebSocketOpcode::continuation;
    if (continues != in_message_) {
      co_await send_close(kCloseProtocolError, "unexpected continuation");
      ended_ = true;
      co_return base::fail(ErrorCode::malformed, "WebSocket continuation frame out of place");
    }
    if (!continues) message_is_text_ = (*header)->opcode == wire::WebSocketOpcode::text;
    in_message_ = !(*header)->fin;
    co_return std::optional<wire::WebSocketHeader>(**header);
  }
  co_return std::optional<wire::WebSocketHeader>();
}

Task<base::Result<void>> Channel::on_control(wire::WebSocketHeader header) {
  while (connection_.buffered().size() < header.length) {
    const auto more = co_await fill();
    if (!more) co_return tl::unexpected(more.error());
    if (!*more) {
      ended_ = true;
      co_return base::Result<void>();
    }
  }
  std::string payload(connection_.buffered().substr(0, static_cast<std::size_t>(header.length)));
  connection_.consume(payload.size());
  if (header.mask) wire::apply_mask(payload, *header.mask, 0);

  if (header.opcode == wire::WebSocketOpcode::ping) {
    // A pong that cannot be sent means that the peer is gone: the next read tells.
    co_await write_frame(wire::WebSocketOpcode::pong, asio::buffer(payload));
  }
  if (header.opcode == wire::WebSocketOpcode::close) {
    peer_close_code_ = 1005;
    if (payload.size() >= 2)
      peer_close_code_ = static_cast<std::uint16_t>((static_cast<unsigned char>(payload[0]) << 8U) |
                                                    static_cast<unsigned char>(payload[1]));
    std::uint16_t answer = peer_close_code_;
    if (answer == 1005) answer = 1000;  // 1005 stands for "none" and is never sent, RFC 6455 §7.4.1
    co_await send_close(answer, "");
    ended_ = true;
  }
  co_return base::Result<void>();
}

Task<base::Result<std::optional<Message>>> Channel::read_message(std::size_t most) {
  Message message;
  bool begun = false;
  while (true) {
    const auto header = co_await next_data_frame();
    if (!header) co_return tl::unexpected(header.error());
    if (!*header) {
      if (begun) co_return base::fail(ErrorCode::peer_closed, "the WebSocket ended within a message");
      co_return std::optional<Message>();
    }
    begun = true;
    if ((*header)->length > most - message.payload.size()) {
      co_await send_close(kCloseTooBig, "message too big");
      ended_ = true;
      co_return base::fail(ErrorCode::too_large,
                           "a message is larger than " + std::to_string(most) + " bytes");
    }
    const auto length = static_cast<std::size_t>((*header)->length);
    const std::size_t held = message.payload.size();
    message.payload.resize(held + length);
    for (std::size_t at = 0; at < length;) {
      if (connection_.buffered().empty()) {
        const auto more = co_await fill();
        if (!more) co_return tl::unexpected(more.error());
        if (!*more) co_return base::fail(ErrorCode::peer_closed, "the WebSocket ended within a message");
      }
      const auto piece = connection_.buffered().substr(0, length - at);
      std::memcpy(message.payload.data() + held + at, piece.data(), piece.size());
      at += piece.size();
      connection_.consume(piece.size());
    }
    if ((*header)->mask) wire::apply_mask(std::span(message.payload).subspan(held), *(*header)->mask, 0);
    if (in_message_) continue;
    message.text = message_is_text_;
    co_return std::optional<Message>(std::move(message));
  }
}

Task<base::Result<std::size_t>> Channel::read_bytes(asio::mutable_buffer into) {
  while (left_ == 0) {
    const auto header = co_await next_data_frame();
    if (!header) co_return tl::unexpected(header.error());
    if (!*header) co_return std::size_t{0};
    if (message_is_text_)
      co_return base::fail(ErrorCode::malformed, "a text frame where only binary ones may come");
    current_ = **header;
    left_ = (*header)->length;
    taken_ = 0;
  }
  std::size_t size = 0;
  try {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
    size = co_await connection_.read_some(asio::buffer(into, most));
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
  }
  if (size == 0) {
    ended_ = true;
    co_return base::fail(ErrorCode::peer_closed, "the WebSocket ended within a frame");
  }
  if (current_->mask)
    wire::apply_mask(std::span(static_cast<char*>(into.data()), size), *current_->mask, taken_);
  taken_ += size;
  left_ -= size;
  co_return size;
}

Task<base::Result<void>> Channel::write_frame(wire::WebSocketOpcode opcode, asio::const_buffer payload) {
  const auto guard = co_await write_mutex_.lock();
  wire::WebSocketHeader header;
  header.opcode = opcode;
  header.length = payload.size();
  if (role_ == wire::WebSocketRole::client) {
    // RFC 6455 §10.3: a mask that nobody can foresee, for each frame.
    std::array<std::byte, 4> bytes{};
    base::SystemRandom().fill(bytes);
    std::array<std::uint8_t, 4> mask{};
    std::memcpy(mask.data(), bytes.data(), mask.size());
    header.mask = mask;
  }
  write_buffer_.clear();
  wire::encode_websocket_header(header, write_buffer_);
  const std::size_t head_size = write_buffer_.size();
  write_buffer_.append(static_cast<const char*>(payload.data()), payload.size());
  if (header.mask) wire::apply_mask(std::span(write_buffer_).subspan(head_size), *header.mask, 0);
  try {
    co_await write_all(connection_.stream(), asio::buffer(write_buffer_));
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return base::fail(ErrorCode::peer_closed, "the WebSocket broke: " + error.code().message());
  }
  if (write_buffer_.capacity() > 2 * kFrameBytes) std::string().swap(write_buffer_);
  co_return base::Result<void>();
}

Task<base::Result<void>> Channel::write_text(std::string payload) {
  co_return co_await write_frame(wire::WebSocketOpcode::text, asio::buffer(payload));
}

Task<base::Result<void>> Channel::write_binary(asio::const_buffer payload) {
  co_return co_await write_frame(wire::WebSocketOpcode::binary, payload);
}

Task<base::Result<void>> Channel::ping() {
  co_return co_await write_frame(wire::WebSocketOpcode::ping, asio::const_buffer());
}

Task<void> Channel::send_close(std::uint16_t code, std::string reason) {
  if (close_sent_) co_return;
  close_sent_ = true;
  const std::string payload = close_payload(code, reason);
  co_await write_frame(wire::WebSocketOpcode::close, asio::buffer(payload));
}

void Channel::close() { connection_.stream().close(); }

namespace {

/// RevDial's framed mode as a Stream.
class FramedStream : public Stream {
 public:
  explicit FramedStream(ChannelPtr channel) : channel_(std::move(channel)) {}

  asio::any_io_executor executor() override { return channel_->executor(); }

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    const auto size = co_await channel_->read_bytes(into);
    if (!size) throw boost::system::system_error(asio::error::connection_reset);
    co_return *size;
  }

  Task<std::size_t> write_some(asio::const_buffer from) override {
    const auto piece = asio::buffer(from, kFrameBytes);
    const auto written = co_await channel_->write_binary(piece);
    if (!written) throw boost::system::system_error(asio::error::broken_pipe);
    co_return piece.size();
  }

  Task<void> shutdown_write() override { co_await channel_->transport().shutdown_write(); }
  [[nodiscard]] int native_handle() const override { return -1; }
  [[nodiscard]] bool has_half_close() const override { return false; }
  void close() override { channel_->close(); }

 private:
  ChannelPtr channel_;
};

}  // namespace

StreamPtr make_framed_stream(ChannelPtr channel) {
  return std::make_unique<FramedStream>(std::move(channel));
}

}  // namespace io::websocket
