#include "tunnel/hub.hpp"

#include <deque>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/timeout.hpp"
#include "tunnel/raw_stream.hpp"
#include "wire/revdial_control.hpp"

namespace tunnel {

using base::ErrorCode;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kIdBytes = 16;  // 32 hex digits, as deployed peers make them

/// Wakes those who wait for something to change, on one loop.
class Signal {
 public:
  explicit Signal(const asio::any_io_executor& executor) : timer_(executor) {}

  /// Returns at `until`, or earlier when something changed.
  io::Task<void> wait(steady_clock::time_point until) {
    timer_.expires_at(until);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  void notify() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

}  // namespace

/// A dial that waits for its data connection.
struct Hub::Pickup {
  explicit Pickup(const asio::any_io_executor& executor) : changed(executor) {}

  Signal changed;
  const Control* announced_on = nullptr;
  bool has_target = false;
  io::StreamPtr stream;
  std::string error;
  bool control_lost = false;
};

struct Hub::Control {
  Control(std::shared_ptr<Runner> owner, io::websocket::ChannelPtr opened, std::string id, Extensions known)
      : runner(std::move(owner)),
        channel(std::move(opened)),
        dialer(std::move(id)),
        agreed(known),
        queued(channel->executor()) {}

  std::shared_ptr<Runner> runner;
  io::websocket::ChannelPtr channel;
  std::string dialer;
  Extensions agreed;
  std::deque<std::string> lines;
  Signal queued;
};

/// Everything known of one runner id. Stays after the runner left, so that dials can wait for its return.
struct Hub::Runner {
  explicit Runner(std::string name) : id(std::move(name)) {}

