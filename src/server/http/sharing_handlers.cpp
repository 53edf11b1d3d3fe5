#include "server/http/sharing_handlers.hpp"

#include <boost/json/array.hpp>

#include "server/http/responses.hpp"

namespace server {
namespace {

/// An answer that holds a secret is nobody's to keep.
io::http::Response once(int status, const wire::ShareLink& link) {
  auto response = json_response(status, wire::to_json(link));
  response.fields.set("Cache-Control", "no-store");
  return response;
}

boost::json::object port_json(const wire::ListeningPort& port, const std::vector<std::string>& urls,
                              bool exposed) {
  boost::json::object out{{"port", port.port}, {"address", port.address}, {"process", port.process}};
  out["exposed"] = exposed;
  boost::json::array list;
  for (const auto& url : urls) list.emplace_back(url);
  out["urls"] = std::move(list);
  return out;
}

}  // namespace

SharingHandlers::Answer SharingHandlers::list_links(Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  if (!port) co_return tl::unexpected(port.error());
  const auto links = sharing_.list_links(call.session->id, *port);
  if (!links) co_return tl::unexpected(links.error());
  boost::json::array items;
  for (const auto& link : *links) items.push_back(wire::to_json(link));
  co_return json_response(200, {{"share_links", std::move(items)}});
}

SharingHandlers::Answer SharingHandlers::create_link(Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  if (!port) co_return tl::unexpected(port.error());
  auto request = wire::decode_new_share_link(call.body);
  if (!request) co_return tl::unexpected(request.error());
  auto creating =
      sharing_.create_link(call.session->id, *port, *std::move(request), exposures_.url_base(call.base_url));
  const auto link = co_await std::move(creating);
  if (!link) co_return tl::unexpected(link.error());
  call.log.info("share.created", {{"session", call.session->id.text()}, {"link", link->id.text()}});
  co_return once(201, *link);
}

SharingHandlers::Answer SharingHandlers::rotate_link(Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  if (!port) co_return tl::unexpected(port.error());
  auto rotating = sharing_.rotate_link(call.session->id, *port, call.params.at("link"),
                                       exposures_.url_base(call.base_url));
  const auto link = co_await std::move(rotating);
  if (!link) co_return tl::unexpected(link.error());
  call.log.info("share.rotated", {{"session", call.session->id.text()}, {"link", link->id.text()}});
  co_return once(200, *link);
}

SharingHandlers::Answer SharingHandlers::remove_link(Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  if (!port) co_return tl::unexpected(port.error());
  const auto removed = co_await sharing_.remove_link(call.session->id, *port, call.params.at("link"));
  if (!removed) co_return tl::unexpected(removed.error());
  call.log.info("share.removed", {{"session", call.session->id.text()}, {"link", call.params.at("link")}});
  co_return no_content();
}

SharingHandlers::Answer SharingHandlers::list_invited(Call& call) {
  boost::json::array items;
  for (const auto& user : sharing_.list_invited(call.session->id))
    items.push_back(wire::to_invitation_json(user));
  co_return json_response(200, {{"invitations", std::move(items)}});
}

SharingHandlers::Answer SharingHandlers::invite(Call& call) {
  auto user = wire::decode_invitation(call.body);
  if (!user) co_return tl::unexpected(user.error());
  const auto invited = co_await sharing_.invite(*call.session, *std::move(user));
  if (!invited) co_return tl::unexpected(invited.error());
  const int status = invited->created ? 201 : 200;
  co_return json_response(status, wire::to_invitation_json(invited->user));
}

SharingHandlers::Answer SharingHandlers::uninvite(Call& call) {
  const auto done = co_await sharing_.uninvite(call.session->id, call.params.at("user"));
  if (!done) co_return tl::unexpected(done.error());
  co_return no_content();
}

SharingHandlers::Answer SharingHandlers::list_ports(Call& call) {
  const auto& session = *call.session;
  if (session.state != wire::SessionState::running) {
    co_return base::fail(base::ErrorCode::conflict,
                         "the session is " + std::string(wire::to_string(session.state)) + ", not running");
  }
  const auto listening = co_await bridge_.listening_ports(session.id);
  if (!listening) co_return tl::unexpected(listening.error());
  boost::json::array items;
  for (const auto& port : *listening) {
    const auto exposure = exposures_.find(session.id, port.port);
    store::ExposureRecord record;
    record.session = session.id;
    record.port = port.port;
    record.protocol = "http";
    const auto urls = exposure_urls(exposure.value_or(record), exposures_.url_base(call.base_url));
    items.push_back(port_json(port, urls, exposure.has_value()));
  }
  co_return json_response(200, {{"session_id", session.id.text()}, {"ports", std::move(items)}});
}

}  // namespace server
