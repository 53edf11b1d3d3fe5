// HTTP/2 against peers of other stacks: Go's client (tests/peers/http2), curl, and h2spec's cases of the
// RFCs.
#include <gtest/gtest.h>

#include "io/process.hpp"
#include "io/tls_server.hpp"
#include "support/certificate.hpp"
#include "support/http2_world.hpp"
#include "support/temporary_directory.hpp"

namespace io::http {
namespace {

using namespace std::chrono_literals;
using World = support::Http2World;

#ifndef HELIX_HTTP2_PEER
#define HELIX_HTTP2_PEER ""
#define HELIX_H2SPEC ""
#endif

/// Echoes as it reads; names its trailer after the request's.
Task<void> echo(Exchange& exchange) {
  wire::ResponseHead head;
  co_await exchange.start_response(std::move(head));
  while (true) {
    const auto piece = co_await exchange.read_body_some();
    if (!piece) {
      exchange.abandon();
      co_return;
    }
    if (piece->empty()) break;
    co_await exchange.write_body(asio::buffer(*piece));
  }
  wire::Fields trailers;
  if (const auto sum = exchange.trailers().find("X-Sum")) trailers.add("X-End", std::string(*sum));
  co_await exchange.finish(std::move(trailers));
}

Task<void> run_program(std::vector<std::string> argv, CommandResult& result) {
  auto done = co_await run_command(std::move(argv), 50s);
  EXPECT_TRUE(done) << done.error().message();
  if (done) result = std::move(*done);
}

CommandResult run_against(World& world, std::vector<std::string> argv) {
  CommandResult result;
  world.run(run_program(std::move(argv), result));
  return result;
}

std::string url_of(const World& world) {
  return "http://127.0.0.1:" + std::to_string(world.listener->port());
}

TEST(Http2Peer, ServesGoClients) {
  if (*HELIX_HTTP2_PEER == '\0')
    GTEST_SKIP() << "no Go compiler that is new enough, so no peer of another stack";
  World world(echo);
  const auto result = run_against(world, {HELIX_HTTP2_PEER, url_of(world)});
  EXPECT_EQ(result.out, "ok\n") << result.err;
}

TEST(Http2Peer, ServesCurl) {
  World world(echo);
  const auto result =
      run_against(world, {"curl", "-sS", "--max-time", "20", "--http2-prior-knowledge", "-d", "some words",
                          "-w", " %{http_version} %{http_code}", url_of(world)});
  EXPECT_EQ(result.out, "some words 2 200") << result.err;
}

/// What failed, by h2spec's own word.
std::string failures_of(const CommandResult& result) {
  const auto at = result.out.find("Failures:");
  return at == std::string::npos ? result.err : result.out.substr(at);
}

TEST(Http2Peer, KeepsTheRfcsCases) {
  if (*HELIX_H2SPEC == '\0') GTEST_SKIP() << "no Go compiler that is new enough to build h2spec";
  World world(echo);
  const auto result = run_against(
      world, {HELIX_H2SPEC, "-p", std::to_string(world.listener->port()), "--strict", "--timeout", "2"});
  // One case cannot hold on a listener that takes HTTP/1.1 as well: what is no preface is answered 400 in
  // HTTP/1.1, and the connection ends then ("3.5 Sends invalid connection preface").
  EXPECT_NE(result.out.find(", 1 failed"), std::string::npos) << failures_of(result);
  EXPECT_NE(result.out.rfind("× 2: Sends invalid connection preface"), std::string::npos)
      << failures_of(result);
}

Task<StreamPtr> enter_tls(TlsContext& context, StreamPtr stream, ConnectionInfo& info) {
  auto accepting = accept_tls(std::move(stream), context, Offer::http2, 10s);
  auto accepted = co_await std::move(accepting);
  if (!accepted) co_return nullptr;
  info.scheme = "https";
  info.alpn = accepted->alpn;
  co_return std::move(accepted->stream);
}

struct TlsWorld {
  static std::unique_ptr<TlsContext> make_context(const std::filesystem::path& folder) {
    support::write_certificate(folder);
    return std::move(
        TlsContext::load({folder / "tls.crt", folder / "tls.key"}, support::quiet_log()).value());
  }

  support::TemporaryDirectory folder;
  std::unique_ptr<TlsContext> context = make_context(folder.path());
  World world{echo, {}, [this](StreamPtr stream, ConnectionInfo& info) {
                return enter_tls(*context, std::move(stream), info);
              }};
};

TEST(Http2Peer, KeepsTheRfcsCasesOverTls) {
  if (*HELIX_H2SPEC == '\0') GTEST_SKIP() << "no Go compiler that is new enough to build h2spec";
  TlsWorld tls;
  const auto result =
      run_against(tls.world, {HELIX_H2SPEC, "-t", "-k", "-p", std::to_string(tls.world.listener->port()),
                              "--strict", "--timeout", "2"});
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find(", 0 failed"), std::string::npos) << failures_of(result);
}

TEST(Http2Peer, ServesCurlOverTls) {
  TlsWorld tls;
  const auto result =
      run_against(tls.world, {"curl", "-sSk", "--max-time", "20", "--http2", "-d", "some words", "-w",
                              " %{http_version} %{http_code}",
                              "https://127.0.0.1:" + std::to_string(tls.world.listener->port())});
  EXPECT_EQ(result.out, "some words 2 200") << result.err;
}

}  // namespace
}  // namespace io::http
