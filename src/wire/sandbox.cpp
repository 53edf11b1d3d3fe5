#include "wire/sandbox.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMostBytes = std::int64_t{1} << 60;  // of a disk; chosen

json::object to_json(const Disk& disk) {
  return {{"total_bytes", disk.total_bytes}, {"free_bytes", disk.free_bytes}};
}

json::array to_json(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

base::Result<Disk> read_disk(const json::object& object) {
  ObjectReader in(object, "disk.");
  Disk disk;
  disk.total_bytes = static_cast<std::uint64_t>(in.integer("total_bytes", 0, kMostBytes).value_or(0));
  disk.free_bytes = static_cast<std::uint64_t>(in.integer("free_bytes", 0, kMostBytes).value_or(0));
  const auto done = in.finish(false);
  if (!done) return tl::unexpected(done.error());
  return disk;
}

}  // namespace

base::Result<Heartbeat> decode_heartbeat(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());

  ObjectReader in(*object);
  Heartbeat out;
  out.version = in.text("version", 128).value_or("");
  out.docker_version = in.text("docker_version", 128).value_or("");
  out.depth = in.integer("depth", 1, 32).value_or(1);
  const auto most = in.integer("max_sessions", 0, 10'000);
  in.require(most.has_value(), "max_sessions");
  out.max_sessions = most.value_or(0);
  auto images = in.texts("images", 1000, 255);
  in.require(images.has_value(), "images");
  if (images) out.images = *std::move(images);
  const auto* disk = in.object("disk");
  const auto done = in.finish(false);
  if (!done) return tl::unexpected(done.error());

  if (disk != nullptr) {
    const auto read = read_disk(*disk);
    if (!read) return tl::unexpected(read.error());
    out.disk = *read;
  }
  return out;
}

std::string encode(const Heartbeat& heartbeat) {
  json::object out{{"version", heartbeat.version},
                   {"docker_version", heartbeat.docker_version},
                   {"depth", heartbeat.depth},
                   {"max_sessions", heartbeat.max_sessions}};
  out["images"] = to_json(heartbeat.images);
  out["disk"] = to_json(heartbeat.disk);
  return json::serialize(out);
}

std::string_view to_string(SandboxState state) {
  switch (state) {
    case SandboxState::online: return "online";
    case SandboxState::offline: return "offline";
    case SandboxState::draining: return "draining";
  }
  return "offline";
}

json::object to_json(const Sandbox& sandbox) {
  json::object out{{"id", sandbox.id.text()}};
  out["state"] = to_string(sandbox.state);
  out["version"] = sandbox.report.version;
  out["sessions"] = sandbox.sessions;
  out["max_sessions"] = sandbox.report.max_sessions;
  out["images"] = to_json(sandbox.report.images);
  out["disk"] = to_json(sandbox.report.disk);
  out["docker_version"] = sandbox.report.docker_version;
  out["last_seen_at"] =
      sandbox.last_seen_at ? json::value(base::to_rfc3339(*sandbox.last_seen_at)) : json::value(nullptr);
  out["depth"] = sandbox.report.depth;
  return out;
}

base::Result<bool> decode_drain(std::string_view body) {
  if (body.empty()) return true;
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  const bool draining = in.flag("draining").value_or(true);
  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  return draining;
}

std::string encode_sandbox_token(std::string_view token) {
  return json::serialize(json::object{{"token", token}});
}

base::Result<std::string> decode_sandbox_token(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  auto token = in.text("token", 256);
  in.require(token.has_value() && !token->empty(), "token");
  const auto done = in.finish(false);
  if (!done) return tl::unexpected(done.error());
  return *std::move(token);
}

}  // namespace wire
