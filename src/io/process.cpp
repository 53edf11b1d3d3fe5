#include "io/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 declares it without C linkage
}

namespace io {
namespace {

using base::ErrorCode;
using base::fail;

/// Owns a descriptor until it is released.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  [[nodiscard]] int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  void reset(int value = -1) {
    if (value_ >= 0) ::close(value_);
    value_ = value;
  }

 private:
  int value_ = -1;
};

base::Error system_failure(const std::string& what, int error) {
  return base::Error(ErrorCode::internal, what + ": " + std::strerror(error));
}

/// The descriptors that become the child's 0, 1, 2, and our ends of its pipes.
struct Channels {
  Descriptor child[3];
  Descriptor ours[3];
  std::string terminal;  // path of the pty's other side; the child opens it itself, so that it controls it
};

base::Result<void> open_terminal(const ProcessOptions& options, Channels& channels) {
  Descriptor master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char name[128];
  if (master.get() < 0 || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
      ::ptsname_r(master.get(), name, sizeof name) != 0)
    return tl::unexpected(system_failure("no pseudo terminal", errno));

  winsize size{};
  size.ws_col = static_cast<unsigned short>(options.cols);
  size.ws_row = static_cast<unsigned short>(options.rows);
  ::ioctl(master.get(), TIOCSWINSZ, &size);

  channels.terminal = name;
  channels.ours[0].reset(::fcntl(master.get(), F_DUPFD_CLOEXEC, 3));
  if (channels.ours[0].get() < 0) return tl::unexpected(system_failure("no pseudo terminal", errno));
  channels.ours[1] = std::move(master);
  return {};
}

base::Result<void> open_channel(const ProcessOptions& options, Stdio how, int number, Channels& channels) {
  Descriptor& child = channels.child[number];
  switch (how) {
    case Stdio::inherit: child.reset(::fcntl(number, F_DUPFD_CLOEXEC, 3)); break;
    case Stdio::null:
      child.reset(::open("/dev/null", (number == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
      break;
    case Stdio::file:
      child.reset(
          ::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
      break;
    case Stdio::pipe: {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(system_failure("no pipe", errno));
      const int childs = number == 0 ? 0 : 1;
      child.reset(ends[childs]);
      channels.ours[number].reset(ends[1 - childs]);
      break;
    }
  }
  // An inherited stream that we do not have ourselves is none for the child either.
  if (child.get() < 0 && how == Stdio::inherit) child.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (child.get() < 0) return tl::unexpected(system_failure("cannot open " + options.output_file, errno));
  return {};
}

base::Result<Channels> open_channels(const ProcessOptions& options) {
  Channels channels;
  if (options.tty) {
    if (auto opened = open_terminal(options, channels); !opened) return tl::unexpected(opened.error());
    return channels;
  }
  const Stdio how[3] = {options.in, options.out, options.err};
  for (int number = 0; number < 3; ++number) {
    if (auto opened = open_channel(options, how[number], number, channels); !opened)
      return tl::unexpected(opened.error());
  }
  return channels;
}

std::map<std::string, std::string> child_environment(const ProcessOptions& options) {
  std::map<std::string, std::string> merged = options.env;
  if (!options.inherit_env) return merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    merged.try_emplace(std::string(text.substr(0, equals)), text.substr(equals + 1));
  }
  return merged;
}

/// What execvp(3) would run, but by the child's own PATH.
std::string find_program(const std::string& name, const std::map<std::string, std::string>& environment) {
  if (name.empty() || name.find('/') != std::string::npos) return name;
  const auto found = environment.find("PATH");
  const std::string path = found != environment.end()
                               ? found->second
                               : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string candidate = (end == start ? "." : path.substr(start, end - start)) + "/" + name;
    struct stat info{};
    if (::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
        ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    start = end + 1;
  }
  return {};
}

base::Result<void> check_options(const ProcessOptions& options) {
  if (options.argv.empty() || options.argv[0].empty())
    return fail(ErrorCode::invalid_argument, "no program given");
  for (const std::string& argument : options.argv) {
    if (argument.find('\0') != std::string::npos)
      return fail(ErrorCode::invalid_argument, "an argument holds a NUL byte");
  }
  for (const auto& [name, value] : options.env) {
    const bool bad_name =
        name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos;
    if (bad_name || value.find('\0') != std::string::npos)
      return fail(ErrorCode::invalid_argument,
                  "environment variable '" + name + "' has an impossible name or value");
  }
  struct stat info{};
  if (!options.cwd.empty() && (::stat(options.cwd.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)))
    return fail(ErrorCode::invalid_argument, "working directory " + options.cwd + " does not exist");
  return {};
}

/// Owns the attributes and file actions of one posix_spawn.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void fill(const ProcessOptions& options, const Channels& channels) {
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (options.new_session || options.tty) flags |= POSIX_SPAWN_SETSID;
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));

    if (options.tty) {
      // setsid comes first; the first terminal that a session leader opens becomes its controlling one.
      ::posix_spawn_file_actions_addopen(&actions_, 0, channels.terminal.c_str(), O_RDWR, 0);
      ::posix_spawn_file_actions_adddup2(&actions_, 0, 1);
      ::posix_spawn_file_actions_adddup2(&actions_, 0, 2);
    } else {
      for (int number = 0; number < 3; ++number)
        ::posix_spawn_file_actions_adddup2(&actions_, channels.child[number].get(), number);
    }
    if (!options.cwd.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, options.cwd.c_str());
    // Asio opens sockets without close-on-exec.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
  }

  int spawn(pid_t& pid, const std::string& program, char* const* argv, char* const* envp) const {
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv, envp);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

