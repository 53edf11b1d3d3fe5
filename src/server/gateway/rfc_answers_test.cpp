// RFC 9110 and 9112 at socket level, answers: interim ones, those without a body, early ones, switched
// protocols, what an app may not set, and a target that is not up.
#include <gtest/gtest.h>

#include "support/gateway_world.hpp"

namespace server {
namespace {

using support::AppScript;
using support::GatewayWorld;
using support::kEnd;
using Way = AppRequest::Way;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::string kGet = "GET / HTTP/1.1\r\nHost: App.Example:30001\r\nConnection: close\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct Passed {
  const char* name;
  std::string request;
  std::string answer;               // of the app, which closes behind it
  std::vector<std::string> client;  // what the client gets, in this order
  std::vector<std::string> lacks;   // and what not
};

void expect_passed(GatewayWorld& world, const std::vector<Passed>& rows) {
  world.script.end = AppScript::End::close;
  world.run([&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      at.script.answer = row.answer;
      const auto answer = co_await at.ask(row.request);
      std::size_t from = 0;
      for (const auto& part : row.client) {
        const auto found = answer.find(part, from);
        EXPECT_NE(found, std::string::npos) << part << " in " << answer;
        if (found != std::string::npos) from = found + part.size();
      }
      for (const auto& part : row.lacks) EXPECT_FALSE(has(answer, part)) << part << " in " << answer;
    }
  });
}

