// A session's configuration, its registries, its HTTP API.
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "bridge/http_api.hpp"
#include "bridge/session_config.hpp"
#include "bridge/session_docker.hpp"
#include "io/http/client.hpp"
#include "support/run.hpp"

namespace bridge {
namespace {

using base::ErrorCode;

const base::Log kQuiet("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});

constexpr std::string_view kEnvFile =
    "HELIX_SESSION_ID=ses_01kftccz3g3n9hfdv42ma1dwjn\nHELIX_API_URL=http://"
    "10.212.0.1:8080\nUSER_API_TOKEN=hl-secret\n"
    "ANTHROPIC_API_KEY=hl-secret\n";

TEST(SessionConfig, TakesTheFileOverTheContainersEnvironment) {
  const auto config =
      read_session_config({{"HELIX_DOCKER_DEPTH", "2"}, {"USER_API_TOKEN", "old"}, {"PATH", "/bin"}},
                          kEnvFile)
          .value();

  EXPECT_EQ(config.session.text(), "ses_01kftccz3g3n9hfdv42ma1dwjn");
  EXPECT_EQ(config.api.port, 8080);
  EXPECT_EQ(config.token.expose(), "hl-secret");
  EXPECT_EQ(config.depth, "2");
}

TEST(SessionConfig, NamesTheVariableThatIsWrong) {
  const auto message = [](nest::Environment container, std::string_view file) {
    return read_session_config(container, file).error().message();
  };

  EXPECT_EQ(message({}, "A=1\n").find("HELIX_SESSION_ID: "), 0u);
  EXPECT_EQ(message({}, "HELIX_SESSION_ID=ses_01kftccz3g3n9hfdv42ma1dwjn\n").find("HELIX_API_URL: "), 0u);
  EXPECT_EQ(message({}, "HELIX_SESSION_ID=ses_01kftccz3g3n9hfdv42ma1dwjn\nHELIX_API_URL=http://a\n"),
            "USER_API_TOKEN is not set");
  EXPECT_EQ(message({{"HELIX_LOG_LEVEL", "loud"}}, kEnvFile).find("HELIX_LOG_LEVEL: "), 0u);
  EXPECT_EQ(message({{"HELIX_TLS_INSECURE_SKIP_VERIFY", "maybe"}}, kEnvFile),
            "HELIX_TLS_INSECURE_SKIP_VERIFY must be true or false");
  EXPECT_EQ(message({}, "nonsense\n"), "env file: line 1 is not KEY=VALUE");
}

TEST(CommandEnvironment, LetsHelixWorkWithoutALogin) {
  const auto config = read_session_config({{"PATH", "/bin"}}, kEnvFile).value();

  const auto environment = command_environment(config);

  EXPECT_EQ(environment.at("HELIX_URL"), "http://10.212.0.1:8080");
  EXPECT_EQ(environment.at("HELIX_API_KEY"), "hl-secret");
  EXPECT_EQ(environment.at("ANTHROPIC_API_KEY"), "hl-secret");
  EXPECT_EQ(environment.at("HOME"), "/root");
  EXPECT_EQ(environment.at("PATH"), "/bin");
  EXPECT_FALSE(environment.contains("SSL_CERT_FILE"));
}

TEST(CommandEnvironment, HasCertificatesAndProxiesWhereTheSessionHasThem) {
  const auto config =
      read_session_config({{"HELIX_CA_CERTS", "/run/ca.pem"}, {"HTTPS_PROXY", "http://p:1"}}, kEnvFile)
          .value();

  const auto environment = command_environment(config);

  EXPECT_EQ(environment.at("SSL_CERT_FILE"), nest::kTrustStore);
  EXPECT_EQ(environment.at("NODE_EXTRA_CA_CERTS"), nest::kExtraCertificates);
  EXPECT_EQ(environment.at("https_proxy"), "http://p:1");
}

TEST(Registries, AreTheSandboxesUnlessConfigured) {
  EXPECT_EQ(find_registries("", nest::Level{2}).mirror, "http://10.213.0.1:5000");
  EXPECT_EQ(find_registries("", nest::Level{2}).insecure, "10.213.0.1:5000");
  EXPECT_EQ(find_registries("http://10.9.0.1:5001/", nest::Level{2}).insecure, "10.9.0.1:5001");
  EXPECT_EQ(find_registries("https://mirror", nest::Level{2}).insecure, "");
  EXPECT_EQ(find_registries("", nest::Level{1}).mirror, "");
}

TEST(DockerClientConfig, HandsProxiesToContainersAndBuilds) {
  const std::string config = docker_client_config({{"HTTP_PROXY", "http://p:1"}});

  EXPECT_EQ(config.find(R"({"proxies":{"default":{"httpProxy":"http://p:1","noProxy":"localhost)"), 0u)
      << config;
  EXPECT_EQ(docker_client_config({}), "");
}

/// The API behind a server on one end of a pair of connected sockets.
class HttpApiTest : public testing::Test {
 protected:
  class OneStream : public io::Connector {
   public:
    explicit OneStream(io::StreamPtr stream) : stream_(std::move(stream)) {}
    io::Task<base::Result<io::StreamPtr>> connect() override { co_return std::move(stream_); }

   private:
    io::StreamPtr stream_;
  };

  HttpApiTest()
      : execs_(loop_.get_executor(), exec_options(), kQuiet),
        api_({[this] { return health_; }, [this] { return info(); }, [] { return ports(); },
              [this] { return reload_; }, execs_},
             kQuiet),
        server_(
            loop_.get_executor(), [this](io::http::Exchange& exchange) { return api_.handle(exchange); }, {},
            kQuiet),
        tasks_(loop_.get_executor(), kQuiet) {}

  static ExecOptions exec_options() {
    ExecOptions options;
    options.environment = [] { return nest::Environment{}; };
    options.directory = testing::TempDir();
    return options;
  }

  io::Task<base::Result<std::string>> info() {
    if (info_.empty()) co_return base::fail(ErrorCode::timed_out, "no answer in time");
    co_return info_;
  }

  static io::Task<std::vector<ListeningPort>> ports() {
    std::vector<ListeningPort> found;
    found.push_back({.port = 3000, .address = "127.0.0.1", .process = "node"});
    co_return found;
  }

  io::http::Response ask(std::string method, std::string target) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    io::http::ConnectionInfo info;
    info.peer = "unix";
    tasks_.spawn("serve", server_.serve(io::adopt_socket(loop_.get_executor(), ends[0]), std::move(info)));
    OneStream connector(io::adopt_socket(loop_.get_executor(), ends[1]));
    io::http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    return support::run(loop_, io::http::fetch(connector, "bridge", std::move(request))).value();
  }

  boost::asio::io_context loop_;
  wire::BridgeHealth health_;
  std::string info_;
  base::Result<void> reload_;
  ExecService execs_;
  HttpApi api_;
  io::http::Server server_;
  io::TaskGroup tasks_;
};

TEST_F(HttpApiTest, TellsHealth) {
  health_.status = wire::BridgeStatus::ok;
  health_.docker_ready = true;

  const auto response = ask("GET", "/health");

  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(wire::decode_bridge_health(response.body)->docker_ready);
}

TEST_F(HttpApiTest, PassesTheEnginesInfoOnOrSaysWhyNot) {
  EXPECT_EQ(ask("GET", "/docker/info").status, 503);
  info_ = R"({"ServerVersion":"26.1.5"})";
  EXPECT_EQ(ask("GET", "/docker/info").body, info_);
}

TEST_F(HttpApiTest, ListsWhatListens) {
  const auto response = ask("GET", "/ports");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"ports":[{"port":3000,"address":"127.0.0.1","process":"node"}]})");
}

TEST_F(HttpApiTest, ReloadTellsWhatIsWrong) {
  EXPECT_EQ(ask("POST", "/reload").status, 204);
  reload_ = base::fail(ErrorCode::malformed, "env file: line 1 is not KEY=VALUE");
  const auto refused = ask("POST", "/reload");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("line 1 is not KEY=VALUE"), std::string::npos);
}

TEST_F(HttpApiTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(ask("GET", "/other").status, 404);
  EXPECT_EQ(ask("GET", "/reload").status, 405);
  EXPECT_EQ(ask("GET", "/exec").status, 426);
}

}  // namespace
}  // namespace bridge