  std::string id;
  std::vector<std::shared_ptr<Control>> controls;          // oldest first; the last one is current
  std::map<std::string, std::shared_ptr<Pickup>> pickups;  // by request id
  std::vector<std::shared_ptr<Signal>> waiters;            // dials that wait for a control connection
  steady_clock::time_point lost_at;
  Extensions agreed;  // on the newest control connection
};

Hub::Hub(asio::any_io_executor executor, HubLimits limits, base::Random& random, base::Log log)
    : executor_(std::move(executor)), limits_(limits), random_(random), log_(std::move(log)) {}

Hub::~Hub() = default;

bool Hub::connected(const std::string& runner_id) const {
  const auto found = runners_.find(runner_id);
  return found != runners_.end() && !found->second->controls.empty();
}

bool Hub::knows_targets(const std::string& runner_id) const {
  const auto found = runners_.find(runner_id);
  return found != runners_.end() && found->second->agreed.target;
}

std::size_t Hub::runners() const {
  std::size_t count = 0;
  for (const auto& [id, runner] : runners_)
    if (!runner->controls.empty()) ++count;
  return count;
}

void Hub::drop(const std::string& runner_id) {
  const auto found = runners_.find(runner_id);
  if (found == runners_.end()) return;
  const auto runner = found->second;
  runners_.erase(found);
  for (const auto& control : runner->controls) {
    control->channel->close();
    control->queued.notify();  // its writer finds the channel closed now instead of at the next keep-alive
  }
  for (const auto& [id, pickup] : runner->pickups) {
    pickup->error = "the runner was removed";
    pickup->changed.notify();
  }
  for (const auto& waiter : runner->waiters) waiter->notify();
}

void Hub::add_control(const std::shared_ptr<Control>& control) {
  const auto& runner = control->runner;
  const bool first = runner->controls.empty();
  runner->controls.push_back(control);
  runner->agreed = control->agreed;
  dialers_[control->dialer] = runner;
  for (const auto& waiter : runner->waiters) waiter->notify();
  if (first && on_connected_) on_connected_(runner->id);
}

void Hub::remove_control(const std::shared_ptr<Control>& control) {
  const auto& runner = control->runner;
  std::erase(runner->controls, control);
  for (const auto& [id, pickup] : runner->pickups) {
    if (pickup->announced_on != control.get()) continue;
    pickup->control_lost = true;
    pickup->changed.notify();
  }
  forget_dialer(*runner, control->dialer, control.get());
  if (!runner->controls.empty()) {
    runner->agreed = runner->controls.back()->agreed;
    return;
  }
  runner->lost_at = steady_clock::now();
  const bool known = runners_.contains(runner->id) && runners_.at(runner->id) == runner;
  if (known && on_disconnected_) on_disconnected_(runner->id);
}

/// A dialer's id stays valid while its control connection is there, or a data connection that it announced
/// may come.
void Hub::forget_dialer(const Runner& runner, const std::string& dialer, const Control* control) {
  for (const auto& open : runner.controls)
    if (open.get() == control) return;
  for (const auto& [id, pickup] : runner.pickups)
    if (pickup->announced_on == control) return;
  dialers_.erase(dialer);
}

io::Task<void> Hub::serve_control(std::string runner_id, io::http::Exchange& exchange) {
  using namespace asio::experimental::awaitable_operators;
  const auto known = runners_.find(runner_id);
  if (known != runners_.end() && known->second->controls.size() >= limits_.controls) {
    auto refusal =
        io::http::make_response(429, "text/plain", "this runner has too many control connections\n");
    co_await exchange.respond(std::move(refusal));
    co_return;
  }
  const auto agreed = Extensions::read(exchange.request().fields) & limits_.extensions;
  wire::Fields answer;
  agreed.write(answer);
  auto channel = co_await io::websocket::accept(exchange, std::move(answer));
  auto& runner = runners_[runner_id];
  if (runner) ++reconnects_;
  if (!runner) runner = std::make_shared<Runner>(runner_id);
  auto control =
      std::make_shared<Control>(runner, std::move(channel), base::random_hex(kIdBytes, random_), agreed);
  add_control(control);
  log_.info("tunnel.connected", {{"runner", runner_id},
                                 {"controls", control->runner->controls.size()},
                                 {"raw", agreed.raw},
                                 {"target", agreed.target}});

  // The removal must happen however the connection ends, cancellation included.
  struct Removal {
    Hub& hub;
    std::shared_ptr<Control> control;
    ~Removal() { hub.remove_control(control); }
  } removal{*this, control};
  auto reading = read_lines(control);
  auto writing = write_lines(control);
  auto pinging = keep_pinging(control);
  auto race = std::move(reading) || std::move(writing) || std::move(pinging);
  co_await std::move(race);
  control->channel->close();
  log_.info("tunnel.disconnected", {{"runner", runner_id}});
}

/// A runner says itself what is wrong with a target.
std::string Hub::what_failed(const Pickup& pickup, const std::string& error) {
  constexpr std::size_t kMost = 512;  // as our own runners cut it
  if (pickup.has_target && !error.empty()) return error.substr(0, kMost);
  return "the runner could not open a data connection: " + error.substr(0, kMost);
}

io::Task<void> Hub::read_lines(std::shared_ptr<Control> control) {
  std::string held;
  std::array<char, wire::kMaxControlLine> buffer{};
  while (true) {
    const auto size = co_await control->channel->read_bytes(asio::buffer(buffer));
    if (!size || *size == 0) co_return;
    held.append(buffer.data(), *size);
    while (true) {
      const auto decoded = wire::decode_control(held);
      if (!decoded) {
        log_.warn("tunnel.bad_line", {{"runner", control->runner->id}, {"error", decoded.error().message()}});
        co_return;
      }
      if (!*decoded) break;
      held.erase(0, (*decoded)->consumed);
      const auto& line = (*decoded)->line;
      if (line.command != wire::ControlCommand::pickup_failed) continue;
      const auto request =
          wire::query_value(line.conn_path.substr(line.conn_path.find('?') + 1), "revdial.req");
      const auto pickup = control->runner->pickups.find(request.value_or(""));
      if (pickup == control->runner->pickups.end()) continue;
      pickup->second->error = what_failed(*pickup->second, line.error);
      pickup->second->changed.notify();
    }
  }
}

io::Task<void> Hub::write_lines(std::shared_ptr<Control> control) {
  std::string keep_alive;
  wire::encode_control({wire::ControlCommand::keep_alive, "", ""}, keep_alive);
  control->lines.push_back(keep_alive);
  while (true) {
    while (!control->lines.empty()) {
      const std::string line = std::move(control->lines.front());
      control->lines.pop_front();
      auto writing = control->channel->write_binary(asio::buffer(line));
      const auto written = co_await io::within(limits_.ping_every, std::move(writing));
      if (!written) co_return;
    }
    const auto due = steady_clock::now() + limits_.keep_alive_every;
    co_await control->queued.wait(due);
    if (control->lines.empty()) control->lines.push_back(keep_alive);
  }
}

io::Task<void> Hub::keep_pinging(std::shared_ptr<Control> control) {
  while (true) {
    co_await io::sleep_for(limits_.ping_every);
    if (steady_clock::now() - control->channel->last_heard() > limits_.silent_for) {
      log_.warn("tunnel.silent", {{"runner", control->runner->id}});
      co_return;
    }
    auto pinging = control->channel->ping();
    const auto sent = co_await io::within(limits_.ping_every, std::move(pinging));
    if (!sent) co_return;
  }
}

io::Task<bool> Hub::serve_data(io::http::Exchange& exchange,
                               std::function<bool(const std::string&)> owner_check) {
  const auto query = exchange.request().query();
  const std::string dialer = wire::query_value(query, "revdial.dialer").value_or("");
  const std::string request = wire::query_value(query, "revdial.req").value_or("");
  const auto found = dialers_.find(dialer);
  const auto runner = found == dialers_.end() ? nullptr : found->second.lock();
  if (!runner || !owner_check(runner->id)) {
    auto response = io::http::make_response(500, "text/plain", "unknown dialer\n");
    co_await exchange.respond(std::move(response));
    co_return false;
  }
  const bool raw = limits_.extensions.raw && Extensions::read(exchange.request().fields).raw;
  wire::Fields answer;
  Extensions{raw, false}.write(answer);
  auto channel = co_await io::websocket::accept(exchange, std::move(answer));
  auto stream =
      raw ? make_raw_stream(channel->release()) : io::websocket::make_framed_stream(std::move(channel));
  // Looked up after the 101 was sent: the dial may have given up meanwhile. Then the stream's end says so.
  const auto pickup = runner->pickups.find(request);
  if (pickup == runner->pickups.end()) co_return false;
  pickup->second->stream = std::move(stream);
  pickup->second->changed.notify();
  runner->pickups.erase(pickup);
  co_return true;
}

io::Task<base::Result<std::shared_ptr<Hub::Control>>> Hub::current_control(std::string runner_id) {
  const auto found = runners_.find(runner_id);
  if (found == runners_.end())
    co_return base::fail(ErrorCode::unavailable, "runner " + runner_id + " has not connected yet");
  const auto runner = found->second;
  if (!runner->controls.empty()) co_return runner->controls.back();
  if (runner->waiters.size() >= limits_.waiters)
    co_return base::fail(ErrorCode::unavailable,
                         "runner " + runner_id + " is away and too many requests wait for it");

  const auto waiter = std::make_shared<Signal>(executor_);
  runner->waiters.push_back(waiter);
  struct Leave {
    Runner& runner;
    const std::shared_ptr<Signal>& waiter;
    ~Leave() { std::erase(runner.waiters, waiter); }
  } leave{*runner, waiter};
  const auto until = runner->lost_at + limits_.wait_for_return;
  while (runner->controls.empty()) {
    if (steady_clock::now() >= until || !runners_.contains(runner_id))
      co_return base::fail(ErrorCode::unavailable, "runner " + runner_id + " is away");
    co_await waiter->wait(until);
  }
  co_return runner->controls.back();
}

io::Task<base::Result<io::StreamPtr>> Hub::dial_within(std::string runner_id, std::optional<Target> target) {
  while (true) {
    const auto control = co_await current_control(runner_id);
    if (!control) co_return tl::unexpected(control.error());
    if (target && !(*control)->agreed.target)
      co_return base::fail(ErrorCode::conflict, "runner " + runner_id + " knows no targets");
    const auto runner = (*control)->runner;
    if (runner->pickups.size() >= limits_.pending)
      co_return base::fail(ErrorCode::unavailable,
                           "runner " + runner_id + " has too many connections under way");

    const std::string request = base::random_hex(kIdBytes, random_);
    const auto pickup = std::make_shared<Pickup>(executor_);
    pickup->announced_on = control->get();
    pickup->has_target = target.has_value();
    runner->pickups[request] = pickup;
    struct Forget {
      Hub& hub;
      Runner& runner;
      const std::string& request;
      const std::string dialer;
      const Control* control;
      ~Forget() {
        runner.pickups.erase(request);
        hub.forget_dialer(runner, dialer, control);
      }
    } forget{*this, *runner, request, (*control)->dialer, control->get()};

    wire::ControlLine line{wire::ControlCommand::conn_ready,
                           "/revdial?revdial.dialer=" + (*control)->dialer + "&revdial.req=" + request, ""};
    if (target) line.target = wire::ControlTarget{target->session, target->port};
    std::string text;
    wire::encode_control(line, text);
    // A keep-alive follows each conn-ready and restarts the timer (contracts.md).
    wire::encode_control({wire::ControlCommand::keep_alive, "", ""}, text);
    (*control)->lines.push_back(std::move(text));
    (*control)->queued.notify();

    const auto until = steady_clock::now() + limits_.pickup;
    while (!pickup->stream && pickup->error.empty() && !pickup->control_lost && steady_clock::now() < until)
      co_await pickup->changed.wait(until);
    if (pickup->stream) co_return std::move(pickup->stream);
    if (!pickup->error.empty()) co_return base::fail(ErrorCode::unavailable, pickup->error);
    // The runner may never have seen a request that was announced on a connection that broke: ask again.
    if (pickup->control_lost) continue;
    co_return base::fail(ErrorCode::timed_out, "runner " + runner_id + " opened no data connection in time");
  }
}

io::Task<base::Result<io::StreamPtr>> Hub::dial(std::string runner_id, std::chrono::milliseconds limit) {
  auto dialling = dial_within(std::move(runner_id), std::nullopt);
  co_return co_await io::within(limit, std::move(dialling));
}

io::Task<base::Result<io::StreamPtr>> Hub::dial_target(std::string runner_id, Target target,
                                                       std::chrono::milliseconds limit) {
  auto dialling = dial_within(std::move(runner_id), std::move(target));
  co_return co_await io::within(limit, std::move(dialling));
}

}  // namespace tunnel
