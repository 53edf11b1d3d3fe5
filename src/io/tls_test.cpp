// The TLS client against OpenSSL's own server, with certificates made for the test.
#include "io/tls.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "io/http/client.hpp"
#include "io/net.hpp"
#include "io/process.hpp"
#include "io/timeout.hpp"
#include "support/run.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "helix-tls-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    // Our trust store is what OpenSSL finds by this variable; it is read when the context is made.
    setenv("SSL_CERT_FILE", (folder_ / "cert.pem").c_str(), 1);
  }

  void TearDown() override {
    unsetenv("SSL_CERT_FILE");
    std::filesystem::remove_all(folder_);
  }

  /// Starts a server with a certificate for `host` on a port that was free a moment ago.
  Task<std::unique_ptr<Process>> start_server(std::string host) {
    const auto executor = co_await asio::this_coro::executor;
    const std::string key = (folder_ / "key.pem").string();
    const std::string cert = (folder_ / "cert.pem").string();
    std::vector<std::string> make{
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",   "-keyout", key,
        "-out",    cert,  "-days", "1",       "-subj",    "/CN=test", "-addext", "subjectAltName=" + host};
    const auto made = co_await run_command(std::move(make), 20s);
    EXPECT_TRUE(made && made->status == 0) << (made ? made->err : made.error().message());
    auto probe = Listener::tcp(executor, "127.0.0.1", 0);
    port_ = (*probe)->port();
    (*probe)->close();
    ProcessOptions options;
    options.argv = {"openssl", "s_server", "-quiet", "-www", "-accept", "127.0.0.1:" + std::to_string(port_),
                    "-key",    key,        "-cert",  cert};
    options.out = Stdio::null;
    options.err = Stdio::null;
    auto server = Process::start(executor, options);
    EXPECT_TRUE(server);
    for (int i = 0; i < 500; ++i) {
      const auto probe_stream = co_await connect_tcp("127.0.0.1", port_, 1s);
      if (probe_stream) break;
      co_await sleep_for(10ms);
    }
    co_return std::move(*server);
  }

  Task<base::Result<http::Response>> fetch_once(std::string certified, std::string host, bool insecure) {
    const auto server = co_await start_server(std::move(certified));
    auto stream = co_await connect_tcp("127.0.0.1", port_, 5s);
    auto tls = co_await start_tls(std::move(*stream), host, insecure, 5s);
    base::Result<http::Response> result = base::fail(base::ErrorCode::internal, "not asked");
    if (!tls) result = tl::unexpected(tls.error());
    if (tls) {
      struct Once : Connector {
        explicit Once(StreamPtr opened) : stream(std::move(opened)) {}
        Task<base::Result<StreamPtr>> connect() override { co_return std::move(stream); }
        StreamPtr stream;
      } connector(std::move(*tls));
      http::Request request;
      result = co_await http::fetch(connector, host, std::move(request));
    }
    server->signal(SIGTERM);
    co_await server->wait();
    co_return result;
  }

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
};

TEST_F(TlsTest, TalksToAServerThatItTrusts) {
  const auto by_name = support::run(fetch_once("DNS:localhost", "localhost", false));
  ASSERT_TRUE(by_name) << by_name.error().message();
  EXPECT_EQ(by_name->status, 200);
  const auto by_address = support::run(fetch_once("IP:127.0.0.1", "127.0.0.1", false));
  EXPECT_TRUE(by_address) << by_address.error().message();
}

TEST_F(TlsTest, RefusesACertificateForAnotherHost) {
  const auto result = support::run(fetch_once("DNS:elsewhere.example", "localhost", false));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("certificate refused"), std::string::npos)
      << result.error().message();
}

TEST_F(TlsTest, RefusesAnUnknownCertificateUnlessToldNotTo) {
  setenv("SSL_CERT_FILE", "/nonexistent", 1);
  EXPECT_FALSE(support::run(fetch_once("DNS:localhost", "localhost", false)));
  EXPECT_TRUE(support::run(fetch_once("DNS:localhost", "localhost", true)));
}

}  // namespace
}  // namespace io
