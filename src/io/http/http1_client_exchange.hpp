/// One request to a server and its answer over HTTP/1.1 (RFC 9112).
#pragma once

#include <optional>
#include <string>

#include "io/http/client_exchange.hpp"
#include "io/stream.hpp"

namespace io::http {

/// Owns its connection, on which nothing else is under way.
class Http1ClientExchange : public ClientExchange {
 public:
  explicit Http1ClientExchange(StreamPtr connection, wire::HeadLimits limits = {});

  /// Fields that say the framing are added where `head` has none; those it has must agree with `framing`.
  Task<base::Result<void>> send_head(wire::RequestHead head, wire::Framing framing) override;
  Task<base::Result<void>> write_body(asio::const_buffer data) override;
  Task<base::Result<void>> finish_body(wire::Fields trailers) override;

  /// Malformed too: an answer whose framing is ambiguous.
  Task<base::Result<wire::ResponseHead>> read_head() override;
  Task<base::Result<std::string>> read_some() override;
  [[nodiscard]] const wire::Fields& trailers() const override;
  [[nodiscard]] bool anything_received() const override { return received_; }

  [[nodiscard]] StreamPtr release() override;
  void close() override;

  /// True when the connection may carry another request: request and answer are complete, neither side said
  /// that it closes, and no byte came behind the answer.
  [[nodiscard]] bool clean() const;

 private:
  Task<base::Result<void>> send(std::string text);
  Task<base::Result<std::size_t>> fill();

  BufferedStream connection_;
  wire::HeadLimits limits_;
  std::string method_;
  wire::Framing::Kind request_kind_ = wire::Framing::Kind::none;
  std::uint64_t body_left_ = 0;              // of a request body with a length, bytes
  std::optional<wire::BodyDecoder> answer_;  // once the final head is there
  wire::Fields no_trailers_;
  bool request_sent_ = false;
  bool keep_alive_ = true;
  bool received_ = false;
  bool released_ = false;
};

}  // namespace io::http
