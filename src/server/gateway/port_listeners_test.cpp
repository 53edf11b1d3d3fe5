// Allocated ports: what listens where, what it says when it cannot, and raw TCP through it.
#include "server/gateway/port_listeners.hpp"

#include "support/app_world.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

class Ports : public support::AppWorld {
 public:
  Ports() { options_.ports.retry = 5ms; }
  io::Task<io::StreamPtr> connect(int port) {
    auto stream = co_await io::connect_tcp("127.0.0.1", static_cast<std::uint16_t>(port), 5s);
    co_return stream ? std::move(*stream) : nullptr;
  }
  /// The same for one that may be reset before it is there.
  static io::Task<std::string> read_all(io::StreamPtr stream) {
    if (!stream) co_return "<cut>";
    co_return co_await read_all(*stream);
  }
  /// All that comes until the end; "<cut>" where there is none.
  static io::Task<std::string> read_all(io::Stream& stream) {
    std::string text;
    std::array<char, 4096> buffer{};
    try {
      for (;;) {
        const auto size = co_await stream.read_some(boost::asio::buffer(buffer));
        if (size == 0) co_return text;
        text.append(buffer.data(), size);
      }
    } catch (const boost::system::system_error&) {
      text += "<cut>";
    }
    co_return text;
  }
  /// Reads to the end, says all of it again, ends: what only half-close can carry.
  static io::Task<void> echo_after_end(io::Listener& listener) {
    for (;;) {
      std::string peer;
      auto stream = co_await listener.accept(peer);
      const auto text = co_await read_all(*stream);
      const std::string again = "got " + text;
      co_await io::write_all(*stream, boost::asio::buffer(again));
      co_await stream->shutdown_write();
    }
  }
  io::Task<int> expose_tcp(std::string members = "") {
    const auto made = co_await ask(201, "POST", api() + "/expose", ada,
                                   R"({"port":5432,"protocol":"tcp")" + std::move(members) + "}");
    co_return made.at("allocated_port").to_number<int>();
  }
  io::Task<std::string> status_of(int index) {
    const auto list = co_await ask(200, "GET", api() + "/expose", ada);
    co_return std::string(
        list.at("exposed_ports").as_array().at(static_cast<std::size_t>(index)).at("status").as_string());
  }
};

TEST_F(Ports, HoldsAPortFromItsExposureToItsEndOverRestarts) {
  const auto body = [](Ports& t) -> io::Task<void> {
    const auto made = co_await t.expose();
    const int port = made.at("allocated_port").to_number<int>();
    EXPECT_GE(port, t.options_.gateway.ports->first);
    EXPECT_LE(port, t.options_.gateway.ports->last);
    const auto taken =
        io::Listener::tcp(t.loop_.get_executor(), "127.0.0.1", static_cast<std::uint16_t>(port));
    EXPECT_FALSE(taken) << "it is bound";
    support::Browser program;
    wire::Fields key;
    key.add("X-Helix-Authorization", "Bearer " + t.ada);
    EXPECT_EQ((co_await program.call("GET", port_url(port) + "/", key)).body, "hello from the app");

    // The same exposure again keeps it.
    const auto again = co_await t.ask(200, "POST", t.api() + "/expose", t.ada, R"({"port":3000})");
    EXPECT_EQ(again.at("allocated_port").to_number<int>(), port);
    // Another program gets it while we are away.
    co_await t.stop();
    auto thief = io::Listener::tcp(t.loop_.get_executor(), "127.0.0.1", static_cast<std::uint16_t>(port));
    EXPECT_TRUE(thief);
    t.start();
    co_await t.wait_connected("hydra-local");
    EXPECT_EQ(co_await t.status_of(0),
              "port " + std::to_string(port) + " is taken by another program; retrying");
    thief->reset();
    while (co_await t.status_of(0) != "active") co_await io::sleep_for(1ms);
    EXPECT_EQ((co_await program.call("GET", port_url(port) + "/", key)).body, "hello from the app");

    co_await t.ask(204, "DELETE", t.api() + "/expose/3000", t.ada);
    EXPECT_FALSE(co_await t.connect(port)) << "released";
    const auto next = co_await t.expose();
    EXPECT_NE(next.at("allocated_port").to_number<int>(), port) << "a released port rests";
  };
  run_apps(body(*this));
}

