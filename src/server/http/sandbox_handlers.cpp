#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "io/websocket/channel.hpp"
#include "server/http/handlers.hpp"
#include "server/http/responses.hpp"
#include "wire/sandbox.hpp"

namespace server {

using base::ErrorCode;

Answer SandboxHandlers::list(Call&) {
  boost::json::array items;
  for (const auto& sandbox : sandboxes_.list()) items.push_back(wire::to_json(sandbox));
  co_return json_response(200, {{"sandboxes", std::move(items)}});
}

Answer SandboxHandlers::get(Call& call) {
  const auto sandbox = sandboxes_.find(*call.sandbox);
  if (!sandbox) co_return base::fail(ErrorCode::not_found, "no such sandbox");
  co_return json_response(200, wire::to_json(*sandbox));
}

Answer SandboxHandlers::remove(Call& call) {
  const auto removed = co_await sandboxes_.remove(*call.sandbox);
  if (!removed) co_return tl::unexpected(removed.error());
  co_return no_content();
}

Answer SandboxHandlers::enrol(Call& call) {
  const auto token = co_await sandboxes_.enrol(*call.sandbox);
  if (!token) co_return tl::unexpected(token.error());
  co_return json_response(201, {{"token", token->expose()}});
}

Answer SandboxHandlers::free_name(Call& call) {
  const auto freed = co_await sandboxes_.free_name(*call.sandbox);
  if (!freed) co_return tl::unexpected(freed.error());
  co_return no_content();
}

Answer SandboxHandlers::heartbeat(Call& call) {
  auto report = wire::decode_heartbeat(call.body);
  if (!report) co_return tl::unexpected(report.error());
  const auto noted = co_await sandboxes_.note_heartbeat(call.caller, *call.sandbox, *std::move(report));
  if (!noted) co_return tl::unexpected(noted.error());
  co_return no_content();
}

Answer SandboxHandlers::drain(Call& call) {
  const auto draining = wire::decode_drain(call.body);
  if (!draining) co_return tl::unexpected(draining.error());
  const auto set = co_await sandboxes_.set_draining(*call.sandbox, *draining);
  if (!set) co_return tl::unexpected(set.error());
  co_return co_await get(call);
}

io::Task<void> SandboxHandlers::revdial(io::http::Exchange& exchange, Call& call) {
  const auto runner = wire::query_value(call.head.query(), "runnerid");
  const auto allowed = runner ? sandboxes_.check_claim(call.caller, *runner) : base::Result<void>();
  if (!allowed) {
    call.log.warn("tunnel.refused",
                  {{"runner", *runner}, {"reason", allowed.error().message()}, {"peer", call.peer}});
    auto response = problem_response(allowed.error(), call.request_id);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  if (!io::websocket::is_upgrade(call.head)) {
    auto response = upgrade_required(call.request_id);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  if (!runner) {
    // A data connection: whoever brings it must be allowed to be the runner that its dialer belongs to.
    const auto may_serve = [this, &call](const std::string& owner) {
      return sandboxes_.check_claim(call.caller, owner).has_value();
    };
    co_await hub_.serve_data(exchange, may_serve);
    co_return;
  }
  if (call.caller.kind == CallerKind::enrolment) sandboxes_.note_shared_token(*runner, "tunnel");
  co_await hub_.serve_control(*runner, exchange);
}

}  // namespace server
