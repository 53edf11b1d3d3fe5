#include "bridge/exec_service.hpp"

#include <csignal>
#include <optional>
#include <unistd.h>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <sys/wait.h>

#include "io/timeout.hpp"
#include "nest/process_identity.hpp"

namespace bridge {
namespace {

namespace asio = io::asio;
using base::ErrorCode;

constexpr std::uint16_t kNormalClosure = 1000;  // RFC 6455 §7.4.1
constexpr int kExitNoProgram = 127;             // POSIX shells
constexpr const char* kAttachedSuffix = ".attached";

/// Counts one attached command for as long as it lives.
class Count {
 public:
  explicit Count(std::size_t& number) : number_(number) { ++number_; }
  ~Count() { --number_; }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;

 private:
  std::size_t& number_;
};

/// Tells a later bridge which command was attached to this one.
class AttachedRecord {
 public:
  AttachedRecord(const std::filesystem::path& directory, pid_t pid)
      : path_(directory / (std::to_string(pid) + kAttachedSuffix)) {
    const auto identity = nest::identify(pid);
    if (identity) recorded_ = nest::write_identity(path_, *identity).has_value();
  }
  ~AttachedRecord() {
    std::error_code ignored;
    if (recorded_) std::filesystem::remove(path_, ignored);
  }
  AttachedRecord(const AttachedRecord&) = delete;
  AttachedRecord& operator=(const AttachedRecord&) = delete;