TEST_F(Ports, SaysWhenThereAreNoMore) {
  options_.gateway.ports->last = options_.gateway.ports->first;
  const auto body = [](Ports& t) -> io::Task<void> {
    const auto first = co_await t.expose();
    EXPECT_TRUE(first.contains("allocated_port"));
    const auto second = co_await t.ask(201, "POST", t.api() + "/expose", t.ada, R"({"port":3001})");
    EXPECT_FALSE(second.contains("allocated_port")) << "HTTP has other URLs";
    const auto refused =
        co_await t.ask(503, "POST", t.api() + "/expose", t.ada, R"({"port":5432,"protocol":"tcp"})");
    EXPECT_NE(refused.at("detail").as_string().find("are taken"), std::string::npos);
  };
  run_apps(body(*this));
}

TEST_F(Ports, RelaysTcpWithHalfClose) {
  const auto body = [](Ports& t) -> io::Task<void> {
    auto app = io::Listener::tcp(t.loop_.get_executor(), "127.0.0.1", 0).value();
    io::TaskGroup tasks(t.loop_.get_executor(), support::quiet());
    tasks.spawn("app", echo_after_end(*app));
    t.sandbox->apps[5432] = app->port();
    const int port = co_await t.expose_tcp();

    auto client = co_await t.connect(port);
    const std::string question(100'000, 'q');
    co_await io::write_all(*client, boost::asio::buffer(question));
    co_await client->shutdown_write();
    EXPECT_EQ(co_await read_all(*client), "got " + question);

    // Nothing listens in the session.
    t.sandbox->apps.erase(5432);
    auto second = co_await t.connect(port);
    EXPECT_EQ(co_await read_all(std::move(second)), "<cut>");
    // What is under way ends with the exposure.
    t.sandbox->apps[5432] = app->port();
    auto third = co_await t.connect(port);
    const std::string some = "some";
    co_await io::write_all(*third, boost::asio::buffer(some));
    while (t.plane_->render_metrics().find("helix_gateway_open_streams{way=\"tcp\"} 1\n") ==
           std::string::npos)
      co_await io::sleep_for(1ms);
    co_await t.ask(204, "DELETE", t.api() + "/expose/5432", t.ada);
    EXPECT_EQ(co_await read_all(*third), "<cut>");
    tasks.cancel();
    co_await tasks.join();
  };
  run_apps(body(*this));
}

TEST_F(Ports, BindsTcpWhereItsReachIsAndAsksForTheAddress) {
  options_.gateway.listen_host = "0.0.0.0";
  const auto body = [](Ports& t) -> io::Task<void> {
    const int inner = co_await t.expose_tcp();
    const auto elsewhere =
        io::Listener::tcp(t.loop_.get_executor(), "127.0.0.2", static_cast<std::uint16_t>(inner));
    EXPECT_TRUE(elsewhere) << "127.0.0.1 alone";
    co_await t.ask(204, "DELETE", t.api() + "/expose/5432", t.ada);

    const int fenced = co_await t.expose_tcp(R"(,"allow_cidrs":["192.0.2.0/24"])");
    const auto taken =
        io::Listener::tcp(t.loop_.get_executor(), "127.0.0.2", static_cast<std::uint16_t>(fenced));
    EXPECT_FALSE(taken) << "every address";
    auto stranger = co_await t.connect(fenced);
    EXPECT_EQ(co_await read_all(std::move(stranger)), "<cut>") << "not one of allow_cidrs";
  };
  run_apps(body(*this));
}

TEST_F(Ports, HoldsThePortsOfAStoppedSession) {
  const auto body = [](Ports& t) -> io::Task<void> {
    const auto made = co_await t.expose();
    const int http = made.at("allocated_port").to_number<int>();
    const int tcp = co_await t.expose_tcp();
    co_await t.ask(202, "POST", t.api() + "/stop", t.ada);
    co_await t.wait_state(t.session, "stopped", t.ada);
    support::Browser browser;
    wire::Fields key;
    key.add("X-Helix-Authorization", "Bearer " + t.ada);
    const auto answer = co_await browser.open(port_url(http) + "/", key);
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("the session is stopped"), std::string::npos);
    auto client = co_await t.connect(tcp);
    EXPECT_EQ(co_await read_all(std::move(client)), "<cut>");

    co_await t.ask(204, "DELETE", t.api(), t.ada);
    EXPECT_FALSE(co_await t.connect(http)) << "released with the session";
    EXPECT_FALSE(co_await t.connect(tcp));
  };
  run_apps(body(*this));
}

}  // namespace
}  // namespace server