TEST(RfcAnswers, PassInterimOnesAsTheyCome) {
  const std::string old = "GET / HTTP/1.0\r\nHost: h\r\n\r\n";
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  GatewayWorld world;
  expect_passed(world,
                {{"100",
                  kGet,
                  "HTTP/1.1 100 Continue\r\n\r\n" + kOk,
                  {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
                  {}},
                 {"102",
                  kGet,
                  "HTTP/1.1 102 Processing\r\n\r\n" + kOk,
                  {"HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 200"},
                  {}},
                 {"103", kGet, hints + kOk, {hints, "HTTP/1.1 200 OK\r\n"}, {}},
                 {"several",
                  kGet,
                  hints + "HTTP/1.1 100 Continue\r\n\r\n" + hints + kOk,
                  {hints, "HTTP/1.1 100 Continue\r\n\r\n", hints, "HTTP/1.1 200 OK\r\n"},
                  {}},
                 {"of no known number",
                  kGet,
                  "HTTP/1.1 199 Own\r\nX-A: 1\r\n\r\n" + kOk,
                  {"HTTP/1.1 199 Own\r\nX-A: 1\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
                  {}},
                 {"with framing, which is dropped",
                  kGet,
                  "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" + kOk,
                  {"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"},
                  {}},
                 {"with hop-by-hop fields, which are dropped",
                  kGet,
                  "HTTP/1.1 103 Early Hints\r\nConnection: X-A\r\nX-A: 1\r\nKeep-Alive: 5\r\n\r\n" + kOk,
                  {"HTTP/1.1 103 Early Hints\r\n\r\n"},
                  {}},
                 {"never to HTTP/1.0",
                  old,
                  hints + "HTTP/1.1 100 Continue\r\n\r\n" + kOk,
                  {"HTTP/1.1 200 OK\r\n"},
                  {"Hints", "Continue"}},
                 {"and then nothing", kGet, hints, {hints, "HTTP/1.1 502 "}, {}}});
}

TEST(RfcAnswers, HaveNoBodyWhereThereIsNone) {
  const std::string head = "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const std::string end = "\r\n\r\n" + std::string(kEnd);
  GatewayWorld world;
  expect_passed(world, {{"HEAD with a length",
                         head,
                         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                         {"Content-Length: 5\r\n", end},
                         {}},
                        {"HEAD with chunks",
                         head,
                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                         {"HTTP/1.1 200 OK\r\n", end},
                         {"\r\n0\r\n"}},
                        {"HEAD with a body that must not be there",
                         head,
                         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                         {"Content-Length: 5\r\n", end},
                         {"hello"}},
                        {"204",
                         kGet,
                         "HTTP/1.1 204 No Content\r\n\r\n",
                         {"HTTP/1.1 204 No Content\r\n", end},
                         {"Content-Length"}},
                        {"204 with a length, which it must not have",
                         kGet,
                         "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
                         {"HTTP/1.1 204 No Content\r\n", end},
                         {"Content-Length", "hello"}},
                        {"304 with the length that a 200 would have",
                         kGet,
                         "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
                         {"HTTP/1.1 304 Not Modified\r\n", "Content-Length: 5\r\n", end},
                         {}},
                        {"200 of nothing",
                         kGet,
                         "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                         {"Content-Length: 0\r\n", end},
                         {}},
                        {"205 of nothing",
                         kGet,
                         "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
                         {"HTTP/1.1 205 ", end},
                         {}}});
}

TEST(RfcAnswers, KeepTheirStatusAndFields) {
  GatewayWorld world;
  expect_passed(world,
                {{"a status of the app's own",
                  kGet,
                  "HTTP/1.1 799 Own Words\r\nContent-Length: 0\r\n\r\n",
                  {"HTTP/1.1 799 Own Words\r\n"},
                  {}},
                 {"no reason", kGet, "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", {"HTTP/1.1 404 "}, {}},
                 {"a redirect, wherever to",
                  kGet,
                  "HTTP/1.1 302 Found\r\nLocation: //other/../%2f\r\nContent-Length: 0\r\n\r\n",
                  {"Location: //other/../%2f\r\n"},
                  {}},
                 {"the app's own 401",
                  kGet,
                  "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
                  {"HTTP/1.1 401 Unauthorized\r\n", "WWW-Authenticate: Basic\r\n"},
                  {}},
                 {"the app's own 503, also with our mark",
                  kGet,
                  "HTTP/1.1 503 Busy\r\nX-Helix-Unreachable: 1\r\nContent-Length: 4\r\n\r\nmine",
                  {"HTTP/1.1 503 Busy\r\n", "mine"},
                  {}},
                 {"fields in order, also twice",
                  kGet,
                  "HTTP/1.1 200 OK\r\nX-B: 2\r\nx-a: 1\r\nX-B: \xe9\r\nContent-Length: 0\r\n\r\n",
                  {"X-B: 2\r\nx-a: 1\r\nX-B: \xe9\r\n"},
                  {}},
                 {"hop by hop and what Connection names",
                  kGet,
                  "HTTP/1.1 200 OK\r\nConnection: X-A, Set-Cookie, Content-Length\r\nX-A: 1\r\nKeep-Alive: "
                  "5\r\nSet-Cookie: a=b\r\n"
                  "Upgrade: h2c\r\nContent-Length: 2\r\n\r\nok",
                  {"Set-Cookie: a=b\r\nContent-Length: 2\r\n"},
                  {"X-A", "Keep-Alive", "Upgrade"}},
                 {"HTTP/1.0",
                  kGet,
                  "HTTP/1.0 200 OK\r\n\r\nold",
                  {"HTTP/1.1 200 OK\r\n", "3\r\nold\r\n0\r\n\r\n"},
                  {}}});
}

TEST(RfcAnswers, SetNoCookieBeyondTheAppsOwnHost) {
  const std::string cookies =
      "Set-Cookie: a=1; Path=/\r\nSet-Cookie: helix_session=x\r\nset-cookie: =HELIX_app=x\r\nSet-Cookie: "
      "b=2; Domain=example\r\n"
      "Set-Cookie: c=3; domain=.app.example; HttpOnly\r\nSet-Cookie:\t__host-helix_app=x; Secure; "
      "Path=/\r\nSet-Cookie: d\r\n";
  const std::vector<std::string> kept{
      "Set-Cookie: a=1; Path=/\r\nSet-Cookie: c=3; HttpOnly\r\nSet-Cookie: d\r\n"};
  const std::vector<std::string> lacks{"elix_", "b=2", "omain"};
  for (const auto way : {Way::host, Way::port}) {
    GatewayWorld world;
    world.request.way = way;
    expect_passed(
        world, {{"final", kGet, "HTTP/1.1 200 OK\r\n" + cookies + "Content-Length: 0\r\n\r\n", kept, lacks},
                {"interim", kGet, "HTTP/1.1 103 Early Hints\r\n" + cookies + "\r\n" + kOk, kept, lacks}});
  }
}

TEST(RfcAnswers, ByPathReachNothingBeyondThePage) {
  const std::string beyond =
      "Set-Cookie: a=1\r\nset-cookie2: b=1\r\nClear-Site-Data: \"*\"\r\nService-Worker-Allowed: /\r\n"
      "Strict-Transport-Security: max-age=1\r\nALT-SVC: h3=\":1\"\r\nX-A: 1\r\n";
  const std::vector<std::string> lacks{"a=1",    "b=1", "Clear-Site", "Service-Worker", "Strict-Transport",
                                       "ALT-SVC"};
  const std::string socket = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  GatewayWorld world;
  world.request.way = Way::path;
  expect_passed(
      world,
      {{"final",
        kGet,
        "HTTP/1.1 200 OK\r\n" + beyond +
            "Content-Security-Policy: default-src *\r\nContent-Length: 0\r\n\r\n",
        {"X-A: 1\r\n", "Content-Security-Policy: default-src *\r\n", "Content-Security-Policy: sandbox "},
        lacks},
       {"interim", kGet, "HTTP/1.1 103 Early Hints\r\n" + beyond + "\r\n" + kOk, {"X-A: 1\r\n"}, lacks},
       {"switched",
        socket,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + beyond + "\r\n",
        {"HTTP/1.1 101 ", "X-A: 1\r\n"},
        lacks},
       {"trailers",
        kGet,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + beyond + "\r\n",
        {"\r\n0\r\nX-A: 1\r\n\r\n"},
        lacks}});
}

TEST(RfcAnswers, OfAPortDoNotMoveItsWholeHostToHttps) {
  const std::string field = "Strict-Transport-Security: max-age=1\r\n";
  const std::string answer = "HTTP/1.1 200 OK\r\n" + field + "X-A: 1\r\nContent-Length: 0\r\n\r\n";
  {
    GatewayWorld world;
    world.request.way = Way::port;
    expect_passed(world, {{"a port shares its host", kGet, answer, {"X-A: 1\r\n"}, {"Strict-Transport"}}});
  }
  GatewayWorld world;
  world.request.way = Way::host;
  expect_passed(world, {{"a host name is its own", kGet, answer, {field, "X-A: 1\r\n"}, {}}});
}

TEST(RfcAnswers, SwitchProtocolsOnlyAsAsked) {
  const std::string ask =
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const std::string switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n";
  GatewayWorld world;
  expect_passed(world,
                {{"unasked", kGet, switched + "Upgrade: websocket\r\n\r\nx", {"HTTP/1.1 502 "}, {}},
                 {"by HTTP/1.0",
                  "GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                  switched + "Upgrade: websocket\r\n\r\nx",
                  {"HTTP/1.1 502 "},
                  {}},
                 {"to another one", ask, switched + "Upgrade: h2c\r\n\r\nx", {"HTTP/1.1 502 "}, {}},
                 {"to none", ask, switched + "\r\nx", {"HTTP/1.1 502 "}, {}},
                 {"before the whole request",
                  "POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: "
                  "websocket\r\nContent-Length: 5\r\n\r\nhal",
                  switched + "Upgrade: websocket\r\n\r\nx",
                  {"HTTP/1.1 502 "},
                  {}},
                 {"as asked",
                  ask,
                  switched + "Upgrade: websocket\r\nContent-Length: 5\r\n\r\nx",
                  {"HTTP/1.1 101 ", "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nx"},
                  {"Content-Length"}},
                 {"to one of two",
                  "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: irc/6.9, websocket\r\n\r\n",
                  switched + "Upgrade: websocket\r\n\r\nx",
                  {"HTTP/1.1 101 ", "Upgrade: websocket\r\n\r\nx"},
                  {}},
                 {"not at all",
                  ask,
                  "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno",
                  {"HTTP/1.1 426 ", "no"},
                  {}}});
}

TEST(RfcAnswers, ComeDuringTheUploadThatTheyAnswer) {
  for (const std::string framing : {"Content-Length: 100000000", "Transfer-Encoding: chunked"}) {
    GatewayWorld world;
    world.script.answer = "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno";
    world.script.end = AppScript::End::close;
    world.run([&](GatewayWorld& at) -> io::Task<void> {
      auto stream = co_await at.open();
      co_await support::say(*stream, "POST / HTTP/1.1\r\nHost: h\r\n" + framing + "\r\n\r\n");
      if (has(framing, "chunked")) co_await support::say(*stream, "5\r\nhello\r\n");
      const auto answer = co_await support::read_until(*stream, "");
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 No\r\n")) << answer;
      EXPECT_TRUE(has(answer, "Connection: close\r\n")) << answer;
      EXPECT_TRUE(answer.ends_with("no" + std::string(kEnd))) << answer;
    });
  }
}

TEST(RfcAnswers, LeaveExpectToTheApp) {
  GatewayWorld world;
  world.script.behave = [](io::Stream& stream, std::string& got) -> io::Task<void> {
    co_await support::read_into(stream, got, "\r\n\r\n");
    co_await support::say(stream, "HTTP/1.1 100 Continue\r\n\r\n");
    co_await support::read_into(stream, got, "hello");
    co_await support::say(stream, kOk);
  };
  world.run([](GatewayWorld& at) -> io::Task<void> {
    auto stream = co_await at.open();
    co_await support::say(*stream,
                          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"
                          "Connection: close\r\n\r\n");
    const auto interim = co_await support::read_until(*stream, "\r\n\r\n");
    EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_TRUE(at.got.front().ends_with("\r\n\r\n")) << "the body was sent before it was asked for";
    co_await support::say(*stream, "hello");
    const auto answer = co_await support::read_until(*stream, "");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(has(at.got.front(), "Expect: 100-continue\r\n")) << at.got.front();
  });
}

TEST(RfcAnswers, TellWhichAddressRefused) {
  GatewayWorld world;
  world.refusal = "127.0.0.1:3000 refused, [::1]:3000 refused, 172.20.0.2:3000 refused <b>";
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto program = co_await at.ask(kGet);
    EXPECT_TRUE(program.starts_with("HTTP/1.1 503 ")) << program;
    EXPECT_TRUE(has(program, "application/problem+json")) << program;
    EXPECT_TRUE(has(program, "[::1]:3000 refused, 172.20.0.2:3000 refused")) << program;
    const auto browser =
        co_await at.ask("GET / HTTP/1.1\r\nHost: h\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(has(browser, "http-equiv=\"refresh\"")) << browser;
    EXPECT_TRUE(has(browser, "127.0.0.1:3000 refused")) << browser;
    EXPECT_FALSE(has(browser, "<b>")) << "text of the sandbox is not markup";
    EXPECT_EQ(at.dials, 2) << "a port that said no is not asked again";
  });
}

