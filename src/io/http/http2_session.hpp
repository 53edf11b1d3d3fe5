/// One HTTP/2 connection, either role: frames and compression are nghttp2's, the bytes move here (RFC 9113).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/http/http2_stream.hpp"
#include "io/signal.hpp"
#include "io/stream.hpp"

struct nghttp2_session;

namespace io::http {

/// Bounds of one connection. Chosen.
struct Http2Limits {
  wire::HeadLimits head;
  std::uint32_t streams = 100;
  std::chrono::milliseconds head_time{
      std::chrono::seconds(30)};  // servers: until the first head, and for each
  std::chrono::milliseconds keep_alive_time{std::chrono::seconds(75)};  // servers: without any stream
};

/// Who serves the streams that the peer opens.
class Http2Owner {
 public:
  virtual ~Http2Owner() = default;
  /// Whether another request may begin; the stream is refused otherwise, for the client to try again.
  [[nodiscard]] virtual bool has_room() const = 0;
  /// The head of a request is there: the stream's read_head() gives it.
  virtual void on_request(Http2StreamPtr stream) = 0;
};

/// Owned by shared_ptr. Both loops must be run, as tasks of their own; each returns when the connection is
/// over.
class Http2Session : public std::enable_shared_from_this<Http2Session> {
 public:
  /// A client without `owner`, a server with one.
  Http2Session(BufferedStream connection, Http2Limits limits, Http2Owner* owner = nullptr);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// Until the connection ended, then all streams are failed. Cancelled: returns and leaves them open.
  Task<void> read_loop();
  Task<void> write_loop();

  /// Clients: sends a request. The stream fails where the connection does not take it.
  [[nodiscard]] Http2StreamPtr open(const wire::Fields& head, bool ends);
  /// Clients: waits for the server's SETTINGS; whether it takes extended CONNECT (RFC 8441 §3).
  Task<bool> takes_extended_connect();

  /// GOAWAY; what runs goes on.
  void go_away();
  /// GOAWAY, and the end once it is sent; streams are failed.
  void terminate(Http2Error error);
  /// Sends what is there, then closes; at the latest after `limit`.
  void close_when_sent(std::chrono::milliseconds limit);
  /// Closes at once.
  void close();

  [[nodiscard]] asio::any_io_executor executor() { return connection_.stream().executor(); }

 private:
  friend class Http2Stream;
  struct Callbacks;  // what nghttp2 calls

  // For streams.
  void submit_head(Http2Stream& stream, const wire::Fields& fields, bool final, bool ends);
  void resume(Http2Stream& stream);
  void consume(Http2Stream& stream, std::size_t size);
  void reset(Http2Stream& stream, Http2Error error);

  [[nodiscard]] Http2Stream* find(std::int32_t id) const;
  void begin_frame(std::int32_t id);
  void begin_head(std::int32_t id, bool opens);
  void end_head(std::int32_t id, bool ended);
  void end_sent(Http2Stream& stream);
  void close_stream(std::int32_t id, std::uint32_t error);
  void spend();
  void submit_settings();
  /// Notes why a stream fails.
  void blame(Http2Stream& stream, std::string why) const;
  void fail_all(const std::string& why);
  [[nodiscard]] bool wanted() const;
  Task<bool> receive();
  void gather();
  void watch();
  void arm(std::chrono::steady_clock::time_point due);

  BufferedStream connection_;
  Http2Limits limits_;
  Http2Owner* owner_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Http2StreamPtr> streams_;
  std::int32_t last_id_ = -1;                                   // servers: of the streams that were opened
  std::vector<std::pair<std::int32_t, std::int32_t>> skipped_;  // ids below it that were not: first and last
  std::vector<Http2StreamPtr> ready_;  // requests whose head came with the bytes read last
  Signal sendable_;
  Signal settled_;  // the peer's SETTINGS came, or the end
  bool settings_came_ = false;
  bool heard_ = false;    // the peer sent anything at all
  bool over_ = false;     // nothing more is sent or received
  bool closing_ = false;  // only what is there is sent
  std::string out_;
  std::size_t drained_ = 0;  // bytes that came after the end of interest
  std::size_t wide_streams_ = 0;
  bool data_came_ = false;  // in the DATA frame being read

  double credit_;  // for frames that move nothing
  std::chrono::steady_clock::time_point credited_;

  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point due_;    // what timer_ is set to
  std::chrono::steady_clock::time_point since_;  // servers: of the head that comes, or without streams
  std::int32_t head_in_progress_ = 0;
  bool any_request_ = false;
};

}  // namespace io::http
