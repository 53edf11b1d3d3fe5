#include <csignal>
#include <future>
#include <pty.h>
#include <termios.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exec_client.hpp"
#include "support/piped_program.hpp"
#include "support/scripted_api.hpp"
#include "wire/exec.hpp"

namespace cli {
namespace {

using io::websocket::Channel;
using support::Finished;
using support::run_helix;
using support::ScriptedApi;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kSession = "ses_01kftccz3g3n9hfdv42ma1dwjn";

// The session's side, as scripts.

io::Task<wire::ExecRequest> next_request(Channel& channel) {
  while (true) {
    const auto message = co_await channel.read_message(wire::kMaxExecTextBytes);
    if (!message || !*message || !(*message)->text) throw std::runtime_error("no request");
    co_return *wire::decode_exec_request((*message)->payload);
  }
}

io::Task<wire::ExecStart> take_start(Channel& channel) {
  const auto request = co_await next_request(channel);
  auto event = wire::ExecEvent(wire::ExecStarted{42});
  co_await channel.write_text(wire::encode(event));
  co_return std::get<wire::ExecStart>(request);
}

io::Task<void> print(Channel& channel, char stream, std::string text) {
  const std::string payload = std::string(1, stream) + text;
  co_await channel.write_binary(io::asio::buffer(payload));
}

io::Task<void> end(Channel& channel, int status) {
  auto event = wire::ExecEvent(wire::ExecExit{status});
  co_await channel.write_text(wire::encode(event));
  co_await channel.send_close(1000, "");
  co_await channel.read_message(wire::kMaxExecDataBytes);
}

io::Task<void> print_both_and_exit_7(Channel& channel) {
  co_await take_start(channel);
  co_await print(channel, 1, "to out\n");
  co_await print(channel, 2, "to err\n");
  co_await end(channel, 7);
}

/// cat(1), then one more line: the input's end does not end the output.
io::Task<void> echo(Channel& channel) {
  co_await take_start(channel);
  while (true) {
    auto message = co_await channel.read_message(wire::kMaxExecDataBytes);
    if (!message || !*message) co_return;
    if ((*message)->text) break;
    co_await print(channel, 1, std::move((*message)->payload));
  }
  co_await print(channel, 1, "after the end\n");
  co_await end(channel, 0);
}

io::Task<void> print_arguments(Channel& channel) {
  const auto start = co_await take_start(channel);
  std::string text = start.cwd + "\n";
  for (const auto& word : start.argv) text += "[" + word + "]";
  for (const auto& [name, value] : start.env) text += " " + name + "=" + value;
  co_await print(channel, 1, text);
  co_await end(channel, 0);
}

io::Task<void> vanish(Channel& channel) {
  co_await take_start(channel);
  co_await print(channel, 1, "half");
  channel.close();
}

io::Task<void> cannot_run(Channel& channel) {
  co_await next_request(channel);
  auto event = wire::ExecEvent(wire::ExecFailed{"no directory /nowhere"});
  co_await channel.write_text(wire::encode(event));
  co_await channel.send_close(1000, "");
}

io::Task<void> print_for_ever(Channel& channel) {
  co_await take_start(channel);
  while (true) co_await print(channel, 1, std::string(1000, 'x'));
}

io::Task<void> die_of_the_first_signal(Channel& channel) {
  co_await take_start(channel);
  co_await print(channel, 1, "ready\n");
  while (true) {
    const auto request = co_await next_request(channel);
    const auto* signal = std::get_if<wire::ExecSignal>(&request);
    if (signal == nullptr) continue;  // the end of the input
    co_await end(channel, 128 + signal->number);
    co_return;
  }
}

/// Prints the terminal's size and type; ends at a byte 3.
io::Task<void> terminal(Channel& channel) {
  const auto start = co_await take_start(channel);
  const auto size = std::to_string(start.cols) + "x" + std::to_string(start.rows);
  const std::string kind = start.tty ? "tty " : "pipe ";
  co_await print(channel, 1, kind + size + " " + start.env.at("TERM") + " ready\n");
  while (true) {
    const auto message = co_await channel.read_message(wire::kMaxExecDataBytes);
    if (!message || !*message) co_return;
    if (!(*message)->text && (*message)->payload.find('\x03') != std::string::npos) break;
  }
  co_await end(channel, 5);
}

class ExecFlow : public testing::Test {
 protected:
  Finished exec(const std::vector<std::string>& words, ScriptedApi::WebSocketScript script,
                const std::string& input = {}) {
    api_.on_websocket(std::move(script));
    std::vector<std::string> all{"exec"};
    all.insert(all.end(), words.begin(), words.end());
    return run_helix(all, variables(), input);
  }

  support::Variables variables() {
    return {
        {"HELIX_URL", api_.url()}, {"HELIX_API_KEY", "hl-key"}, {"HOME", home_.path()}, {"TERM", "xterm"}};
  }

