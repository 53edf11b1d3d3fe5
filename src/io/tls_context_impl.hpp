/// What a TlsContext holds, for the files that implement it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "io/tls_server.hpp"

struct ssl_ctx_st;  // OpenSSL's, whose headers stay in .cpp files

namespace io {

/// What of two files changes when somebody writes or swaps them: device, inode, size and times of each.
using FileMarks = std::array<std::int64_t, 12>;

/// A certificate and key that fit each other, ready for connections.
struct LoadedPair {
  std::shared_ptr<ssl_ctx_st> context;
  std::int64_t not_after = 0;  // seconds since 1970
};

struct TlsContext::Impl {
  Impl(CertificateFiles given, base::Log program_log) : files(std::move(given)), log(program_log) {}

  /// Counts, and logs the first failure of each minute: strangers decide how many there are.
  void on_failure(const std::string& peer, const base::Error& error);

  CertificateFiles files;
  base::Log log;
  LoadedPair pair;
  FileMarks marks{};  // of the files when they were last read, fit or not
  std::chrono::steady_clock::time_point made;
  Counts counts;
  std::chrono::steady_clock::time_point logged;  // the last failure
  std::uint64_t unlogged = 0;                    // failures since then
};

/// OpenSSL's oldest queued error as text; "" when there is none. Empties the queue.
[[nodiscard]] std::string take_tls_error();

}  // namespace io
