#include <csignal>
#include <set>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "io/process.hpp"
#include "io/timeout.hpp"
#include "nest/docker_daemon.hpp"

namespace nest {
namespace {

constexpr const char* kShim = "containerd-shim-runc-v2";
constexpr std::chrono::milliseconds kKillLimit{
    5000};  // SIGKILL works at once but for a process stuck in the kernel

/// Containers' processes: everything below a shim of the containerd with this socket.
std::vector<ProcessIdentity> container_processes(const std::filesystem::path& exec_root,
                                                 std::set<pid_t>& shims) {
  std::vector<ProcessIdentity> processes;
  std::error_code ignored;
  std::set<std::string> addresses;
  for (const auto& root : {exec_root, std::filesystem::weakly_canonical(exec_root, ignored)})
    addresses.insert((root / "containerd" / "containerd.sock").string());

  for (const std::string& address : addresses) {
    for (const ProcessIdentity& shim : find_processes(kShim, address)) {
      if (!shims.insert(shim.pid).second) continue;
      for (const pid_t pid : descendants(shim.pid)) {
        if (const auto identity = identify(pid)) processes.push_back(*identity);
      }
    }
  }
  return processes;
}

io::Task<void> wait_for_all(std::vector<ProcessIdentity> processes) {
  for (const ProcessIdentity& process : processes) {
    if (is_alive(process)) co_await io::wait_for_exit(process.pid);
  }
}

io::Task<void> end_all(std::vector<ProcessIdentity> processes, int signal, std::chrono::milliseconds limit) {
  using namespace io::asio::experimental::awaitable_operators;
  for (const ProcessIdentity& process : processes) {
    if (is_alive(process)) ::kill(process.pid, signal);
  }
  auto ended = wait_for_all(std::move(processes)) || io::sleep_for(limit);
  co_await std::move(ended);
}

}  // namespace

io::Task<int> end_leftovers(std::filesystem::path exec_root, std::chrono::milliseconds grace) {
  std::set<pid_t> shims;
  const auto processes = container_processes(exec_root, shims);
  if (processes.empty()) co_return 0;
  co_await end_all(processes, SIGTERM, grace);
  co_await end_all(processes, SIGKILL, kKillLimit);
  co_return static_cast<int>(shims.size());
}

}  // namespace nest
