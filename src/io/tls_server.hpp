/// TLS on accepted connections, with a certificate that is replaced while connections run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "io/stream.hpp"

namespace io {

/// Both PEM: the certificate first in its file, then what leads to its root; the key without a passphrase.
struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// What TLS connections begin with. One loop only; connections that run keep the certificate they began with.
class TlsContext {
 public:
  struct Counts {
    std::uint64_t handshakes = 0;  // that succeeded
    std::uint64_t failures = 0;    // of clients that had sent something
    std::uint64_t reloads = 0;     // pairs taken since the start
    std::uint64_t refused = 0;     // pairs that were not fit to be taken
  };

  /// Fails with invalid_argument that names the file and what is wrong: unreadable, no PEM, expired, not a
  /// pair.
  [[nodiscard]] static base::Result<std::unique_ptr<TlsContext>> load(CertificateFiles files, base::Log log);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Looks at the files (through links, as Kubernetes swaps secrets): a changed pair that fits is taken, one
  /// that does not is logged once and the old one kept.
  void reload();
  /// reload() every 2 s until it is cancelled.
  Task<void> watch();
  [[nodiscard]] Counts counts() const;
  /// When the certificate in use expires, seconds since 1970.
  [[nodiscard]] std::int64_t not_after() const;

  /// Whether the certificate in use is for `host`: a name, or an IP address without brackets.
  [[nodiscard]] bool is_for(const std::string& host) const;

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// What a server tells a client by ALPN that it speaks; http2 is HTTP/2 before HTTP/1.1.
enum class Offer { http1, http2 };

struct Accepted {
  StreamPtr stream;
  bool tls = false;
  std::string alpn;         // "h2", "http/1.1", or "" where the client did not ask
  std::string server_name;  // that the client asked for (SNI), as it wrote it; "" without
};

/// Handshakes over `stream`, a TCP socket that nothing was read from. The stream that comes out reports an
/// end without close_notify as connection_reset (a cut, RFC 8446 §6.1); its shutdown_write sends close_notify
/// and half-closes; close() sends nothing. Fails with malformed (no TLS, or none that we speak), peer_closed
/// or timed_out, counted and now and then logged by `context`.
Task<base::Result<Accepted>> accept_tls(StreamPtr stream, TlsContext& context, Offer offer,
                                        std::chrono::milliseconds limit);

/// For a port that takes both: TLS if the client's first byte begins a handshake, else the plain stream with
/// nothing read from it. Without `context` plain at once. Fails as accept_tls; `limit` is for the first byte
/// and for the handshake, each.
Task<base::Result<Accepted>> accept_either(StreamPtr stream, TlsContext* context, Offer offer,
                                           std::chrono::milliseconds limit);

}  // namespace io
