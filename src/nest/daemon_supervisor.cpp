#include "nest/daemon_supervisor.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/timeout.hpp"

namespace nest {
namespace {

namespace asio = io::asio;
using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStartingProbe{100};
constexpr milliseconds kFailingProbe{1000};
constexpr milliseconds kPrepareLimit{60'000};  // of before_start; chosen
constexpr milliseconds kHungGrace{5000};       // for a daemon that did not become ready; chosen
constexpr milliseconds kKillLimit{10'000};     // SIGKILL works at once but for a process stuck in the kernel
constexpr std::size_t kTailBytes = 16 * 1024;
constexpr std::size_t kTailLines = 20;
constexpr std::size_t kLineBytes = 400;

milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

std::vector<std::string> last_lines_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const auto size = static_cast<std::size_t>(file.tellg());
  const std::size_t start = size > kTailBytes ? size - kTailBytes : 0;
  file.seekg(static_cast<std::streamoff>(start));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line.substr(0, kLineBytes));
  if (lines.size() > kTailLines) lines.erase(lines.begin(), lines.end() - kTailLines);
  return lines;
}

}  // namespace

std::string_view to_string(DaemonState state) {
  switch (state) {
    case DaemonState::stopped: return "stopped";
    case DaemonState::starting: return "starting";
    case DaemonState::ready: return "ready";
    case DaemonState::failing: return "failing";
  }
  return "stopped";
}

DaemonSupervisor::DaemonSupervisor(const asio::any_io_executor& executor, DaemonSpec spec, base::Log log)
    : spec_(std::move(spec)), log_(log.with({{"daemon", spec_.name}})), changed_(executor) {
  changed_.expires_at(asio::steady_timer::time_point::max());
}

DaemonSupervisor::~DaemonSupervisor() = default;

io::Task<void> DaemonSupervisor::run() {
  running_ = true;
  std::exception_ptr cancelled;
  try {
    while (!stopping_) {
      const auto began = steady_clock::now();
      co_await live_once();
      if (stopping_) break;
      co_await back_off(since(began));
    }
    state_ = DaemonState::stopped;
  } catch (...) {
    cancelled = std::current_exception();
  }
  running_ = false;
  changed_.cancel();
  if (cancelled) std::rethrow_exception(cancelled);
}

io::Task<void> DaemonSupervisor::live_once() {
  using namespace asio::experimental::awaitable_operators;
  set_state(DaemonState::starting);
  if (!adopt()) {
    const auto started = co_await start();
    if (!started) {
      last_error_ = started.error().message();
      log_.error("daemon.start_failed", {{"error", last_error_}});
      set_state(DaemonState::failing);
      co_return;
    }
  }
  auto life = await_exit() || watch();
  co_await std::move(life);
  if (!stopping_) set_state(DaemonState::failing);
}

bool DaemonSupervisor::adopt() {
  child_.reset();
  process_ = read_live_identity(spec_.record);
  if (!process_ && !spec_.mark.empty()) {
    const auto found = find_processes(std::filesystem::path(spec_.argv[0]).filename().string(), spec_.mark);
    if (!found.empty()) process_ = found.front();
  }
  if (!process_) return false;
  if (auto written = write_identity(spec_.record, *process_); !written)
    log_.warn("daemon.record_failed", {{"error", written.error().message()}});
  log_.info("daemon.adopted", {{"pid", process_->pid}});
  return true;
}

io::Task<base::Result<void>> DaemonSupervisor::start() {
  if (spec_.before_start) {
    auto preparation = spec_.before_start();
    const auto prepared = co_await io::within(kPrepareLimit, std::move(preparation));
    if (!prepared) co_return tl::unexpected(prepared.error());
  }
  if (stopping_) co_return base::fail(ErrorCode::unavailable, "stopped before it was started");
  std::error_code ignored;
  std::filesystem::create_directories(spec_.record.parent_path(), ignored);
  std::filesystem::create_directories(spec_.log_file.parent_path(), ignored);

  io::ProcessOptions options;
  options.argv = spec_.argv;
  options.env = spec_.env;
  options.new_session = true;
  options.out = io::Stdio::file;
  options.err = io::Stdio::file;
  options.output_file = spec_.log_file;
  auto child = io::Process::start(changed_.get_executor(), options);
  if (!child) co_return tl::unexpected(child.error());
  child_ = std::move(*child);
  ++starts_;
  // Start time 0 of one that ended already never matches a live process.
  process_ = identify(child_->pid()).value_or(ProcessIdentity{child_->pid(), 0});
  if (auto written = write_identity(spec_.record, *process_); !written)
    log_.warn("daemon.record_failed", {{"error", written.error().message()}});
  log_.info("daemon.started", {{"pid", process_->pid}, {"starts", starts_}});
  co_return base::Result<void>();
}

io::Task<void> DaemonSupervisor::await_exit() {
  const pid_t pid = process_->pid;
  std::string how = "status unknown";
  if (child_) {
    const io::ExitStatus status = co_await child_->wait();
    how = (status.signalled ? "signal " : "status ") +
          std::to_string(status.signalled ? status.code - 128 : status.code);
  } else {
    co_await io::wait_for_exit(pid);
  }
  process_.reset();
  child_.reset();
  std::error_code ignored;
  std::filesystem::remove(spec_.record, ignored);
  changed_.cancel();
  if (stopping_ || hurry_) {
    log_.info("daemon.ended", {{"pid", pid}, {"how", how}});
  } else {
    last_error_ = spec_.name + " ended: " + how;
    log_.warn("daemon.ended", {{"pid", pid}, {"how", how}});
  }
}

io::Task<void> DaemonSupervisor::watch() {
  const auto began = steady_clock::now();
  bool was_ready = false;
  for (;;) {
    const auto probed = co_await probe_once();
    if (probed && state_ != DaemonState::ready) co_await become_ready(began);
    if (probed) was_ready = true;
    if (!probed && was_ready && state_ == DaemonState::ready) {
      log_.warn("daemon.not_answering", {{"error", probed.error().message()}});
      set_state(DaemonState::failing);
    }
    // Why it ended before tells more than that its successor does not answer yet.
    if (!probed && (was_ready || last_error_.empty())) last_error_ = probed.error().message();
    if (!was_ready && since(began) > spec_.ready_limit) {
      last_error_ = "not ready in time: " + last_error_;
      log_.error("daemon.not_ready", {{"error", last_error_}});
      co_await terminate(kHungGrace);
      co_return;
    }
    rotate_log();
    milliseconds pause = spec_.probe_every;
    if (!probed) pause = was_ready ? kFailingProbe : kStartingProbe;
    co_await io::sleep_for(pause);
  }
}

io::Task<base::Result<void>> DaemonSupervisor::probe_once() {
  if (!spec_.probe) co_return base::Result<void>();
  auto probe = spec_.probe();
  co_return co_await io::within(spec_.probe_limit, std::move(probe));
}

io::Task<void> DaemonSupervisor::become_ready(steady_clock::time_point began) {
  last_error_.clear();
  log_.info("daemon.ready", {{"pid", process_ ? process_->pid : 0}, {"took_ms", since(began).count()}});
  set_state(DaemonState::ready);
  if (spec_.on_ready) co_await spec_.on_ready();
}

io::Task<void> DaemonSupervisor::back_off(milliseconds lived) {
  if (std::exchange(hurry_, false)) {
    delay_ = milliseconds(0);
    co_return;
  }
  if (lived >= spec_.restart.stable) delay_ = milliseconds(0);
  delay_ = std::clamp(delay_ * 2, spec_.restart.first, spec_.restart.most);
  const auto until = steady_clock::now() + delay_;
  while (!stopping_ && steady_clock::now() < until) {
    using namespace asio::experimental::awaitable_operators;
    const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now()) + milliseconds(1);
    auto pause = next_change() || io::sleep_for(left);
    co_await std::move(pause);
  }
}