  support::TemporaryHome home_;
  ScriptedApi api_;
};

TEST_F(ExecFlow, ReturnsTheStatusAndKeepsTheStreamsApart) {
  const auto done = exec({kSession, "--", "x"}, print_both_and_exit_7);

  EXPECT_EQ(done.status, 7);
  EXPECT_EQ(done.out, "to out\n");
  EXPECT_EQ(done.err, "to err\n");
}

TEST_F(ExecFlow, TheInputsEndDoesNotEndTheOutput) {
  const auto done = exec({kSession, "--", "x"}, echo, "from in\n");

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, "from in\nafter the end\n");
}

TEST_F(ExecFlow, ReadsNoInputWhenToldSo) {
  const auto done = exec({"-n", kSession, "--", "x"}, echo, "from in\n");

  EXPECT_EQ(done.out, "after the end\n");
}

TEST_F(ExecFlow, CarriesMebibytesBothWaysAtOnce) {
  std::string input(4 << 20, '\0');
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<char>(i * 2654435761U >> 13U);

  const auto done = exec({kSession, "--", "x"}, echo, input);

  EXPECT_EQ(done.status, 0);
  EXPECT_TRUE(done.out == input + "after the end\n") << done.out.size();
}

TEST_F(ExecFlow, PassesArgumentsEnvironmentAndDirectory) {
  const auto done =
      exec({"-e", "A=1", "-e", "TERM", "--cwd", "/d", kSession, "--", "a b", "", "--"}, print_arguments);

  EXPECT_EQ(done.out, "/d\n[a b][][--] A=1 TERM=xterm");
}

TEST_F(ExecFlow, ALostConnectionIs255WithAMessage) {
  const auto done = exec({kSession, "--", "x"}, vanish);

  EXPECT_EQ(done.status, 255);
  EXPECT_EQ(done.out, "half");
  EXPECT_THAT(done.err, HasSubstr("the connection ended before the command did"));
}

TEST_F(ExecFlow, AServerThatIsNotThereIs255WithAMessage) {
  auto variables = this->variables();
  variables["HELIX_URL"] = "http://127.0.0.1:1";

  const auto done = run_helix({"exec", kSession, "--", "x"}, variables);

  EXPECT_EQ(done.status, 255);
  EXPECT_THAT(done.err, HasSubstr("127.0.0.1:1"));
}

TEST_F(ExecFlow, ARefusalHasItsOwnStatus) {
  api_.on("GET /api/v1/sessions/" + kSession + "/exec",
          {{409, R"({"status":409,"code":"conflict","detail":"the session is stopped; start it"})"}});

  const auto done = run_helix({"exec", kSession, "--", "x"}, variables());

  EXPECT_EQ(done.status, 6);
  EXPECT_THAT(done.err, HasSubstr("the session is stopped"));
}

TEST_F(ExecFlow, WhatTheSessionCannotRunIs126) {
  const auto done = exec({"--cwd", "/nowhere", kSession, "--", "x"}, cannot_run);

  EXPECT_EQ(done.status, 126);
  EXPECT_THAT(done.err, HasSubstr("no directory /nowhere"));
}

TEST_F(ExecFlow, DetachPrintsTheProcessIdAndReturns) {
  const auto done = exec({"--detach", kSession, "--", "x"}, die_of_the_first_signal);

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, "42\n");
}

TEST_F(ExecFlow, EndsWhenNobodyReadsTheOutput) {
  api_.on_websocket(print_for_ever);
  std::signal(SIGPIPE, SIG_IGN);
  const support::Pipe in;
  support::Pipe out;
  const support::Pipe err;
  out.close_read();
  const Environment environment(variables());
  const base::SystemClock clock;

  const int status = run_program({"exec", kSession, "--", "x"}, environment, clock,
                                 {in.read_end(), out.write_end(), err.write_end()});

  EXPECT_EQ(status, kExitBrokenPipe);
}

TEST_F(ExecFlow, ForwardsSignals) {
  api_.on_websocket(die_of_the_first_signal);
  support::Pipe in;
  support::Pipe out;
  const support::Pipe err;
  in.close_write();
  const Environment environment(variables());
  const base::SystemClock clock;
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) {
    auto killing = std::async(std::launch::async, [&] {
      support::read_until(out.read_end(), "ready\n");
      ::kill(::getpid(), number);
    });

    const int status = run_program({"exec", kSession, "--", "x"}, environment, clock,
                                   {in.read_end(), out.write_end(), err.write_end()});

    killing.get();
    EXPECT_EQ(status, 128 + number);
  }
}

TEST_F(ExecFlow, ATerminalIsRawMeanwhileAndAsBeforeAfterwards) {
  api_.on_websocket(terminal);
  int master = -1;
  int slave = -1;
  winsize size{.ws_row = 43, .ws_col = 132, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
  termios before{};
  ASSERT_EQ(::tcgetattr(slave, &before), 0);
  const Environment environment(variables());
  const base::SystemClock clock;
  auto person = std::async(std::launch::async, [&] {
    auto seen = support::read_until(master, "ready\n");
    // In cooked mode the terminal itself would take this byte.
    [[maybe_unused]] const auto written = ::write(master, "\x03", 1);
    return seen;
  });

  const int status =
      run_program({"exec", "-t", kSession, "--", "x"}, environment, clock, {slave, slave, slave});

  EXPECT_EQ(status, 5);
  EXPECT_EQ(person.get(), "tty 132x43 xterm ready\n");  // a cooked terminal would have made it \r\n
  termios after{};
  ASSERT_EQ(::tcgetattr(slave, &after), 0);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  EXPECT_EQ(after.c_iflag, before.c_iflag);
  EXPECT_EQ(after.c_oflag, before.c_oflag);
  EXPECT_EQ(::fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
  ::close(master);
  ::close(slave);
}

TEST_F(ExecFlow, FindsTheSessionByItsName) {
  api_.on("GET /api/v1/sessions", {{200, R"({"sessions":[{"id":")" + kSession + R"(","name":"hello"}]})"}});

  const auto done = exec({"hello", "--", "x"}, print_both_and_exit_7);

  EXPECT_EQ(done.status, 7);
}

}  // namespace
}  // namespace cli
