// What a raw TCP port never learns.
#include <array>

#include "support/app_world.hpp"

namespace server {
namespace {

class TcpPorts : public support::AppWorld {
 public:
  /// Takes down what every connection says.
  static io::Task<void> record(io::Listener& listener, std::string& seen) {
    for (;;) {
      std::string peer;
      auto stream = co_await listener.accept(peer);
      std::array<char, 4096> buffer{};
      try {
        for (;;) {
          const auto size = co_await stream->read_some(boost::asio::buffer(buffer));
          if (size == 0) break;
          seen.append(buffer.data(), size);
          const std::string answer = "heard";
          co_await io::write_all(*stream, boost::asio::buffer(answer));
        }
      } catch (const boost::system::system_error&) {
        seen += "<cut>";
      }
    }
  }
  /// Says `text` and reads until something comes, or the end: "".
  static io::Task<std::string> say(int port, std::string text) {
    auto stream =
        co_await io::connect_tcp("127.0.0.1", static_cast<std::uint16_t>(port), std::chrono::seconds(5));
    std::array<char, 4096> buffer{};
    try {
      co_await io::write_all(**stream, boost::asio::buffer(text));
      const auto size = co_await (*stream)->read_some(boost::asio::buffer(buffer));
      co_return std::string(buffer.data(), size);
    } catch (const boost::system::system_error&) {
      co_return "";
    }
  }
};

TEST_F(TcpPorts, NeverSeeABrowsersLoginAtThePlatform) {
  const auto body = [](TcpPorts& t) -> io::Task<void> {
    auto app = io::Listener::tcp(t.loop_.get_executor(), "127.0.0.1", 0).value();
    std::string seen;
    io::TaskGroup tasks(t.loop_.get_executor(), support::quiet());
    tasks.spawn("app", record(*app, seen));
    t.sandbox->apps[5432] = app->port();
    const auto made =
        co_await t.ask(201, "POST", t.api() + "/expose", t.ada, R"({"port":5432,"protocol":"tcp"})");
    const int port = made.at("allocated_port").to_number<int>();
    support::Browser browser;
    co_await t.log_in(browser, t.ada);
    const auto cookies = browser.cookies_for("localhost", "/");

    const std::string line = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    EXPECT_EQ(co_await say(port, line + "Cookie: " + cookies + "\r\n\r\n"), "");
    EXPECT_EQ(co_await say(port, line + "Cookie: mine=1\r\n\r\n"), "heard");

    EXPECT_EQ(seen.find("hb-"), std::string::npos) << seen;
    EXPECT_NE(cookies.find("helix_session=hb-"), std::string::npos) << cookies;
    tasks.cancel();
    co_await tasks.join();
  };
  run_apps(body(*this));
}

}  // namespace
}  // namespace server
