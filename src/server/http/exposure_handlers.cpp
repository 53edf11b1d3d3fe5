#include <boost/json/array.hpp>

#include "server/http/handlers.hpp"
#include "server/http/responses.hpp"
#include "wire/exposure.hpp"

namespace server {
Answer ExposureHandlers::list(Call& call) {
  boost::json::array items;
  for (const auto& exposure : exposures_.list(*call.session, call.base_url))
    items.push_back(wire::to_list_item(exposure));
  co_return json_response(200,
                          {{"session_id", call.session->id.text()}, {"exposed_ports", std::move(items)}});
}

Answer ExposureHandlers::add(Call& call) {
  auto request = wire::decode_new_exposure(call.body);
  if (!request) co_return tl::unexpected(request.error());
  const auto added = co_await exposures_.add(*call.session, *std::move(request), call.base_url);
  if (!added) co_return tl::unexpected(added.error());
  const int status = added->created ? 201 : 200;
  co_return json_response(status, wire::to_json(added->exposure));
}

Answer ExposureHandlers::remove(Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  if (!port) co_return tl::unexpected(port.error());
  const auto removed = co_await exposures_.remove(call.session->id, *port);
  if (!removed) co_return tl::unexpected(removed.error());
  co_return no_content();
}

}  // namespace server
