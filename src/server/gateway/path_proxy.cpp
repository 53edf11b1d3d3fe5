#include "server/gateway/path_proxy.hpp"

#include <utility>

#include "server/gateway/field_rules.hpp"
#include "server/gateway/forward.hpp"
#include "server/gateway/holding_page.hpp"

namespace server {

io::Task<void> PathProxy::serve(io::http::Exchange& exchange, ProxyTarget target) {
  const auto& request = exchange.request();
  ClientSide client;
  client.address = exchange.peer();
  client.scheme = target.scheme;
  client.prefix = target.raw_prefix;
  client.key_in_authorization = target.key_in_authorization;

  ForwardPlan plan;
  plan.head.method = request.method;
  plan.head.target = "/api/v1/dev-containers/" + target.session_id + "/proxy/" + std::to_string(target.port) +
                     "/" + target.raw_rest;
  const auto question = request.target.find('?');
  if (question != std::string::npos) plan.head.target += request.target.substr(question);
  plan.head.fields = request_fields(request, client);
  plan.on_response = apply_path_rules;
  const int port = target.port;
  plan.unreachable = [&request, port](std::string detail) { return holding_response(request, port, detail); };

  tunnel::TunnelConnector connector(hub_, "hydra-" + target.sandbox_id);
  const auto log = log_.with({{"session", target.session_id}, {"port", target.port}});
  co_await forward(exchange, connector, std::move(plan), log);
}

}  // namespace server
