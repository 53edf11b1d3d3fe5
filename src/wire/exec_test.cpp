#include "wire/exec.hpp"

#include <csignal>

#include <gtest/gtest.h>

namespace wire {
namespace {

TEST(Exec, StartRoundTrips) {
  ExecStart start;
  start.argv = {"sh", "-c", "echo \"ä\"\n", ""};
  start.env = {{"A", "1"}, {"B", ""}};
  start.cwd = "/tmp";
  start.tty = true;
  start.cols = 132;
  start.rows = 43;
  start.detach = true;

  const auto decoded = decode_exec_request(encode(ExecRequest(start)));

  ASSERT_TRUE(decoded);
  const auto& back = std::get<ExecStart>(*decoded);
  EXPECT_EQ(back.argv, start.argv);
  EXPECT_EQ(back.env, start.env);
  EXPECT_EQ(back.cwd, start.cwd);
  EXPECT_TRUE(back.tty);
  EXPECT_EQ(back.cols, 132);
  EXPECT_EQ(back.rows, 43);
  EXPECT_TRUE(back.detach);
}

TEST(Exec, TheOtherRequestsRoundTrip) {
  EXPECT_TRUE(
      std::holds_alternative<ExecStdinEof>(*decode_exec_request(encode(ExecRequest(ExecStdinEof{})))));

  const auto resize = decode_exec_request(encode(ExecRequest(ExecResize{.cols = 1, .rows = 10000})));
  ASSERT_TRUE(resize);
  EXPECT_EQ(std::get<ExecResize>(*resize).rows, 10000);

  const auto signal = decode_exec_request(encode(ExecRequest(ExecSignal{SIGUSR2})));
  ASSERT_TRUE(signal);
  EXPECT_EQ(std::get<ExecSignal>(*signal).number, SIGUSR2);
}

TEST(Exec, EventsRoundTrip) {
  EXPECT_EQ(std::get<ExecStarted>(*decode_exec_event(encode(ExecEvent(ExecStarted{4711})))).pid, 4711);
  EXPECT_EQ(std::get<ExecExit>(*decode_exec_event(encode(ExecEvent(ExecExit{137})))).status, 137);
  EXPECT_EQ(
      std::get<ExecFailed>(*decode_exec_event(encode(ExecEvent(ExecFailed{"no such program"})))).message,
      "no such program");
}

TEST(Exec, TakesDefaultsForWhatAClientLeavesOut) {
  const auto decoded = decode_exec_request(R"({"type":"start","argv":["true"],"newer":1})");

  ASSERT_TRUE(decoded);
  const auto& start = std::get<ExecStart>(*decoded);
  EXPECT_FALSE(start.tty);
  EXPECT_FALSE(start.detach);
  EXPECT_EQ(start.cols, 80);
}

TEST(Exec, NamesTheFieldThatBreaksARule) {
  const auto field_of = [](std::string_view text) {
    const auto decoded = decode_exec_request(text);
    return decoded ? std::string("none") : decoded.error().field();
  };

  EXPECT_EQ(field_of(R"({"type":"start"})"), "argv");
  EXPECT_EQ(field_of(R"({"type":"start","argv":[]})"), "argv");
  EXPECT_EQ(field_of(R"({"type":"start","argv":["a\u0000b"]})"), "argv");
  EXPECT_EQ(field_of(R"({"type":"start","argv":["a"],"env":{"A=B":"1"}})"), "env");
  EXPECT_EQ(field_of(R"({"type":"start","argv":["a"],"cols":0})"), "cols");
  EXPECT_EQ(field_of(R"({"type":"resize","cols":10001,"rows":1})"), "cols");
  EXPECT_EQ(field_of(R"({"type":"resize","cols":1})"), "rows");
  EXPECT_EQ(field_of(R"({"type":"signal","signal":"SEGV"})"), "signal");
  EXPECT_EQ(field_of(R"({"type":"dance"})"), "type");
}

TEST(Exec, RefusesWhatIsNoEvent) {
  for (const auto* text : {"", "[]", R"({"type":"exit"})", R"({"type":"exit","status":256})",
                           R"({"type":"started"})", R"({"type":"start","argv":["a"]})"})
    EXPECT_FALSE(decode_exec_event(text)) << text;
}

TEST(Exec, SignalNamesWorkWithAndWithoutSig) {
  EXPECT_EQ(parse_signal("INT"), SIGINT);
  EXPECT_EQ(parse_signal("SIGTERM"), SIGTERM);
  EXPECT_FALSE(parse_signal("int"));
  EXPECT_EQ(signal_name(SIGHUP), "HUP");
  EXPECT_EQ(signal_name(SIGSEGV), "");
}

}  // namespace
}  // namespace wire