io::Task<void> DaemonSupervisor::stop(milliseconds grace) {
  stopping_ = true;
  changed_.cancel();
  co_await terminate(grace);
  while (running_) co_await next_change();
  if (!process_) state_ = DaemonState::stopped;
}

io::Task<void> DaemonSupervisor::restart(milliseconds grace) {
  hurry_ = true;
  co_await terminate(grace);
}

io::Task<void> DaemonSupervisor::terminate(milliseconds grace) {
  if (!process_) co_return;
  const ProcessIdentity identity = *process_;
  if (!is_alive(identity)) co_return;
  ::kill(identity.pid, SIGTERM);
  co_await wait_gone(identity, grace);
  if (!is_alive(identity)) co_return;
  log_.warn("daemon.killed", {{"pid", identity.pid}});
  ::kill(identity.pid, SIGKILL);
  co_await wait_gone(identity, kKillLimit);
}

io::Task<void> DaemonSupervisor::wait_gone(ProcessIdentity identity, milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  const auto until = steady_clock::now() + limit;
  // While run() is under way it reaps the process and tells; it may be cancelled meanwhile.
  while (running_ && process_ && process_->pid == identity.pid && steady_clock::now() < until) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now()) + milliseconds(1);
    auto change = next_change() || io::sleep_for(left);
    co_await std::move(change);
  }
  if (running_ || !process_) co_return;
  const auto left =
      std::max(std::chrono::duration_cast<milliseconds>(until - steady_clock::now()), milliseconds(0));
  auto gone = io::wait_for_exit(identity.pid) || io::sleep_for(left);
  co_await std::move(gone);
  if (!is_alive(identity)) process_.reset();
}

io::Task<base::Result<void>> DaemonSupervisor::wait_ready(milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  const auto until = steady_clock::now() + limit;
  while (state_ != DaemonState::ready && steady_clock::now() < until) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now()) + milliseconds(1);
    auto change = next_change() || io::sleep_for(left);
    co_await std::move(change);
  }
  if (state_ == DaemonState::ready) co_return base::Result<void>();
  co_return base::fail(ErrorCode::timed_out, spec_.name + " is not ready: " + last_error_);
}

io::Task<void> DaemonSupervisor::next_change() {
  boost::system::error_code ignored;
  co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

DaemonHealth DaemonSupervisor::health() const {
  DaemonHealth health;
  health.state = state_;
  health.pid = process_ ? process_->pid : 0;
  health.adopted = process_ && !child_;
  health.starts = starts_;
  health.last_error = last_error_;
  if (state_ != DaemonState::ready) health.last_lines = last_lines_of(spec_.log_file);
  return health;
}

void DaemonSupervisor::set_state(DaemonState state) {
  if (state_ == state) return;
  state_ = state;
  changed_.cancel();
}

void DaemonSupervisor::rotate_log() {
  std::error_code error;
  const auto size = std::filesystem::file_size(spec_.log_file, error);
  if (error || size < spec_.log_limit_bytes) return;
  // The daemon keeps its descriptor, so the file is emptied and not renamed; it appends, so it goes on at the
  // start. What it writes between the two steps is lost.
  std::filesystem::copy_file(spec_.log_file, spec_.log_file.string() + ".1",
                             std::filesystem::copy_options::overwrite_existing, error);
  std::filesystem::resize_file(spec_.log_file, 0, error);
}

}  // namespace nest