base::Error spawn_failure(const std::string& program, int error) {
  const std::string text = program + ": " + std::strerror(error);
  if (error == ENOENT || error == EACCES || error == ENOEXEC || error == ENOTDIR || error == EISDIR)
    return base::Error(ErrorCode::not_found, text);
  if (error == E2BIG) return base::Error(ErrorCode::invalid_argument, text);
  return base::Error(ErrorCode::internal, text);
}

ExitStatus to_exit_status(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return ExitStatus{info.si_status, false};
  return ExitStatus{128 + info.si_status, true};
}

/// The reactor may wake a waiter for an event of a descriptor that had the same number before, so the pidfd
/// is asked.
Task<void> wait_until_ended(asio::posix::stream_descriptor& pidfd) {
  for (;;) {
    pollfd asked{pidfd.native_handle(), POLLIN, 0};
    if (::poll(&asked, 1, 0) == 1) co_return;
    co_await pidfd.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  }
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

struct Process::State {
  State(const asio::any_io_executor& executor, pid_t started, int pidfd)
      : pid(started), end(executor, pidfd) {}

  pid_t pid;
  asio::posix::stream_descriptor end;  // pidfd: readable once the process has ended
  Descriptor ours[3];
  Descriptor terminal;  // for resize
  bool group = false;
  bool reaped = false;
};

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}
Process::~Process() = default;

base::Result<std::unique_ptr<Process>> Process::start(const asio::any_io_executor& executor,
                                                      const ProcessOptions& options) {
  if (auto checked = check_options(options); !checked) return tl::unexpected(checked.error());
  const auto environment = child_environment(options);
  const std::string program = find_program(options.argv[0], environment);
  if (program.empty()) return fail(ErrorCode::not_found, options.argv[0] + ": no such program");
  auto channels = open_channels(options);
  if (!channels) return tl::unexpected(channels.error());

  std::vector<std::string> arguments = options.argv;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  SpawnPlan plan;
  plan.fill(options, *channels);
  pid_t pid = -1;
  const int error = plan.spawn(pid, program, pointers_to(arguments).data(), pointers_to(variables).data());
  if (error != 0) return tl::unexpected(spawn_failure(options.argv[0], error));

  const int pidfd = ::pidfd_open(pid, 0);
  if (pidfd < 0) {
    const int reason = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return tl::unexpected(system_failure("pidfd_open", reason));
  }
  auto state = std::make_unique<State>(executor, pid, pidfd);
  state->group = options.new_session || options.tty;
  for (int number = 0; number < 3; ++number) state->ours[number] = std::move(channels->ours[number]);
  if (options.tty) state->terminal.reset(::fcntl(state->ours[1].get(), F_DUPFD_CLOEXEC, 3));
  return std::unique_ptr<Process>(new Process(std::move(state)));
}

pid_t Process::pid() const { return state_->pid; }
int Process::take_in() { return state_->ours[0].release(); }
int Process::take_out() { return state_->ours[1].release(); }
int Process::take_err() { return state_->ours[2].release(); }

Task<ExitStatus> Process::wait() {
  co_await wait_until_ended(state_->end);
  siginfo_t info{};
  const int waited = ::waitid(P_PID, static_cast<id_t>(state_->pid), &info, WEXITED | WNOHANG);
  state_->reaped = true;
  // Somebody else reaped it, so its status is lost; 255 never says success.
  if (waited != 0 || info.si_pid == 0) co_return ExitStatus{255, false};
  co_return to_exit_status(info);
}

bool Process::signal(int number) {
  if (state_->group) {
    // The group may outlive its leader; its number stays taken while anyone is in it.
    if (::kill(-state_->pid, number) == 0) return true;
    if (state_->reaped) return false;
  }
  if (state_->reaped) return false;
  return ::pidfd_send_signal(state_->end.native_handle(), number, nullptr, 0) == 0;
}

void Process::resize(int cols, int rows) {
  if (state_->terminal.get() < 0) return;
  winsize size{};
  size.ws_col = static_cast<unsigned short>(cols);
  size.ws_row = static_cast<unsigned short>(rows);
  ::ioctl(state_->terminal.get(), TIOCSWINSZ, &size);
}

Task<void> wait_for_exit(pid_t pid) {
  const int pidfd = ::pidfd_open(pid, 0);
  if (pidfd < 0) co_return;
  asio::posix::stream_descriptor end(co_await asio::this_coro::executor, pidfd);
  co_await wait_until_ended(end);
  // After a re-exec of ourselves an adopted daemon is still our child and would stay a zombie.
  ::waitpid(pid, nullptr, WNOHANG);
}

}  // namespace io
