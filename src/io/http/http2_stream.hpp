/// One stream of an HTTP/2 connection: what came and was not read yet, what is to be sent (RFC 9113 §5).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "io/http/http2_fields.hpp"
#include "io/signal.hpp"
#include "io/stream.hpp"

namespace io::http {

class Http2Session;

/// RFC 9113 §7.
enum class Http2Error : std::uint32_t {
  no_error = 0x0,
  protocol_error = 0x1,
  internal_error = 0x2,
  refused_stream = 0x7,
  cancel = 0x8,
  enhance_your_calm = 0xb,
};

/// Belongs to its session and to whoever reads and writes it; may outlive the session, all fails then. One
/// reader, one writer and one that waits for the end at a time. Nothing is thrown but cancellation.
class Http2Stream {
 public:
  Http2Stream(Http2Session& session, const asio::any_io_executor& executor)
      : session_(&session), readable_(executor), writable_(executor), closed_(executor) {}

  /// The next head that came. Fails with peer_closed, malformed or timed_out.
  Task<base::Result<Http2Head>> read_head(std::chrono::milliseconds idle);
  /// The next bytes of the body, at most `most`, empty at its end; the window grows by them. Fails with
  /// peer_closed, malformed or timed_out.
  Task<base::Result<std::string>> read_some(std::chrono::milliseconds idle,
                                            std::size_t most = std::string::npos);
  /// Everything came, and was read.
  [[nodiscard]] bool read_all() const { return remote_ended_ && inbox_.size() == inbox_start_; }
  [[nodiscard]] bool anything_received() const { return anything_received_; }
  [[nodiscard]] const wire::Fields& trailers() const { return trailers_; }
  /// Until the stream is closed: both sides ended it, one reset it, or the connection ended. Whether both
  /// ended.
  Task<bool> wait_closed();
  [[nodiscard]] bool open() const { return session_ != nullptr; }

  /// Each completes once its bytes are on their way. Fail with peer_closed or timed_out.
  Task<base::Result<void>> send_head(wire::Fields fields, bool final, bool ends,
                                     std::chrono::milliseconds idle);
  /// Clients: the head of the request, which opened the stream.
  Task<base::Result<void>> head_sent(std::chrono::milliseconds idle);
  Task<base::Result<void>> write(asio::const_buffer data, std::chrono::milliseconds idle);
  Task<base::Result<void>> finish(wire::Fields trailers, std::chrono::milliseconds idle);
  /// Ends both directions at once; what was not sent yet is dropped.
  void reset(Http2Error error);
  /// Nobody reads or writes any more: sends the end where it is missing, then resets what the peer still
  /// sends.
  void leave();

 private:
  friend class Http2Session;

  Task<base::Result<void>> until_sent(const std::uint64_t& sent, std::uint64_t goal,
                                      std::chrono::milliseconds idle);
  [[nodiscard]] tl::unexpected<base::Error> failure() const;
  void notify();

  Http2Session* session_;  // while the stream is open
  std::int32_t id_ = 0;
  Signal readable_;
  Signal writable_;
  Signal closed_;

  Http2Head coming_;  // the head whose fields arrive now
  std::deque<Http2Head> heads_;
  bool final_head_came_ = false;
  bool anything_received_ = false;
  std::string inbox_;
  std::size_t inbox_start_ = 0;
  std::uint64_t consumed_ = 0;
  bool wide_ = false;     // its window was widened
  bool discard_ = false;  // nobody reads it
  bool remote_ended_ = false;
  wire::Fields trailers_;

  std::uint64_t heads_submitted_ = 0;
  std::uint64_t heads_sent_ = 0;
  asio::const_buffer outgoing_;  // of the writer that waits
  bool end_wanted_ = false;
  wire::Fields end_trailers_;
  std::uint64_t ends_sent_ = 0;  // 0 or 1

  bool peer_reset_ = false;
  base::ErrorCode failure_code_ = base::ErrorCode::peer_closed;
  std::string failure_text_ = "the stream was closed";
};

using Http2StreamPtr = std::shared_ptr<Http2Stream>;

/// For byte streams: only who moves both ways knows when nothing moves.
inline constexpr std::chrono::milliseconds kNoIdleLimit = std::chrono::hours(24 * 365);

/// The DATA frames of a stream as a byte stream, after an extended CONNECT (RFC 8441 §5): END_STREAM is its
/// half-close, RST_STREAM its close(). `keep` lives as long as it does.
[[nodiscard]] StreamPtr make_http2_byte_stream(Http2StreamPtr stream, asio::any_io_executor executor,
                                               std::chrono::milliseconds idle,
                                               std::shared_ptr<void> keep = {});

}  // namespace io::http
