/// A connected, ordered, reliable byte channel, whatever carries it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>

#include "base/error.hpp"
#include "io/task.hpp"

namespace io {

/// Belongs to the loop of executor(). One read and one write may be under way at the same time, not two of a
/// kind. Errors of the transport (reset, cancelled) are thrown as boost::system::system_error.
class Stream {
 public:
  virtual ~Stream() = default;
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  virtual asio::any_io_executor executor() = 0;
  /// Reads at least one byte; 0 means that the peer finished.
  virtual Task<std::size_t> read_some(asio::mutable_buffer into) = 0;
  virtual Task<std::size_t> write_some(asio::const_buffer from) = 0;
  /// Half-close: the peer reads its end, we go on reading. Does nothing where the transport has no
  /// half-close.
  virtual Task<void> shutdown_write() = 0;
  /// The socket, or -1 where there is none; lets a relay splice.
  [[nodiscard]] virtual int native_handle() const = 0;
  /// Whether shutdown_write() leaves the other direction open.
  [[nodiscard]] virtual bool has_half_close() const { return true; }
  /// Completes once the connection is known to be broken (a reset came) although nobody reads it: beside a
  /// write, or after read_some() gave 0, never beside a read. Never completes where nobody can tell.
  virtual Task<void> broken();
  /// Bytes written that the peer's system has not acknowledged; 0 where nobody knows.
  [[nodiscard]] virtual std::size_t unsent_bytes() const { return 0; }
  /// Ends both directions at once; a read or write under way ends with an error. Safe to call again.
  virtual void close() = 0;
  /// The same, such that the peer sees a failure and no proper end, where the transport can tell the two
  /// apart.
  virtual void reset() { close(); }
};

using StreamPtr = std::unique_ptr<Stream>;

/// Opens streams to one place.
class Connector {
 public:
  virtual ~Connector() = default;
  /// Fails with unavailable (nobody there) or timed_out.
  virtual Task<base::Result<StreamPtr>> connect() = 0;
};

/// Writes all of `from`; the bytes must stay until it completes.
Task<void> write_all(Stream& stream, asio::const_buffer from);

/// A stream with the bytes that were read from it and not used yet.
class BufferedStream {
 public:
  explicit BufferedStream(StreamPtr stream, std::string already_read = {})
      : stream_(std::move(stream)), buffer_(std::move(already_read)) {}

  [[nodiscard]] Stream& stream() { return *stream_; }
  [[nodiscard]] std::string_view buffered() const { return std::string_view(buffer_).substr(start_); }
  /// Drops the first `size` buffered bytes; views from buffered() are invalid afterwards.
  void consume(std::size_t size);
  /// Reads once more from the stream, up to `most` bytes; 0 means that the peer finished. Bytes read earlier
  /// stay.
  Task<std::size_t> fill(std::size_t most = 64 * 1024);
  /// Buffered bytes first, then the stream.
  Task<std::size_t> read_some(asio::mutable_buffer into);
  /// Gives up the stream as one that reads the buffered bytes first.
  [[nodiscard]] StreamPtr release();

 private:
  StreamPtr stream_;
  std::string buffer_;
  std::string scratch_;
  std::size_t start_ = 0;
};

}  // namespace io
