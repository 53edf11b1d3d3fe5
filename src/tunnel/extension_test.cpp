// The extensions raw and target: hub and runner against each other over real sockets, plain and TLS, with
// apps that the test plays itself.
#include <array>
#include <set>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include "io/tls_server.hpp"
#include "support/certificate.hpp"
#include "support/temporary_directory.hpp"
#include "support/tunnel_world.hpp"

namespace tunnel {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using support::quiet;

const auto kSession = wire::SessionId::parse("ses_01jd0000000000000000000000").value();
constexpr std::uint16_t kRefused = 1;
constexpr std::uint16_t kHeld = 2;  // connects when the gate opens

/// The session's ports: the test's own listeners.
class Ports : public TargetConnector {
 public:
  explicit Ports(const asio::any_io_executor& executor) : gate(executor) {
    gate.expires_at(asio::steady_timer::time_point::max());
  }

  io::Task<base::Result<io::StreamPtr>> connect(wire::SessionId session, std::uint16_t port) override {
    EXPECT_EQ(session, kSession);
    if (port == kRefused) co_return base::fail(ErrorCode::unavailable, words);
    if (port == kHeld) {
      ++held;
      co_await gate.async_wait(asio::as_tuple(asio::use_awaitable));
      port = held_port;
    }
    co_return co_await io::connect_tcp("127.0.0.1", port, 5s);
  }

