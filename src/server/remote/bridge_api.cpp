#include "server/remote/bridge_api.hpp"

#include "server/remote/fetch.hpp"
#include "wire/json_object.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kHealthLimit = 5s;  // chosen
constexpr std::chrono::milliseconds kInfoLimit = 10s;   // of `docker info`, chosen

constexpr std::chrono::milliseconds kPortsLimit = 5s;  // chosen

constexpr std::size_t kMostText = 4096;

}  // namespace

bool TunnelBridgeApi::connected(const wire::SessionId& session) const {
  return runners_.connected(wire::desktop_runner(session));
}

io::Task<base::Result<wire::BridgeHealth>> TunnelBridgeApi::health(wire::SessionId session) {
  const auto answer =
      co_await fetch_json(runners_, wire::desktop_runner(session), "GET", "/health", "", kHealthLimit);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return wire::decode_bridge_health(*answer);
}

io::Task<base::Result<std::string>> TunnelBridgeApi::docker_version(wire::SessionId session) {
  const auto answer =
      co_await fetch_json(runners_, wire::desktop_runner(session), "GET", "/docker/info", "", kInfoLimit);
  if (!answer) co_return tl::unexpected(answer.error());
  const auto object = wire::parse_json_object(*answer);
  if (!object) co_return tl::unexpected(object.error());
  wire::ObjectReader in(*object);
  auto version = in.text("ServerVersion", kMostText);
  in.require(version.has_value() && !version->empty(), "ServerVersion");
  const auto done = in.finish(false);
  if (!done) co_return tl::unexpected(done.error());
  co_return *std::move(version);
}

io::Task<base::Result<std::vector<wire::ListeningPort>>> TunnelBridgeApi::listening_ports(
    wire::SessionId session) {
  const auto answer =
      co_await fetch_json(runners_, wire::desktop_runner(session), "GET", "/ports", "", kPortsLimit);
  if (answer) co_return wire::decode_listening_ports(*answer);
  // Not the session is missing, as a 404 of ours would say.
  if (answer.error().code() == base::ErrorCode::not_found) {
    co_return base::fail(
        base::ErrorCode::unavailable,
        "the session's bridge is older and cannot tell its ports: stop and start the session");
  }
  co_return tl::unexpected(answer.error());
}

}  // namespace server
