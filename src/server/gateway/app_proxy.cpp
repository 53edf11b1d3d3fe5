#include "server/gateway/app_proxy.hpp"

#include <functional>
#include <memory>
#include <utility>

#include "io/http/http1_client_exchange.hpp"
#include "io/http/http2_client_exchange.hpp"
#include "server/gateway/cookie_rules.hpp"
#include "server/gateway/field_rules.hpp"
#include "server/gateway/forward.hpp"
#include "server/gateway/holding_page.hpp"
#include "server/gateway/hydra_exchange.hpp"

namespace server {
namespace {

using base::ErrorCode;

/// Nothing was sent yet, so any request may be tried once more; but not when somebody said no: `unavailable`
/// comes with the words of who did (the port refused, the runner is away after the hub waited for it).
bool may_dial_again(const base::Error& error) {
  return error.code() == ErrorCode::timed_out || error.code() == ErrorCode::peer_closed;
}

/// Opens the app of one request through the tunnel.
class TunnelOpener final : public AppOpener {
 public:
  TunnelOpener(tunnel::Hub& hub, const AppRequest& request, AppProxyLimits limits, io::TaskGroup& connections)
      : hub_(hub),
        request_(request),
        limits_(limits),
        connections_(connections),
        runner_("hydra-" + request.sandbox.text()) {}

  io::Task<base::Result<AppExchange>> open() override {
    auto dialling = dial_target();
    auto stream = co_await std::move(dialling);
    if (!stream && may_dial_again(stream.error())) {
      auto again = dial_target();
      stream = co_await std::move(again);
    }
    if (!stream && stream.error().code() == ErrorCode::conflict) {
      auto opening = open_by_hydra();
      co_return co_await std::move(opening);
    }
    if (!stream) co_return tl::unexpected(stream.error());
    if (request_.protocol == "h2c")
      co_return std::make_unique<io::http::Http2ClientExchange>(std::move(*stream), connections_,
                                                                limits_.idle);
    co_return std::make_unique<io::http::Http1ClientExchange>(std::move(*stream));
  }

 private:
  io::Task<base::Result<io::StreamPtr>> dial_target() {
    tunnel::Target target{request_.session, request_.port};
    return hub_.dial_target(runner_, std::move(target), limits_.dial);
  }

  io::Task<base::Result<AppExchange>> open_by_hydra() {
    if (request_.protocol == "h2c")
      co_return base::fail(ErrorCode::unavailable,
                           "the sandbox's version of hydra reaches apps by HTTP/1.1 only");
    auto dialling = hub_.dial(runner_, limits_.dial);
    auto stream = co_await std::move(dialling);
    if (!stream && may_dial_again(stream.error())) {
      auto again = hub_.dial(runner_, limits_.dial);
      stream = co_await std::move(again);
    }
    if (!stream) co_return tl::unexpected(stream.error());
    AppExchange app = std::make_unique<HydraExchange>(
        std::move(*stream),
        "/api/v1/dev-containers/" + request_.session.text() + "/proxy/" + std::to_string(request_.port));
    co_return app;
  }

  tunnel::Hub& hub_;
  const AppRequest& request_;
  AppProxyLimits limits_;
  io::TaskGroup& connections_;
  std::string runner_;
};

std::string host_for_app(const AppRequest& request, const wire::RequestHead& head) {
  const std::string local = "localhost:" + std::to_string(request.port);
  if (request.host_header == "localhost") return local;
  if (request.host_header != "original") return request.host_header;
  return std::string(head.fields.find("Host").value_or(local));
}

ForwardPlan plan_for(const io::http::Exchange& exchange, const AppRequest& request,
                     std::chrono::milliseconds idle) {
  const auto& head = exchange.request();
  ClientSide client;
  client.address = request.client;
  client.peer = exchange.peer();
  client.scheme = request.scheme;
  client.host = host_for_app(request, head);
  client.key_in_authorization = request.key_in_authorization;
  client.peer_is_proxy = request.peer_is_proxy;
  if (request.way == AppRequest::Way::path) client.prefix = request.prefix;

  ForwardPlan plan;
  plan.head.method = head.method;
  plan.head.target = request.target;
  plan.head.fields = request_fields(head, client);
  plan.idle = idle;
  plan.on_response = apply_path_rules;
  if (request.way != AppRequest::Way::path) {
    auto own_host = host_without_port(head.fields.find("Host").value_or(""));
    const bool shares_host = request.way == AppRequest::Way::port;
    plan.on_response = [own_host = std::move(own_host), shares_host](wire::ResponseHead& answer) {
      apply_host_rules(answer, own_host);
      // It holds for every port of the host: plain ones, the API's too, could not be opened any more.
      if (shares_host) answer.fields.remove("Strict-Transport-Security");
    };
  }
  const int port = request.port;
  plan.unreachable = [&head, port](std::string detail) { return holding_response(head, port, detail); };
  return plan;
}

}  // namespace

io::Task<void> AppProxy::serve(io::http::Exchange& exchange, AppRequest request) {
  const auto log = log_.with({{"session", request.session.text()}, {"port", request.port}});
  auto plan = plan_for(exchange, request, limits_.idle);
  TunnelOpener opener(hub_, request, limits_, connections_);
  auto forwarding = forward(exchange, opener, std::move(plan), log);
  co_await std::move(forwarding);
}

io::Task<void> AppProxy::close() {
  connections_.cancel();
  co_await connections_.join();
}

}  // namespace server
