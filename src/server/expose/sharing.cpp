#include "server/expose/sharing.hpp"

#include "server/auth/tokens.hpp"

namespace server {
namespace {

using base::ErrorCode;

constexpr std::string_view kSecretPrefix = "hs1-";

wire::ShareLink view(const store::ShareLinkRecord& record) {
  wire::ShareLink out;
  out.id = record.id;
  out.port = record.port;
  out.label = record.label;
  out.created_at = record.created_at;
  out.expires_at = record.expires_at;
  return out;
}

auto not_exposed(std::uint16_t port) {
  return base::fail(ErrorCode::not_found, "port " + std::to_string(port) + " is not exposed");
}

}  // namespace

base::Result<std::vector<wire::ShareLink>> Sharing::list_links(const wire::SessionId& session,
                                                               std::uint16_t port) {
  if (!parts_.exposures.find_exposure(session, port)) return not_exposed(port);
  std::vector<wire::ShareLink> out;
  for (const auto& record : parts_.gateway.list_share_links(session, port)) out.push_back(view(record));
  return out;
}

base::Result<wire::ShareLink> Sharing::shown(const store::ShareLinkRecord& link, const base::Secret& secret,
                                             const UrlBase& base) {
  const auto exposure = parts_.exposures.find_exposure(link.session, link.port);
  if (!exposure) return not_exposed(link.port);
  if (exposure->protocol == "tcp")
    return base::fail(ErrorCode::conflict, "a tcp port knows no share links: give it allow_cidrs or public");
  auto out = view(link);
  out.urls = share_urls(*exposure, base, secret.expose());
  if (out.urls.empty()) {
    return base::fail(ErrorCode::conflict,
                      "the port has neither a host name nor a port of its own that a link could lead to: set "
                      "DEV_SUBDOMAIN or HELIX_PORT_RANGE");
  }
  return out;
}

io::Task<base::Result<wire::ShareLink>> Sharing::create_link(wire::SessionId session, std::uint16_t port,
                                                             wire::NewShareLink request, UrlBase base) {
  const auto secret = make_token(kSecretPrefix, parts_.random);
  store::ShareLinkRecord record;
  record.created_at = parts_.clock.now();
  record.id = wire::ShareLinkId::trusted("shl_" + base::make_ulid(record.created_at, parts_.random));
  record.session = std::move(session);
  record.port = port;
  record.label = std::move(request.label);
  record.hash = hash_token(secret.expose());
  if (request.expires_in) record.expires_at = record.created_at + *request.expires_in;

  auto link = shown(record, secret, base);
  if (!link) co_return link;
  const auto created = co_await parts_.gateway.create_share_link(std::move(record), kShareLinksPerPort);
  if (!created) co_return tl::unexpected(created.error());
  co_return link;
}

base::Result<store::ShareLinkRecord> Sharing::find_link(const wire::SessionId& session, std::uint16_t port,
                                                        const std::string& link) {
  const auto id = wire::ShareLinkId::parse(link);
  auto record = id ? parts_.gateway.find_share_link(*id) : std::nullopt;
  if (!record || record->session != session || record->port != port)
    return base::fail(ErrorCode::not_found, "no such share link");
  return *std::move(record);
}

io::Task<base::Result<wire::ShareLink>> Sharing::rotate_link(wire::SessionId session, std::uint16_t port,
                                                             std::string link, UrlBase base) {
  const auto record = find_link(session, port, link);
  if (!record) co_return tl::unexpected(record.error());
  const auto secret = make_token(kSecretPrefix, parts_.random);
  auto rotated = shown(*record, secret, base);
  if (!rotated) co_return rotated;
  const auto written = co_await parts_.gateway.rotate_share_link(record->id, hash_token(secret.expose()));
  if (!written) co_return tl::unexpected(written.error());
  parts_.streams.end_share_link(record->id);
  co_return rotated;
}

io::Task<base::Result<void>> Sharing::remove_link(wire::SessionId session, std::uint16_t port,
                                                  std::string link) {
  const auto record = find_link(session, port, link);
  if (!record) co_return tl::unexpected(record.error());
  const auto removed = co_await parts_.gateway.remove_share_link(record->id);
  if (!removed) co_return tl::unexpected(removed.error());
  parts_.streams.end_share_link(record->id);
  co_return base::Result<void>();
}

std::optional<wire::User> Sharing::find_user(const std::string& text) {
  const auto id = wire::UserId::parse(text);
  if (id) return parts_.users.find_user(*id);
  for (auto& user : parts_.users.list_users()) {
    if (user.name == text) return std::move(user);
  }
  return std::nullopt;
}

io::Task<base::Result<Sharing::Invited>> Sharing::invite(store::SessionRecord session, std::string user) {
  auto found = find_user(user);
  if (!found) co_return base::fail(ErrorCode::not_found, "no such user");
  if (found->id == session.owner) co_return base::fail_field("user", "must not be the session's owner");
  const bool there = parts_.gateway.is_invited(session.id, found->id);
  const auto invited =
      co_await parts_.gateway.invite(session.id, found->id, parts_.clock.now(), kInvitationsPerSession);
  if (!invited) co_return tl::unexpected(invited.error());
  co_return Invited{*std::move(found), !there};
}

io::Task<base::Result<void>> Sharing::uninvite(wire::SessionId session, std::string user) {
  const auto found = find_user(user);
  if (!found) co_return base::fail(ErrorCode::not_found, "that user is not invited");
  const auto done = co_await parts_.gateway.uninvite(session, found->id);
  if (!done) co_return tl::unexpected(done.error());
  parts_.streams.end_visitor(session, found->id);
  co_return base::Result<void>();
}

}  // namespace server
