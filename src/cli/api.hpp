/// Calls of helix-api's HTTP interface with the caller's key.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "cli/json.hpp"
#include "cli/settings.hpp"
#include "io/http/client.hpp"
#include "io/net.hpp"
#include "io/task.hpp"
#include "io/websocket/channel.hpp"

namespace cli {

/// Every call has a connection and a deadline of its own. Failures carry the server's code and words; beside
/// those of its problem documents: unavailable, timed_out, peer_closed and malformed from the transport.
class Api {
 public:
  /// Fails with invalid_argument when the URL is none, unauthenticated when there is no key.
  static base::Result<std::unique_ptr<Api>> make(const Settings& settings, bool insecure_skip_verify);
  /// Without a key only what everybody may ask is answered.
  Api(io::Endpoint endpoint, base::Secret key, bool insecure_skip_verify);

  /// `path` starts behind "/api/v1", for example "/sessions". An answer without a body gives an empty object.
  io::Task<base::Result<json::object>> get(std::string path);
  io::Task<base::Result<json::object>> post(std::string path, json::object body);
  io::Task<base::Result<json::object>> remove(std::string path);

  /// An answer whose body is read piece by piece.
  io::Task<base::Result<std::unique_ptr<io::http::ResponseStream>>> open(std::string path);
  io::Task<base::Result<io::websocket::ChannelPtr>> open_websocket(std::string path);

 private:
  io::Task<base::Result<json::object>> call(io::http::Request request);
  [[nodiscard]] io::http::Request make_request(std::string method, const std::string& path) const;

  io::Endpoint endpoint_;
  base::Secret key_;
  io::TcpConnector connector_;
};

}  // namespace cli