 private:
  std::filesystem::path path_;
  bool recorded_ = false;
};

io::Task<void> read_to_end(io::websocket::Channel& channel) {
  for (;;) {
    const auto message = co_await channel.read_message(wire::kMaxExecDataBytes);
    if (!message || !message->has_value()) co_return;
  }
}

}  // namespace

ExecService::ExecService(const asio::any_io_executor& executor, ExecOptions options, base::Log log)
    : executor_(executor), options_(std::move(options)), log_(std::move(log)), detached_(executor, log_) {
  std::error_code ignored;
  std::filesystem::create_directories(options_.directory, ignored);
  std::filesystem::permissions(options_.directory, std::filesystem::perms::owner_all, ignored);
}

io::Task<void> ExecService::serve(io::websocket::ChannelPtr channel) {
  auto start = co_await read_start(*channel);
  if (!start) {
    co_await refuse(*channel, start.error().message());
    co_return;
  }
  if (start->detach) {
    co_await run_detached(*channel, std::move(*start));
    co_return;
  }
  if (attached_ >= options_.attached) {
    const std::string message =
        "this session runs " + std::to_string(attached_) + " commands already, which is the limit";
    co_await refuse(*channel, message);
    co_return;
  }
  const Count counted(attached_);
  co_await run_attached(*channel, std::move(*start));
}

io::Task<base::Result<wire::ExecStart>> ExecService::read_start(io::websocket::Channel& channel) {
  auto reading = channel.read_message(wire::kMaxExecTextBytes);
  const auto message = co_await io::within(options_.times.start, std::move(reading));
  if (!message) co_return tl::unexpected(message.error());
  if (!message->has_value()) co_return base::fail(ErrorCode::peer_closed, "the client left");
  if (!(*message)->text) co_return base::fail(ErrorCode::malformed, "the first message must be text: start");
  auto request = wire::decode_exec_request((*message)->payload);
  if (!request) {
    const base::Error& error = request.error();
    co_return base::fail(error.code(),
                         error.field().empty() ? error.message() : error.field() + " " + error.message());
  }
  auto* start = std::get_if<wire::ExecStart>(&*request);
  if (start == nullptr) co_return base::fail(ErrorCode::malformed, "the first message must be start");
  co_return std::move(*start);
}

io::ProcessOptions ExecService::process_options(const wire::ExecStart& start) const {
  io::ProcessOptions options;
  options.argv = start.argv;
  options.env = options_.environment();
  for (const auto& [name, value] : start.env) options.env[name] = value;
  options.inherit_env = false;
  options.cwd = start.cwd;
  std::error_code ignored;
  if (options.cwd.empty())
    options.cwd =
        std::filesystem::is_directory(options_.workspace, ignored) ? options_.workspace.string() : "/";
  options.new_session = true;
  options.tty = start.tty;
  options.cols = start.cols;
  options.rows = start.rows;
  options.in = io::Stdio::pipe;
  options.out = io::Stdio::pipe;
  options.err = io::Stdio::pipe;
  return options;
}

io::Task<void> ExecService::run_attached(io::websocket::Channel& channel, wire::ExecStart start) {
  auto process = io::Process::start(executor_, process_options(start));
  if (!process) {
    co_await tell_not_started(channel, process.error());
    co_return;
  }
  const AttachedRecord record(options_.directory, (*process)->pid());
  log_.info("exec.started", {{"pid", (*process)->pid()}, {"program", start.argv[0]}, {"tty", start.tty}});
  const wire::ExecEvent started = wire::ExecStarted{(*process)->pid()};
  // A client that is gone already shows when the session reads from it.
  static_cast<void>(co_await channel.write_text(wire::encode(started)));

  ExecSession session(channel, **process, start.tty, options_.times);
  const auto status = co_await session.run();
  log_.info("exec.ended",
            {{"pid", (*process)->pid()}, {"status", status ? status->code : -1}, {"client_left", !status}});
  if (status) co_await finish(channel, wire::ExecExit{status->code});
}

io::Task<void> ExecService::run_detached(io::websocket::Channel& channel, wire::ExecStart start) {
  if (start.tty) {
    co_await refuse(channel, "a detached command has no terminal: leave tty or detach out");
    co_return;
  }
  io::ProcessOptions options = process_options(start);
  options.in = io::Stdio::null;
  options.out = io::Stdio::file;
  options.err = io::Stdio::file;
  // Named after its pid once that is known.
  const auto fresh = options_.directory /
                     ("new." + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
  options.output_file = fresh;
  auto process = io::Process::start(executor_, options);
  std::error_code ignored;
  if (!process) {
    std::filesystem::remove(fresh, ignored);
    co_await refuse(channel, process.error().message());
    co_return;
  }
  const pid_t pid = (*process)->pid();
  std::filesystem::rename(fresh, options_.directory / (std::to_string(pid) + ".log"), ignored);
  log_.info("exec.detached", {{"pid", pid}, {"program", start.argv[0]}});
  detached_.spawn("exec", watch_detached(std::move(*process)));
  co_await finish(channel, wire::ExecStarted{pid});
}

io::Task<void> ExecService::watch_detached(std::unique_ptr<io::Process> process) {
  const io::ExitStatus status = co_await process->wait();
  log_.info("exec.ended", {{"pid", process->pid()}, {"status", status.code}, {"detached", true}});
}

/// A program that is not there is told as a shell tells it.
io::Task<void> ExecService::tell_not_started(io::websocket::Channel& channel, base::Error error) {
  if (error.code() != ErrorCode::not_found) {
    co_await refuse(channel, error.message());
    co_return;
  }
  const std::string line = std::string(1, static_cast<char>(wire::ExecOutput::err)) + error.message() + "\n";
  const auto sent = co_await channel.write_binary(asio::buffer(line));
  if (!sent) co_return;
  const wire::ExecEvent exit = wire::ExecExit{kExitNoProgram};
  co_await finish(channel, exit);
}

io::Task<void> ExecService::refuse(io::websocket::Channel& channel, std::string message) {
  const wire::ExecEvent failed = wire::ExecFailed{std::move(message)};
  co_await finish(channel, failed);
}

io::Task<void> ExecService::finish(io::websocket::Channel& channel, wire::ExecEvent event) {
  using namespace asio::experimental::awaitable_operators;
  const auto sent = co_await channel.write_text(wire::encode(event));
  if (sent) {
    co_await channel.send_close(kNormalClosure, "");
    auto closing = read_to_end(channel) || io::sleep_for(options_.times.close);
    co_await std::move(closing);
  }
  channel.close();
}

io::Task<void> ExecService::end_orphans() {
  std::vector<nest::ProcessIdentity> orphans;
  std::error_code error;
  std::vector<std::filesystem::path> records;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, error)) {
    if (entry.path().extension() == kAttachedSuffix) records.push_back(entry.path());
  }
  for (const auto& record : records) {
    if (const auto identity = nest::read_live_identity(record)) orphans.push_back(*identity);
    std::filesystem::remove(record, error);
  }
  if (orphans.empty()) co_return;
  log_.warn("exec.orphans", {{"commands", orphans.size()}});
  for (const auto& orphan : orphans) ::kill(-orphan.pid, SIGHUP);
  co_await io::sleep_for(options_.times.hang_up);
  for (const auto& orphan : orphans) {
    if (nest::is_alive(orphan)) ::kill(-orphan.pid, SIGKILL);
  }
}

void ExecService::reap_inherited() {
  for (const pid_t pid : nest::descendants(::getpid())) {
    siginfo_t info{};
    const bool ours = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
    if (ours) detached_.spawn("inherited", io::wait_for_exit(pid));
  }
}

io::Task<void> ExecService::close() {
  detached_.cancel();
  co_await detached_.join();
}

}  // namespace bridge