  std::string words = "nothing answers (127.0.0.1: Connection refused; ::1: Connection refused)";
  asio::steady_timer gate;
  int held = 0;
  std::uint16_t held_port = 0;
};

struct Agreement {
  Extensions hub{true, true};
  bool raw = true;
  bool targets = true;
  bool tls = false;
};

HubLimits limits_of(const Agreement& setup) {
  HubLimits limits;
  limits.extensions = setup.hub;
  return limits;
}

struct World : support::TunnelWorld {
  explicit World(Agreement wanted = {})
      : TunnelWorld(limits_of(wanted)),
        setup(wanted),
        ports(loop.get_executor()),
        app_listener(std::move(io::Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        tls_listener(std::move(io::Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        runner(loop.get_executor(), runner_options(), local, random, quiet()) {
    tasks.spawn("runner", runner.run());
    if (!setup.tls) return;
    support::write_certificate(folder.path());
    context = *io::TlsContext::load({folder.path() / "tls.crt", folder.path() / "tls.key"}, quiet());
    auto entry = [this](io::StreamPtr stream, io::http::ConnectionInfo&) { return enter(std::move(stream)); };
    tasks.spawn("tls", server.run(*tls_listener, std::move(entry)));
  }

  io::Task<io::StreamPtr> enter(io::StreamPtr stream) {
    auto accepted = co_await io::accept_tls(std::move(stream), *context, io::Offer::http1, 5s);
    EXPECT_TRUE(accepted);
    if (!accepted) co_return nullptr;
    co_return std::move(accepted->stream);
  }

  RunnerOptions runner_options() {
    auto result = options("hydra-a");
    result.raw = setup.raw;
    if (setup.targets) result.targets = &ports;
    if (!setup.tls) return result;
    result.api = io::parse_endpoint("https://127.0.0.1:" + std::to_string(tls_listener->port())).value();
    result.insecure_skip_verify = true;
    return result;
  }

  io::Task<base::Result<io::StreamPtr>> dial_port(std::uint16_t port, std::chrono::milliseconds limit = 10s) {
    for (int i = 0; i < 2000 && !hub.connected("hydra-a"); ++i) co_await io::sleep_for(1ms);
    Target target{kSession, port};
    co_return co_await hub.dial_target("hydra-a", std::move(target), limit);
  }

  io::Task<io::StreamPtr> accept_app() {
    std::string peer;
    co_return co_await app_listener->accept(peer);
  }

  Agreement setup;
  Ports ports;
  std::unique_ptr<io::Listener> app_listener;
  std::unique_ptr<io::Listener> tls_listener;
  support::TemporaryDirectory folder;
  std::unique_ptr<io::TlsContext> context;
  Runner runner;
};

/// A client and an app with the tunnel between them.
struct Ends {
  io::StreamPtr client;
  io::StreamPtr app;
};

io::Task<Ends> connect(World& world) {
  auto client = co_await world.dial_port(world.app_listener->port());
  if (!client) throw std::runtime_error(client.error().message());
  Ends ends;
  ends.client = std::move(*client);
  ends.app = co_await world.accept_app();
  co_return ends;
}

/// The next bytes, "<end>" or "<reset>".
io::Task<std::string> next(io::Stream& stream) {
  std::string piece(64 * 1024, '\0');
  try {
    piece.resize(co_await stream.read_some(asio::buffer(piece)));
  } catch (const boost::system::system_error&) {
    co_return "<reset>";
  }
  co_return piece.empty() ? "<end>" : piece;
}

io::Task<std::string> read_exactly(io::Stream& stream, std::size_t size) {
  std::string all;
  std::string piece(64 * 1024, '\0');
  while (all.size() < size) {
    const std::size_t most = std::min(piece.size(), size - all.size());
    const std::size_t got = co_await stream.read_some(asio::buffer(piece.data(), most));
    if (got == 0) break;
    all.append(piece, 0, got);
  }
  co_return all;
}

io::Task<void> say(io::Stream& stream, std::string text) {
  co_await io::write_all(stream, asio::buffer(text));
}

/// Until nobody is there any more for what is written.
io::Task<void> until_gone(io::Stream& stream) {
  try {
    while (true) {
      co_await say(stream, "x");
      co_await io::sleep_for(1ms);
    }
  } catch (const boost::system::system_error&) {
  }
}

/// Writes until nothing more is taken.
io::Task<void> fill(io::Stream& stream) {
  struct Write {
    static io::Task<base::Result<void>> go(io::Stream& to) {
      static const std::string block(256 * 1024, 'b');
      co_await say(to, block);
      co_return base::Result<void>();
    }
  };
  while (true) {
    auto writing = Write::go(stream);
    const auto written = co_await io::within(500ms, std::move(writing));
    if (!written) co_return;
  }
}

// --- what is agreed on

io::Task<void> echo_through(World& world, io::StreamPtr stream, bool raw) {
  EXPECT_EQ(stream->has_half_close(), raw);
  std::string text(200'000, '\0');
  world.random.fill(std::as_writable_bytes(std::span(text)));
  io::TaskGroup writer(world.loop.get_executor(), quiet());
  writer.spawn("write", say(*stream, text));
  const auto answer = co_await read_exactly(*stream, text.size());
  co_await writer.join();
  EXPECT_TRUE(answer == text) << answer.size();
}

io::Task<void> dial_both_ways(World& world, bool raw, bool target) {
  auto port = co_await world.dial_port(world.echo_listener->port());
  EXPECT_EQ(port.has_value(), target);
  EXPECT_EQ(world.hub.knows_targets("hydra-a"), target);
  if (port) {
    co_await echo_through(world, std::move(*port), raw);
  } else {
    EXPECT_EQ(port.error().code(), ErrorCode::conflict);
  }
  auto plain = co_await world.hub.dial("hydra-a", 10s);
  EXPECT_TRUE(plain);
  if (plain) co_await echo_through(world, std::move(*plain), raw);
}

TEST(Extension, EachSideMayBeOld) {
  for (unsigned bits = 0; bits < 17; ++bits) {
    Agreement setup;
    setup.hub = {(bits & 1U) != 0, (bits & 2U) != 0};
    setup.raw = (bits & 4U) != 0;
    setup.targets = (bits & 8U) != 0;
    if (bits == 16) setup = Agreement();
    setup.tls = bits == 16;
    SCOPED_TRACE(bits);
    World world(setup);
    world.run(dial_both_ways(world, setup.hub.raw && setup.raw, setup.hub.target && setup.targets));
  }
}

TEST(Extension, NamesAreReadAmongUnknownOnes) {
  wire::Fields fields;
  fields.add("x-helix-tunnel", "pool=4 , TARGET,raws");
  fields.add("X-Helix-Tunnel", "raw");
  const auto both = Extensions::read(fields);
  EXPECT_TRUE(both.raw && both.target);

  wire::Fields none;
  Extensions{}.write(none);
  EXPECT_EQ(none.count("X-Helix-Tunnel"), 0U);
  Extensions{true, true}.write(none);
  EXPECT_EQ(none.find("X-Helix-Tunnel"), "raw, target");
}

io::Task<void> never_seen(World& world) {
  Target target{kSession, 80};
  const auto stream = co_await world.hub.dial_target("hydra-nobody", std::move(target), 5s);
  EXPECT_EQ(stream.error().code(), ErrorCode::unavailable);
  EXPECT_FALSE(world.hub.knows_targets("hydra-nobody"));
}

TEST(Extension, ARunnerNeverSeenIsUnavailable) {
  World world;
  world.run(never_seen(world));
}

// --- a target that refuses

io::Task<void> refuse(World& world) {
  const auto stream = co_await world.dial_port(kRefused);
  EXPECT_FALSE(stream);
  EXPECT_EQ(stream.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(stream.error().message(), world.ports.words);
}

TEST(Extension, ARefusalComesInTheRunnersOwnWords) {
  World world;
  world.run(refuse(world));
}

io::Task<void> refuse_with(World& world, std::string words, std::string expected) {
  world.ports.words = std::move(words);
  const auto stream = co_await world.dial_port(kRefused);
  EXPECT_FALSE(stream);
  EXPECT_EQ(stream.error().message(), expected);
  // The line was one that the hub could read: the control connection goes on.
  const auto again = co_await world.dial_port(world.echo_listener->port());
  EXPECT_TRUE(again);
  EXPECT_EQ(world.runner.connects(), 1U);
}

TEST(Extension, AnyWordsFitOneLine) {
  World world;
  world.run(refuse_with(world, "two\nlines \x01 \xff", "two?lines ? ?"));
  World other;
  other.run(refuse_with(other, std::string(10'000, '"'), std::string(512, '"')));
}

/// A control plane that names a target though the runner offered none.
struct RudeServer {
  io::Task<void> handle(io::http::Exchange& exchange) {
    EXPECT_EQ(exchange.request().fields.count("X-Helix-Tunnel"), 0U);
    auto channel = co_await io::websocket::accept(exchange);
    wire::ControlLine line{wire::ControlCommand::conn_ready, "/revdial?revdial.dialer=0&revdial.req=0", ""};
    line.target = wire::ControlTarget{kSession, 80};
    std::string text;
    wire::encode_control(line, text);
    co_await channel->write_binary(asio::buffer(text));
    std::array<char, 4096> buffer{};
    const auto size = co_await channel->read_bytes(asio::buffer(buffer));
    if (size) answer.assign(buffer.data(), *size);
  }
  std::string answer;
};

io::Task<void> until_answered(RudeServer& rude) {
  for (int i = 0; i < 5000 && rude.answer.empty(); ++i) co_await io::sleep_for(1ms);
}

TEST(Extension, ATargetIsNeverTakenForTheLocalOne) {
  support::TunnelWorld world;
  RudeServer rude;
  io::http::Server server(
      world.loop.get_executor(), [&](io::http::Exchange& exchange) { return rude.handle(exchange); }, {},
      quiet());
  auto listener = std::move(io::Listener::tcp(world.loop.get_executor(), "127.0.0.1", 0).value());
  auto options = world.options("hydra-a");
  options.api = io::parse_endpoint("http://127.0.0.1:" + std::to_string(listener->port())).value();
  options.raw = false;
  Runner runner(world.loop.get_executor(), options, world.local, world.random, quiet());
  world.tasks.spawn("runner", runner.run());
  world.tasks.spawn("server", server.run(*listener));

  struct Body {
    static io::Task<void> go(RudeServer& asked, io::http::Server& http) {
      co_await until_answered(asked);
      co_await http.close();
    }
  };
  world.run(Body::go(rude, server));

  EXPECT_NE(rude.answer.find("pickup-failed"), std::string::npos) << rude.answer;
  EXPECT_NE(rude.answer.find("knows no targets"), std::string::npos) << rude.answer;
}

// --- half-close

io::Task<void> half_close_client(World& world) {
  auto ends = co_await connect(world);
  co_await say(*ends.client, "question");
  co_await ends.client->shutdown_write();

  const auto question = co_await read_exactly(*ends.app, 9);  // one more than there is: to the end
  EXPECT_EQ(question, "question");
  co_await say(*ends.app, "answer");
  ends.app->close();

  const auto answer = co_await read_exactly(*ends.client, 7);
  EXPECT_EQ(answer, "answer");
}

io::Task<void> half_close_app(World& world) {
  auto ends = co_await connect(world);
  co_await say(*ends.app, "greeting");
  co_await ends.app->shutdown_write();

  const auto greeting = co_await read_exactly(*ends.client, 9);
  EXPECT_EQ(greeting, "greeting");
  co_await say(*ends.client, "still here");
  co_await ends.client->shutdown_write();

  const auto rest = co_await read_exactly(*ends.app, 11);
  EXPECT_EQ(rest, "still here");
}

TEST(Extension, TheEndOfOneDirectionDoesNotEndTheOther) {
  for (const bool tls : {false, true}) {
    SCOPED_TRACE(tls);
    Agreement setup;
    setup.tls = tls;
    World world(setup);
    world.run(half_close_client(world));
    World other(setup);
    other.run(half_close_app(other));
  }
}

// --- bytes right behind the heads

io::Task<std::string> read_until(io::Stream& stream, std::string mark) {
  std::string all;
  while (all.find(mark) == std::string::npos) {
    const auto piece = co_await next(stream);
    if (piece == "<end>" || piece == "<reset>") break;
    all += piece;
  }
  co_return all;
}

constexpr const char* kUpgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Version: 13\r\n";

/// A runner played by hand that does not wait for the 101.
io::Task<void> hasty_runner(World& world) {
  auto control = co_await io::connect_tcp("127.0.0.1", world.listener->port(), 5s);
  co_await say(**control, std::string("GET /api/v1/revdial?runnerid=hydra-b HTTP/1.1\r\nHost: h\r\n") +
                              kUpgrade + "X-Helix-Tunnel: raw\r\n\r\n");
  const auto head = co_await read_until(**control, "\r\n\r\n");
  EXPECT_NE(head.find("X-Helix-Tunnel: raw\r\n"), std::string::npos) << head;
  struct Dial {
    static io::Task<void> go(Hub& hub, std::string& got) {
      auto stream = co_await hub.dial("hydra-b", 10s);
      EXPECT_TRUE(stream);
      if (!stream) co_return;
      EXPECT_TRUE((*stream)->has_half_close());
      got = co_await read_exactly(**stream, 5);
      co_await say(**stream, "back");
      co_await (*stream)->shutdown_write();
      const auto end = co_await next(**stream);
      EXPECT_EQ(end, "<end>");
    }
  };
  std::string got;
  io::TaskGroup dials(world.loop.get_executor(), quiet());
  dials.spawn("dial", Dial::go(world.hub, got));
  const auto lines = co_await read_until(**control, "revdial.req=");
  const auto from = lines.find("revdial.dialer=");
  const std::string path = "/api/v1/revdial?" + lines.substr(from, lines.find('"', from) - from);

  auto data = co_await io::connect_tcp("127.0.0.1", world.listener->port(), 5s);
  co_await say(**data,
               "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + kUpgrade + "X-Helix-Tunnel: raw\r\n\r\nearly");
  const auto answer = co_await read_until(**data, "back");
  EXPECT_TRUE(answer.ends_with("\r\n\r\nback")) << answer;
  (*data)->close();
  co_await dials.join();
  EXPECT_EQ(got, "early");
}

TEST(Extension, BytesBehindTheRunnersRequestAreKept) {
  World world;
  world.run(hasty_runner(world));
}

/// A control plane played by hand whose bytes come in one piece with its 101.
io::Task<void> hasty_server(World& world) {
  auto listener = std::move(io::Listener::tcp(world.loop.get_executor(), "127.0.0.1", 0).value());
  auto options = world.options("hydra-c");
  options.api = io::parse_endpoint("http://127.0.0.1:" + std::to_string(listener->port())).value();
  options.targets = &world.ports;
  Runner runner(world.loop.get_executor(), options, world.local, world.random, quiet());
  io::TaskGroup tasks(world.loop.get_executor(), quiet());
  tasks.spawn("runner", runner.run());
  std::string peer;
  const auto switched = [](const std::string& head) {
    constexpr std::string_view kName = "Sec-WebSocket-Key: ";
    const auto at = head.find(kName) + kName.size();
    const auto accept = wire::websocket_accept(head.substr(at, head.find("\r\n", at) - at));
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "X-Helix-Tunnel: raw, target, pool=4\r\nSec-WebSocket-Accept: " +
           accept + "\r\n\r\n";
  };
  const auto control = co_await listener->accept(peer);
  const auto asked = co_await read_until(*control, "\r\n\r\n");
  EXPECT_NE(asked.find("X-Helix-Tunnel: raw, target\r\n"), std::string::npos) << asked;
  wire::ControlLine line{wire::ControlCommand::conn_ready, "/revdial?revdial.dialer=0&revdial.req=0", ""};
  line.target = wire::ControlTarget{kSession, world.app_listener->port()};
  std::string text;
  wire::encode_control(line, text);
  wire::WebSocketHeader header;
  header.opcode = wire::WebSocketOpcode::binary;
  header.length = text.size();
  std::string frame;
  wire::encode_websocket_header(header, frame);
  co_await say(*control, switched(asked) + frame + text);

  const auto app = co_await world.accept_app();
  const auto data = co_await listener->accept(peer);
  const auto request = co_await read_until(*data, "\r\n\r\n");
  EXPECT_NE(request.find("X-Helix-Tunnel: raw\r\n"), std::string::npos) << request;
  co_await say(*data, switched(request) + "early");
  const auto early = co_await read_exactly(*app, 5);
  EXPECT_EQ(early, "early");
  tasks.cancel();
  co_await tasks.join();
}

TEST(Extension, BytesBehindTheServersAnswerAreKept) {
  World world;
  world.run(hasty_server(world));
}

// --- aborts

/// The app neither reads nor writes: only the tunnel can tell the runner.
io::Task<void> until_released(World& world) {
  while (world.runner.data_connections() > 0) co_await io::sleep_for(1ms);
}

io::Task<void> client_resets(World& world) {
  auto ends = co_await connect(world);
  co_await say(*ends.client, "half a question");
  co_await read_exactly(*ends.app, 15);
  ends.client->reset();
  const auto seen = co_await next(*ends.app);
  EXPECT_EQ(seen, "<reset>");
}

io::Task<void> client_closes(World& world) {
  auto ends = co_await connect(world);
  co_await say(*ends.client, "question");
  ends.client->close();
  const auto question = co_await next(*ends.app);
  EXPECT_EQ(question, "question");
  const auto seen = co_await next(*ends.app);
  // Over TLS there is no end without close_notify.
  EXPECT_EQ(seen, world.setup.tls ? "<reset>" : "<end>");
  co_await until_gone(*ends.app);
}

io::Task<void> client_leaves_an_app_that_never_reads(World& world) {
  auto ends = co_await connect(world);
  co_await fill(*ends.client);
  ends.client->close();
  co_await ends.app->broken();
}

io::Task<void> client_leaves_after_its_half_close(World& world) {
  auto ends = co_await connect(world);
  co_await ends.client->shutdown_write();
  const auto end = co_await next(*ends.app);
  EXPECT_EQ(end, "<end>");
  ends.client->reset();
  co_await until_released(world);
}

io::Task<void> client_leaves_a_silent_app(World& world) {
  auto ends = co_await connect(world);
  co_await say(*ends.client, "question");
  EXPECT_EQ(world.runner.data_connections(), 1U);
  ends.client->close();
  co_await until_released(world);
}

io::Task<void> app_dies(World& world) {
  auto ends = co_await connect(world);
  co_await say(*ends.app, "half an ans");
  const auto half = co_await next(*ends.client);
  EXPECT_EQ(half, "half an ans");
  ends.app->reset();
  const auto seen = co_await next(*ends.client);
  EXPECT_EQ(seen, "<reset>");
}

io::Task<void> app_dies_after_its_last_words(World& world) {
  auto ends = co_await connect(world);
  co_await say(*ends.client, "a body that nobody reads");
  const auto one = co_await read_exactly(*ends.app, 1);
  EXPECT_EQ(one, "a");
  co_await say(*ends.app, "413");
  ends.app->close();  // over unread bytes: TCP sends a reset behind the answer
  const auto answer = co_await read_exactly(*ends.client, 3);
  EXPECT_EQ(answer, "413");
  const auto seen = co_await next(*ends.client);
  EXPECT_EQ(seen, "<reset>");
}

io::Task<void> app_dies_before_a_client_that_never_reads(World& world) {
  auto ends = co_await connect(world);
  co_await fill(*ends.app);
  ends.app->reset();
  co_await ends.client->broken();
}

io::Task<void> runner_dies(World& world) {
  auto ends = co_await connect(world);
  world.tasks.cancel();
  const auto client = co_await next(*ends.client);
  EXPECT_EQ(client, "<reset>");
  const auto app = co_await next(*ends.app);
  EXPECT_EQ(app, "<reset>");
}

using Flow = io::Task<void> (*)(World&);

class Abort : public testing::TestWithParam<std::pair<const char*, Flow>> {};

TEST_P(Abort, ReachesTheOtherSide) {
  World world;
  world.run(GetParam().second(world));
}

TEST_P(Abort, ReachesTheOtherSideOverTls) {
  Agreement setup;
  setup.tls = true;
  World world(setup);
  world.run(GetParam().second(world));
}

INSTANTIATE_TEST_SUITE_P(
    All, Abort,
    testing::Values(std::pair<const char*, Flow>{"ClientResets", client_resets},
                    std::pair<const char*, Flow>{"ClientCloses", client_closes},
                    std::pair<const char*, Flow>{"ClientLeavesAnAppThatNeverReads",
                                                 client_leaves_an_app_that_never_reads},
                    std::pair<const char*, Flow>{"ClientLeavesASilentApp", client_leaves_a_silent_app},
                    std::pair<const char*, Flow>{"ClientLeavesAfterItsHalfClose",
                                                 client_leaves_after_its_half_close},
                    std::pair<const char*, Flow>{"AppDies", app_dies},
                    std::pair<const char*, Flow>{"AppDiesAfterItsLastWords", app_dies_after_its_last_words},
                    std::pair<const char*, Flow>{"AppDiesBeforeAClientThatNeverReads",
                                                 app_dies_before_a_client_that_never_reads},
                    std::pair<const char*, Flow>{"RunnerDies", runner_dies}),
    [](const auto& pair) { return std::string(pair.param.first); });

// --- dials that are given up

io::Task<void> give_up(World& world) {
  world.ports.held_port = world.app_listener->port();
  struct Dial {
    static io::Task<void> go(World& at) {
      const auto stream = co_await at.dial_port(kHeld);
      EXPECT_FALSE(stream) << "cancelled before it could succeed";
    }
  };
  io::TaskGroup dials(world.loop.get_executor(), quiet());
  dials.spawn("dial", Dial::go(world));
  for (int i = 0; i < 2000 && world.ports.held == 0; ++i) co_await io::sleep_for(1ms);
  dials.cancel();
  co_await dials.join();

  world.ports.gate.cancel();  // now the runner reaches the port, and offers a data connection to nobody
  const auto app = co_await world.accept_app();
  co_await until_released(world);
}

TEST(Extension, ADialGivenUpLeavesNothingBehind) {
  for (const bool tls : {false, true}) {
    SCOPED_TRACE(tls);
    Agreement setup;
    setup.tls = tls;
    World world(setup);
    world.run(give_up(world));
  }
}

io::Task<void> too_slow(World& world) {
  world.ports.held_port = world.app_listener->port();
  const auto stream = co_await world.dial_port(kHeld, 20ms);
  EXPECT_EQ(stream.error().code(), ErrorCode::timed_out);
  world.ports.gate.cancel();
  const auto app = co_await world.accept_app();
  co_await until_released(world);
}

TEST(Extension, ADialThatTimesOutLeavesNothingBehind) {
  World world;
  world.run(too_slow(world));
}

// --- many, and much

io::Task<void> ask(World& world, int number, std::set<int>& done) {
  auto stream = co_await world.dial_port(world.echo_listener->port());
  EXPECT_TRUE(stream);
  if (!stream) co_return;
  const std::string text = "number " + std::to_string(number) + std::string(1000, '.');
  co_await say(**stream, text);
  co_await (*stream)->shutdown_write();
  const auto answer = co_await read_exactly(**stream, text.size() + 1);
  EXPECT_EQ(answer, text);
  done.insert(number);
}

io::Task<void> hundred(World& world) {
  std::set<int> done;
  io::TaskGroup asks(world.loop.get_executor(), quiet());
  for (int i = 0; i < 100; ++i) asks.spawn("ask", ask(world, i, done));
  co_await asks.join();
  EXPECT_EQ(done.size(), 100U);
}

TEST(Extension, ManyDialsAtOnceAreNotMixed) {
  World world;
  world.run(hundred(world));
}

io::Task<void> write_in_pieces(World& world, io::Stream& stream, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto wish = static_cast<std::size_t>(base::random_fraction(world.random) * 100'000.0) + 1;
    const std::size_t size = std::min(wish, text.size() - at);
    co_await io::write_all(stream, asio::buffer(text.data() + at, size));
    at += size;
  }
  co_await stream.shutdown_write();
}

io::Task<void> much(World& world) {
  auto ends = co_await connect(world);
  std::string up(3'000'000, '\0');
  std::string down(3'000'000, '\0');
  world.random.fill(std::as_writable_bytes(std::span(up)));
  world.random.fill(std::as_writable_bytes(std::span(down)));
  io::TaskGroup writers(world.loop.get_executor(), quiet());
  writers.spawn("up", write_in_pieces(world, *ends.client, up));
  writers.spawn("down", write_in_pieces(world, *ends.app, down));
  std::string got_up;
  struct Read {
    static io::Task<void> go(io::Stream& stream, std::size_t size, std::string& out) {
      out = co_await read_exactly(stream, size);
    }
  };
  writers.spawn("read", Read::go(*ends.app, up.size() + 1, got_up));
  const auto got_down = co_await read_exactly(*ends.client, down.size() + 1);
  co_await writers.join();
  EXPECT_TRUE(got_up == up) << got_up.size();
  EXPECT_TRUE(got_down == down) << got_down.size();
}

TEST(Extension, CarriesMuchBothWaysAtOnce) {
  for (const bool tls : {false, true}) {
    SCOPED_TRACE(tls);
    Agreement setup;
    setup.tls = tls;
    World world(setup);
    world.run(much(world));
  }
}

}  // namespace
}  // namespace tunnel
