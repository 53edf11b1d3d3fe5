/// TLS on top of a connected stream, client side.
#pragma once

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "io/stream.hpp"

namespace io {

/// Handshakes over `stream` and checks the certificate against `host` and the system's trust store
/// (SSL_CERT_FILE and SSL_CERT_DIR are honoured). `insecure_skip_verify` leaves the check out: only behind a
/// flag that says so. Fails with unavailable (bad certificate, closed) or timed_out.
Task<base::Result<StreamPtr>> start_tls(StreamPtr stream, std::string host, bool insecure_skip_verify,
                                        std::chrono::milliseconds limit);

}  // namespace io
