/// The server-facing side of a proxy: one request and its answer, whichever version of HTTP carries them.
#pragma once

#include <string>

#include "base/error.hpp"
#include "io/stream.hpp"
#include "wire/http_body.hpp"
#include "wire/http_head.hpp"

namespace io::http {

/// Sending and receiving may be under way at the same time, one of each. Nothing is thrown but cancellation.
/// A failed send does not end receiving: a server may answer without reading.
class ClientExchange {
 public:
  virtual ~ClientExchange() = default;
  ClientExchange() = default;
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;

  /// `framing` says how the body comes: none, length or chunked (in HTTP/2: no length known). `head` is
  /// HTTP/1.1's way: Host among the fields, an upgrade as Connection and Upgrade.
  /// Fails with peer_closed.
  virtual Task<base::Result<void>> send_head(wire::RequestHead head, wire::Framing framing) = 0;
  virtual Task<base::Result<void>> write_body(asio::const_buffer data) = 0;
  virtual Task<base::Result<void>> finish_body(wire::Fields trailers) = 0;

  /// The next head: interim ones (1xx) as they come, then 101 or the final one. Fails with malformed or
  /// peer_closed (it ended before an answer).
  virtual Task<base::Result<wire::ResponseHead>> read_head() = 0;
  /// The next piece of the body, empty at its end. Fails with malformed, or peer_closed where it was cut.
  virtual Task<base::Result<std::string>> read_some() = 0;
  [[nodiscard]] virtual const wire::Fields& trailers() const = 0;
  /// Whether the server's bytes came so far that a failed request must not be sent once more.
  [[nodiscard]] virtual bool anything_received() const = 0;

  /// After 101 (HTTP/2: the 200 of an extended CONNECT, RFC 8441, which read_head() gives as 101): the byte
  /// stream with what followed the head.
  [[nodiscard]] virtual StreamPtr release() = 0;
  /// Ends both directions at once: the server sees that the client is gone.
  virtual void close() = 0;
};

}  // namespace io::http