TEST(RfcAnswers, AreAskedForOnceMoreWhenNothingWasSent) {
  tunnel::HubLimits hub;
  hub.pickup = std::chrono::milliseconds(300);
  GatewayWorld world(GatewayWorld::Carrier::raw, {}, hub);
  world.first_dial_takes = std::chrono::seconds(5);
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto answer =
        co_await at.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_EQ(at.dials, 2);
  });
}

TEST(RfcAnswers, ComeByHydraFromARunnerThatKnowsNoTargets) {
  GatewayWorld world(GatewayWorld::Carrier::hydra);
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto whole = co_await at.ask(kGet);
    EXPECT_TRUE(has(whole, "\r\n\r\nok")) << whole;
    EXPECT_TRUE(at.got.front().starts_with("GET /api/v1/dev-containers/" + at.request.session.text() +
                                           "/proxy/3000/ HTTP/1.1"))
        << at.got.front();

    at.script.answer =
        "HTTP/1.1 503 x\r\nX-Helix-Unreachable: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "37\r\n{\"status\":503,\"title\":\"t\",\"detail\":\"127.0.0.1 refused\"}\r\n0\r\n\r\n";
    const auto refused = co_await at.ask(kGet);
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
    EXPECT_TRUE(has(refused, "127.0.0.1 refused")) << refused;
    EXPECT_TRUE(has(refused, "Retry-After: 2\r\n")) << refused;

    at.request.protocol = "h2c";
    const auto newer = co_await at.ask(kGet);
    EXPECT_TRUE(newer.starts_with("HTTP/1.1 503 ")) << newer;
    EXPECT_TRUE(has(newer, "HTTP/1.1 only")) << newer;
  });
}

