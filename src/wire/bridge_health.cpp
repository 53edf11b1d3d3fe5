#include "wire/bridge_health.hpp"

#include <array>
#include <optional>

#include <boost/json/serialize.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

constexpr std::size_t kMaxTextBytes = 16 * 1024;  // chosen: an error may carry a daemon's last lines
constexpr std::array kStatuses{BridgeStatus::starting, BridgeStatus::ok, BridgeStatus::failing,
                               BridgeStatus::stopping};

std::optional<BridgeStatus> parse_status(std::string_view text) {
  for (const BridgeStatus status : kStatuses) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(BridgeStatus status) {
  switch (status) {
    case BridgeStatus::starting: return "starting";
    case BridgeStatus::ok: return "ok";
    case BridgeStatus::failing: return "failing";
    case BridgeStatus::stopping: return "stopping";
  }
  return "failing";
}

std::string encode(const BridgeHealth& health) {
  const boost::json::object object{{"status", to_string(health.status)},
                                   {"docker_ready", health.docker_ready},
                                   {"docker_version", health.docker_version},
                                   {"step", health.step},
                                   {"error", health.error}};
  return boost::json::serialize(object);
}

base::Result<BridgeHealth> decode_bridge_health(std::string_view json) {
  const auto object = parse_json_object(json);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  BridgeHealth health;
  const auto status = in.text("status", kMaxTextBytes);
  in.require(status.has_value(), "status");
  const auto known = parse_status(status.value_or(""));
  if (status && !known) in.refuse("status", "must be starting, ok, failing or stopping");
  health.status = known.value_or(BridgeStatus::failing);
  health.docker_ready = in.flag("docker_ready").value_or(false);
  health.docker_version = in.text("docker_version", kMaxTextBytes).value_or("");
  health.step = in.text("step", kMaxTextBytes).value_or("");
  health.error = in.text("error", kMaxTextBytes).value_or("");
  if (const auto done = in.finish(false); !done) return tl::unexpected(done.error());
  return health;
}

}  // namespace wire
