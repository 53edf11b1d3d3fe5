#include "nest/docker_daemon.hpp"

#include <charconv>
#include <cstdlib>

#include <boost/json.hpp>

#include "io/http/client.hpp"
#include "io/net.hpp"
#include "io/process.hpp"
#include "nest/bridge.hpp"
#include "nest/text_file.hpp"

namespace nest {
namespace {

using base::ErrorCode;
using base::fail;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLeftoverGrace =
    seconds(2);  // within the 10 s that a restart of dockerd may take; chosen
constexpr milliseconds kProbeLimit = seconds(5);
constexpr std::size_t kMaxInfoBytes = 4 * 1024 * 1024;

io::Task<base::Result<std::string>> ask(std::filesystem::path socket, std::string target,
                                        milliseconds limit) {
  io::UnixConnector connector(std::move(socket));
  io::http::Request request;
  request.target = std::move(target);
  io::http::ClientLimits limits;
  limits.connect_and_head = limit;
  limits.idle = limit;
  limits.body_bytes = kMaxInfoBytes;
  auto answer = co_await io::http::fetch(connector, "docker", std::move(request), limits);
  if (!answer) co_return tl::unexpected(answer.error());
  if (answer->status != 200)
    co_return fail(ErrorCode::unavailable, "the engine answers " + std::to_string(answer->status) + ": " +
                                               answer->body.substr(0, 300));
  co_return std::move(answer->body);
}

io::Task<base::Result<void>> ping(std::filesystem::path socket) {
  const auto answer = co_await ask(std::move(socket), "/_ping", kProbeLimit);
  if (!answer) co_return tl::unexpected(answer.error());
  co_return base::Result<void>();
}

void remove_if_stale(const std::filesystem::path& pid_file, std::string_view program) {
  const auto text = read_text_file(pid_file, 64);
  if (!text) return;
  pid_t pid = 0;
  std::from_chars(text->data(), text->data() + text->size(), pid);
  const auto arguments = command_line(pid);
  const bool ours =
      identify(pid) && !arguments.empty() && std::filesystem::path(arguments[0]).filename() == program;
  std::error_code ignored;
  if (!ours) std::filesystem::remove(pid_file, ignored);
}

io::Task<base::Result<void>> drop_forwarding(std::string iptables_path) {
  const std::string program = iptables_path.empty() ? "iptables" : iptables_path + "/iptables";
  const std::vector<std::string> argv = {program, "-w", "5", "-P", "FORWARD", "DROP"};
  const auto done = co_await io::run_command(argv, kProbeLimit);
  if (!done) co_return tl::unexpected(done.error());
  if (done->status != 0) co_return fail(ErrorCode::forbidden, "iptables -P FORWARD DROP: " + done->err);
  co_return base::Result<void>();
}

io::Task<base::Result<void>> before_start(DockerDaemonOptions options, base::Log log) {
  remove_stale_pid_files(options);
  const auto made = co_await ensure_bridge(options.bridge, options.level, options.mtu);
  if (!made) co_return tl::unexpected(made.error());
  const auto closed = co_await drop_forwarding(options.iptables_path);
  if (!closed) co_return closed;
  if (options.live_restore) co_return base::Result<void>();
  const int ended = co_await end_leftovers(options.exec_root, kLeftoverGrace);
  if (ended > 0) log.warn("dockerd.leftovers_ended", {{"containers", ended}});
  co_return base::Result<void>();
}

}  // namespace

std::vector<std::string> dockerd_argv(const DockerDaemonOptions& options, bool runtime_present) {
  std::vector<std::string> argv = {
      "dockerd",
      "--data-root=" + options.data_root.string(),
      "--exec-root=" + options.exec_root.string(),
      "--host=unix://" + options.socket.string(),
      "--pidfile=" + options.pid_file.string(),
      // Never dockerd's own choice: on a wrong backing that would be vfs, which copies every layer.
      "--storage-driver=overlay2",
      "--exec-opt=native.cgroupdriver=cgroupfs",
      "--bridge=" + options.bridge,
      "--default-address-pool=base=" + options.level.pool().to_string() + ",size=24",
      "--dns=" + options.level.bridge_ip(),
      "--mtu=" + std::to_string(options.mtu),
  };
  // --mtu is for the default bridge only.
  if (options.mtu != 1500)
    argv.push_back("--default-network-opt=bridge=com.docker.network.driver.mtu=" +
                   std::to_string(options.mtu));
  if (options.live_restore) argv.push_back("--live-restore");
  if (runtime_present) {
    argv.push_back("--add-runtime=helix=" + options.runtime.string());
    argv.push_back("--default-runtime=helix");
  }
  for (const std::string& mirror : options.registry_mirrors) argv.push_back("--registry-mirror=" + mirror);
  for (const std::string& registry : options.insecure_registries)
    argv.push_back("--insecure-registry=" + registry);
  argv.insert(argv.end(), options.more_arguments.begin(), options.more_arguments.end());
  return argv;
}

DaemonSpec docker_daemon_spec(DockerDaemonOptions options, base::Log log) {
  DaemonSpec spec;
  spec.name = "dockerd";
  const bool runtime_present = std::filesystem::exists(options.runtime);
  spec.argv = dockerd_argv(options, runtime_present);
  // BuildKit does not ask for the default runtime.
  if (runtime_present) spec.env["DOCKER_BUILDKIT_RUNC_COMMAND"] = options.runtime.string();
  if (!options.iptables_path.empty()) {
    const char* path = std::getenv("PATH");
    spec.env["PATH"] =
        options.iptables_path + ":" + (path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
  }
  spec.mark = "--data-root=" + options.data_root.string();
  spec.record = options.state_dir / "dockerd.daemon";
  spec.log_file = options.state_dir / "dockerd.log";
  spec.probe = [socket = options.socket] { return ping(socket); };
  spec.before_start = [options = std::move(options), log = std::move(log)] {
    return before_start(options, log);
  };
  return spec;
}

io::Task<base::Result<DockerInfo>> docker_info(std::filesystem::path socket, milliseconds limit) {
  auto body = co_await ask(std::move(socket), "/info", limit);
  if (!body) co_return tl::unexpected(body.error());
  boost::system::error_code error;
  const auto value = boost::json::parse(*body, error);
  if (error || !value.is_object())
    co_return fail(ErrorCode::malformed, "the engine's /info is no JSON object");
  const auto text_of = [&](std::string_view key) {
    const auto* member = value.as_object().if_contains(key);
    return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
  };
  DockerInfo info;
  info.version = text_of("ServerVersion");
  info.storage_driver = text_of("Driver");
  info.json = std::move(*body);
  co_return info;
}

void remove_stale_pid_files(const DockerDaemonOptions& options) {
  remove_if_stale(options.pid_file, "dockerd");
  remove_if_stale(options.exec_root / "containerd" / "containerd.pid", "containerd");
}

}  // namespace nest