/// Says what it was asked, with a trailer.
io::Task<void> tell_request(io::http::Exchange& exchange) {
  const auto body = co_await exchange.read_body(1024);
  const auto& head = exchange.request();
  std::string text = head.method + " " + head.target + " " +
                     std::string(head.fields.find("Host").value_or("")) + " " +
                     std::string(head.fields.find("X-Forwarded-For").value_or("")) + " " + body.value_or("") +
                     " " + std::string(exchange.trailers().find("T").value_or(""));
  wire::ResponseHead answer;
  answer.fields.add("Content-Type", "application/grpc");
  co_await exchange.start_response(std::move(answer));
  co_await exchange.write_body(io::asio::buffer(text));
  wire::Fields trailers;
  trailers.add("grpc-status", "0");
  co_await exchange.finish(std::move(trailers));
}

TEST(RfcAnswers, ComeOverHttp2FromAnAppThatSpeaksIt) {
  for (const auto carrier : {GatewayWorld::Carrier::raw, GatewayWorld::Carrier::framed}) {
    GatewayWorld world(carrier);
    world.request.protocol = "h2c";
    world.script.handle = tell_request;
    world.run([](GatewayWorld& at) -> io::Task<void> {
      const auto answer = co_await at.ask(
          "POST /a%2F?b HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nConnection: "
          "close\r\n\r\n"
          "5\r\nhello\r\n0\r\nT: 1\r\n\r\n");
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
      EXPECT_TRUE(has(answer, "POST /a%2F?b h 127.0.0.1 hello 1\r\n")) << answer;
      EXPECT_TRUE(has(answer, "0\r\ngrpc-status: 0\r\n\r\n")) << answer;
    });
  }
}

TEST(RfcAnswers, AreNoneFromAnAppThatSpeaksAnotherHttpThanTheExposureSays) {
  GatewayWorld world;
  world.request.protocol = "h2c";
  world.script.wait_for = "SM";
  world.script.answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  world.script.end = AppScript::End::close;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto answer = co_await at.ask(kGet);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << answer;
  });
}

}  // namespace
}  // namespace server
