/// What Helix needs of a container engine: containers, volumes, images. Tests replace it by a fake.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"
#include "io/task.hpp"

namespace engine {

using Labels = std::map<std::string, std::string, std::less<>>;

struct Info {
  std::string version;
  std::string storage_driver;
  std::int64_t containers_running = 0;
};

/// A directory or volume inside a container.
struct Mount {
  std::string source;  // absolute path, or a volume's name
  std::string target;
  bool read_only = false;
};

/// What to make a container from; see the Engine API's ContainerCreate.
struct ContainerSpec {
  std::string image;
  std::string hostname;
  std::vector<std::string> env;  // visible to everybody who may inspect: no secrets
  Labels labels;
  std::vector<Mount> mounts;
  std::vector<std::string> capabilities;  // exactly these
  std::vector<std::string> security_options;
  std::vector<std::string> device_cgroup_rules;
  std::vector<std::string> dns;
  std::string restart_policy = "no";
  std::string network;  // "" is the engine's default
  std::int64_t memory_bytes = 0;
  std::int64_t nano_cpus = 0;   // 10^9 is one CPU
  std::int64_t cpu_shares = 0;  // 1024 is the default's weight
  std::int64_t pids_limit = 0;
  std::int64_t open_files = 0;  // RLIMIT_NOFILE, soft and hard; 0 leaves the engine's
  std::vector<std::pair<std::string, std::string>> sysctls;
};

enum class ContainerStatus { created, running, paused, restarting, removing, exited, dead };

struct Container {
  std::string id;
  std::string name;   // without the leading slash
  std::string image;  // as it was asked for
  Labels labels;
  ContainerStatus status = ContainerStatus::created;
  pid_t pid = 0;  // in the engine's own PID namespace; 0 unless running
  int exit_code = 0;
  std::string error;  // the engine's reason why a start failed
  bool out_of_memory = false;
  std::string created_at;  // RFC 3339
  std::string started_at;  // "" when it never started
  std::string address;     // IPv4 on the default network, "" unless running
  std::string mac_address;
};

/// One item of a list: what needs no further call.
struct ContainerSummary {
  std::string id;
  std::string name;
  std::string image;
  Labels labels;
  ContainerStatus status = ContainerStatus::created;
  std::int64_t created_seconds = 0;  // since 1970
};

struct Image {
  std::string id;
  std::vector<std::string> tags;
};

/// A container's output as it comes, its two streams in one.
class LogStream {
 public:
  virtual ~LogStream() = default;
  /// The next piece, empty at the end. Fails with peer_closed, timed_out or malformed.
  virtual io::Task<base::Result<std::string>> read_some() = 0;
};

/// Called with a line for people each time a long operation moves on.
using Progress = std::function<void(const std::string& step)>;

/// Every call has a deadline of its own and fails with unavailable when no engine answers, timed_out,
/// not_found (no such object), conflict, invalid_argument or internal with the engine's own message.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual io::Task<base::Result<Info>> info() = 0;

  /// All containers that carry `label` ("key" or "key=value"), stopped ones too.
  virtual io::Task<base::Result<std::vector<ContainerSummary>>> list_containers(std::string label) = 0;
  virtual io::Task<base::Result<Container>> inspect_container(std::string id_or_name) = 0;
  /// The new container's id. Fails with conflict when the name is taken, not_found when the image is missing.
  virtual io::Task<base::Result<std::string>> create_container(std::string name, ContainerSpec spec) = 0;
  /// Also succeeds when it runs already.
  virtual io::Task<base::Result<void>> start_container(std::string id_or_name) = 0;
  /// Also succeeds when it is stopped already. Kills it after `grace`.
  virtual io::Task<base::Result<void>> stop_container(std::string id_or_name, std::chrono::seconds grace) = 0;
  /// Running or not, with its anonymous volumes. Also succeeds when there is none.
  virtual io::Task<base::Result<void>> remove_container(std::string id_or_name) = 0;
  /// Starts a command in a running container and does not wait for it.
  virtual io::Task<base::Result<void>> exec_detached(std::string id_or_name,
                                                     std::vector<std::string> argv) = 0;
  /// `tail` lines from the end; with `follow` until the container ends.
  virtual io::Task<base::Result<std::unique_ptr<LogStream>>> logs(std::string id_or_name, int tail,
                                                                  bool follow) = 0;

  /// Also succeeds when it exists.
  virtual io::Task<base::Result<void>> ensure_volume(std::string name, Labels labels) = 0;
  /// Also succeeds when there is none. Fails with conflict while a container uses it.
  virtual io::Task<base::Result<void>> remove_volume(std::string name) = 0;
  /// Names of volumes that carry `label`, with their labels.
  virtual io::Task<base::Result<std::map<std::string, Labels>>> list_volumes(std::string label) = 0;

  virtual io::Task<base::Result<std::vector<Image>>> list_images() = 0;
  virtual io::Task<base::Result<Image>> inspect_image(std::string name) = 0;
  /// Fails with the error that the engine reports inside its stream, which has status 200 all the same.
  virtual io::Task<base::Result<void>> pull_image(std::string name, Progress progress) = 0;
};

/// An image's name taken apart: "127.0.0.1:5000/helix/base:13" → repository "127.0.0.1:5000/helix/base", tag
/// "13".
struct ImageName {
  std::string repository;
  std::string tag;  // "latest" when the name has none; "" with a digest, which stays in the repository
};
[[nodiscard]] ImageName split_image_name(const std::string& name);

}  // namespace engine
