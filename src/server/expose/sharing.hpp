/// How an owner lets others come to a session's ports: share links and invitations.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "server/expose/exposure_urls.hpp"
#include "server/sessions/live_streams.hpp"
#include "store/exposure_store.hpp"
#include "store/gateway_store.hpp"
#include "store/session_store.hpp"
#include "store/user_store.hpp"
#include "wire/sharing.hpp"

namespace server {

inline constexpr std::int64_t kShareLinksPerPort = 20;       // docs/decisions/0012-gateway.md
inline constexpr std::int64_t kInvitationsPerSession = 100;  // chosen

struct SharingParts {
  store::GatewayStore& gateway;
  store::ExposureStore& exposures;
  store::UserStore& users;
  LiveStreams& streams;
  const base::Clock& clock;
  base::Random& random;
};

/// What takes somebody's way in away ends their running streams too.
class Sharing {
 public:
  explicit Sharing(SharingParts parts) : parts_(parts) {}

  /// Oldest first, without secrets. Fails with not_found: the port is not exposed.
  [[nodiscard]] base::Result<std::vector<wire::ShareLink>> list_links(const wire::SessionId& session,
                                                                      std::uint16_t port);
  /// With its URLs, which hold the secret. Fails with not_found, too_many, or conflict (the port has no URL
  /// that a link could lead to).
  io::Task<base::Result<wire::ShareLink>> create_link(wire::SessionId session, std::uint16_t port,
                                                      wire::NewShareLink request, UrlBase base);
  /// Another secret; what came by the old one ends. Fails as create_link does.
  io::Task<base::Result<wire::ShareLink>> rotate_link(wire::SessionId session, std::uint16_t port,
                                                      std::string link, UrlBase base);
  /// Fails with not_found.
  io::Task<base::Result<void>> remove_link(wire::SessionId session, std::uint16_t port, std::string link);

  /// By name.
  [[nodiscard]] std::vector<wire::User> list_invited(const wire::SessionId& session) {
    return parts_.gateway.list_invited(session);
  }
  struct Invited {
    wire::User user;
    bool created = false;  // false: was invited already
  };
  /// `user` is a name or an id. Fails with not_found, too_many or invalid_argument (owns the session).
  io::Task<base::Result<Invited>> invite(store::SessionRecord session, std::string user);
  /// Fails with not_found.
  io::Task<base::Result<void>> uninvite(wire::SessionId session, std::string user);

 private:
  [[nodiscard]] std::optional<wire::User> find_user(const std::string& text);
  /// Fails with not_found where the link is none of that port's.
  [[nodiscard]] base::Result<store::ShareLinkRecord> find_link(const wire::SessionId& session,
                                                               std::uint16_t port, const std::string& link);
  /// What the link with `secret` looks like, once. Fails with not_found or conflict.
  [[nodiscard]] base::Result<wire::ShareLink> shown(const store::ShareLinkRecord& link,
                                                    const base::Secret& secret, const UrlBase& base);

  SharingParts parts_;
};

}  // namespace server
