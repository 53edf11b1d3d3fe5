#include <boost/json/array.hpp>

#include "server/http/handlers.hpp"
#include "server/http/responses.hpp"
#include "wire/session.hpp"

namespace server {

boost::json::object SessionHandlers::to_json(const store::SessionRecord& session, const Call& call) {
  auto view = sessions_.view(session);
  view.exposed_ports = exposures_.list(session, call.base_url);
  return wire::to_json(view);
}

io::http::Response SessionHandlers::transition(const SessionService::Transition& done, const Call& call) {
  return json_response(done.under_way ? 202 : 200, to_json(done.session, call));
}

Answer SessionHandlers::list(Call& call) {
  boost::json::array items;
  if (call.caller.session) {
    const auto own = sessions_.find(*call.caller.session);
    if (own) items.push_back(to_json(*own, call));
  } else {
    const bool all =
        call.caller.kind == CallerKind::admin && wire::query_value(call.head.query(), "all") == "true";
    const auto owner = all ? std::nullopt : std::optional(call.caller.user->id);
    for (const auto& session : sessions_.list(owner)) items.push_back(to_json(session, call));
  }
  co_return json_response(200, {{"sessions", std::move(items)}});
}

Answer SessionHandlers::create(Call& call) {
  auto request = wire::decode_new_session(call.body);
  if (!request) co_return tl::unexpected(request.error());
  const auto session = co_await sessions_.create(call.caller.user->id, *std::move(request));
  if (!session) co_return tl::unexpected(session.error());
  auto response = json_response(201, to_json(*session, call));
  response.fields.add("Location", "/api/v1/sessions/" + session->id.text());
  co_return response;
}

Answer SessionHandlers::get(Call& call) { co_return json_response(200, to_json(*call.session, call)); }

Answer SessionHandlers::stop(Call& call) {
  const auto done = co_await sessions_.stop(call.session->id);
  if (!done) co_return tl::unexpected(done.error());
  co_return transition(*done, call);
}

Answer SessionHandlers::start(Call& call) {
  const auto done = co_await sessions_.start(call.session->id);
  if (!done) co_return tl::unexpected(done.error());
  co_return transition(*done, call);
}

Answer SessionHandlers::remove(Call& call) {
  const auto removed = co_await sessions_.remove(call.session->id);
  if (!removed) co_return tl::unexpected(removed.error());
  exposures_.release_ports(call.session->id);
  co_return no_content();
}

}  // namespace server
