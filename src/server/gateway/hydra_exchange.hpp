/// A request to an app by way of hydra's `proxy` endpoint: for sandboxes whose tunnel knows no targets.
#pragma once

#include <string>

#include "io/http/http1_client_exchange.hpp"

namespace server {

/// HTTP/1.1 only. hydra answers itself, marked X-Helix-Unreachable, when nothing in the session takes the
/// connection: read_head() fails with unavailable then, with hydra's words. An app behind it could forge that
/// mark, so only this class looks at it.
class HydraExchange final : public io::http::Http1ClientExchange {
 public:
  /// `connection` reaches hydra; `prefix` goes before each target, and has no slash at the end.
  HydraExchange(io::StreamPtr connection, std::string prefix);

  io::Task<base::Result<void>> send_head(wire::RequestHead head, wire::Framing framing) override;
  io::Task<base::Result<wire::ResponseHead>> read_head() override;

 private:
  std::string prefix_;
};

}  // namespace server
