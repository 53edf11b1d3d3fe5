/// Names of everything that belongs to one session on a sandbox, made from its id alone.
#pragma once

#include <filesystem>
#include <string>

#include "wire/ids.hpp"

namespace agent {

// Labels of containers and volumes.
inline constexpr const char* kSessionLabel = "helix.session_id";
inline constexpr const char* kSandboxLabel = "helix.sandbox";
inline constexpr const char* kOwnerLabel = "helix.owner";

/// "headless-external-01kftccz3g3n9hfdv42ma1dwjn"
[[nodiscard]] std::string container_name(const std::string& container_type, const wire::SessionId& id);
/// "docker-data-ses_01kftccz3g3n9hfdv42ma1dwjn"
[[nodiscard]] std::string volume_name(const wire::SessionId& id);

/// Where a session's files lie below the data directory.
class SessionPaths {
 public:
  SessionPaths(const std::filesystem::path& data, const wire::SessionId& id)
      : workspace_(data / "workspaces" / "sessions" / id.text()),
        runtime_(data / "sessions" / id.text()),
        programs_(data / "session-bin" / id.text()),
        staging_(data / "hydra" / "staging" / id.text()),
        stopped_(data / "hydra" / "stopped" / id.text()) {}

  /// Shown in the session as /workspace and ~/work; survives a stop.
  [[nodiscard]] const std::filesystem::path& workspace() const { return workspace_; }
  /// Shown in the session as /run/helix/session: variables, certificates, the bridge's socket.
  [[nodiscard]] const std::filesystem::path& runtime() const { return runtime_; }
  [[nodiscard]] std::filesystem::path env_file() const { return runtime_ / "env"; }
  [[nodiscard]] std::filesystem::path bridge_socket() const { return runtime_ / "bridge.sock"; }
  [[nodiscard]] std::filesystem::path certificates() const { return runtime_ / "ca-certificates.pem"; }
  /// Shown in the session as /opt/helix/bin: its own copy of the programs, for it can make any mount
  /// writable.
  [[nodiscard]] const std::filesystem::path& programs() const { return programs_; }
  /// Where we write what is then renamed into a directory of the session's; no session sees it.
  [[nodiscard]] const std::filesystem::path& staging() const { return staging_; }
  /// Exists while somebody wants the session stopped: it is not started again with the sandbox.
  [[nodiscard]] const std::filesystem::path& stopped_marker() const { return stopped_; }

 private:
  std::filesystem::path workspace_;
  std::filesystem::path runtime_;
  std::filesystem::path programs_;
  std::filesystem::path staging_;
  std::filesystem::path stopped_;
};

}  // namespace agent
