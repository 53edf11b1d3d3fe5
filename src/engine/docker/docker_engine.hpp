/// The engine interface over dockerd's HTTP API on a unix socket.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "io/http/client.hpp"
#include "io/stream.hpp"

namespace engine {

/// Longest time for each kind of call. Chosen: a loaded two-core machine starts a container in 2 s.
struct DockerLimits {
  std::chrono::milliseconds quick{std::chrono::seconds(15)};   // lists, inspections
  std::chrono::milliseconds slow{std::chrono::seconds(60)};    // create, start, remove
  std::chrono::milliseconds silence{std::chrono::minutes(2)};  // of a pull
};

class DockerEngine : public Engine {
 public:
  /// `connector` opens connections to the API's socket and must outlive the engine.
  explicit DockerEngine(io::Connector& connector, DockerLimits limits = {});

  io::Task<base::Result<Info>> info() override;
  io::Task<base::Result<std::vector<ContainerSummary>>> list_containers(std::string label) override;
  io::Task<base::Result<Container>> inspect_container(std::string id_or_name) override;
  io::Task<base::Result<std::string>> create_container(std::string name, ContainerSpec spec) override;
  io::Task<base::Result<void>> start_container(std::string id_or_name) override;
  io::Task<base::Result<void>> stop_container(std::string id_or_name, std::chrono::seconds grace) override;
  io::Task<base::Result<void>> remove_container(std::string id_or_name) override;
  io::Task<base::Result<void>> exec_detached(std::string id_or_name, std::vector<std::string> argv) override;
  io::Task<base::Result<std::unique_ptr<LogStream>>> logs(std::string id_or_name, int tail,
                                                          bool follow) override;
  io::Task<base::Result<void>> ensure_volume(std::string name, Labels labels) override;
  io::Task<base::Result<void>> remove_volume(std::string name) override;
  io::Task<base::Result<std::map<std::string, Labels>>> list_volumes(std::string label) override;
  io::Task<base::Result<std::vector<Image>>> list_images() override;
  io::Task<base::Result<Image>> inspect_image(std::string name) override;
  io::Task<base::Result<void>> pull_image(std::string name, Progress progress) override;

 private:
  /// The answer's body; any status of 400 and above is a failure.
  io::Task<base::Result<std::string>> call(std::string method, std::string target, std::string body,
                                           std::chrono::milliseconds limit);
  /// Follows a progress stream to its end.
  io::Task<base::Result<void>> follow(io::http::Request request, std::string what, Progress progress);

  io::Connector& connector_;
  DockerLimits limits_;
};

}  // namespace engine
