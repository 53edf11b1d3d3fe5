/// What lets people and browsers in at the gateway: invitations, share links, app logins. All of it ends with
/// the session; links and app logins end with the exposure too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "io/task.hpp"
#include "store/user_store.hpp"
#include "wire/ids.hpp"
#include "wire/user.hpp"

namespace store {

struct ShareLinkRecord {
  wire::ShareLinkId id;
  wire::SessionId session;
  std::uint16_t port = 0;
  std::string label;  // "" when none was given
  TokenHash hash;
  base::Time created_at;
  std::optional<base::Time> expires_at;
};

/// A browser that was let in at one exposure: by its login at the platform, or by a share link.
struct AppLoginRecord {
  TokenHash hash;
  wire::SessionId session;
  std::uint16_t port = 0;
  std::optional<wire::UserId> user;        // with `login`
  std::optional<TokenHash> login;          // of the browser at the platform; ends this too
  std::optional<wire::ShareLinkId> share;  // instead of user and login; ends this too
  base::Time created_at;
  base::Time expires_at;
};

/// Reads are immediate and throw ReadFailure; writes fail with the codes named, or internal and unavailable.
class GatewayStore {
 public:
  virtual ~GatewayStore() = default;

  [[nodiscard]] virtual std::vector<wire::User> list_invited(const wire::SessionId& session) = 0;
  [[nodiscard]] virtual bool is_invited(const wire::SessionId& session, const wire::UserId& user) = 0;
  /// Inviting again succeeds. Fails with not_found (no such session or user) or too_many.
  virtual io::Task<base::Result<void>> invite(wire::SessionId session, wire::UserId user, base::Time at,
                                              std::int64_t most) = 0;
  /// Ends the app logins that the user has there too. Fails with not_found.
  virtual io::Task<base::Result<void>> uninvite(wire::SessionId session, wire::UserId user) = 0;

  /// Oldest first, expired ones too.
  [[nodiscard]] virtual std::vector<ShareLinkRecord> list_share_links(const wire::SessionId& session,
                                                                      std::uint16_t port) = 0;
  /// One that has not expired at `now`.
  [[nodiscard]] virtual std::optional<ShareLinkRecord> find_share_link(const TokenHash& hash,
                                                                       base::Time now) = 0;
  [[nodiscard]] virtual std::optional<ShareLinkRecord> find_share_link(const wire::ShareLinkId& id) = 0;
  /// Fails with too_many (`most` of that port) or not_found (that port is not exposed).
  virtual io::Task<base::Result<void>> create_share_link(ShareLinkRecord link, std::int64_t most) = 0;
  /// Gives it another secret and ends its app logins. Fails with not_found.
  virtual io::Task<base::Result<void>> rotate_share_link(wire::ShareLinkId id, TokenHash hash) = 0;
  /// Its app logins end too. Fails with not_found.
  virtual io::Task<base::Result<void>> remove_share_link(wire::ShareLinkId id) = 0;

  /// One that has not expired at `now`; one by a share link only while that has not expired either.
  [[nodiscard]] virtual std::optional<AppLoginRecord> find_app_login(const TokenHash& hash,
                                                                     base::Time now) = 0;
  /// Drops what has expired by `login.created_at` on the way, and the oldest beyond 1000 of that share link,
  /// or of that login at that port. Fails with not_found where what would let the browser in has ended
  /// meanwhile.
  virtual io::Task<base::Result<void>> create_app_login(AppLoginRecord login) = 0;
};

}  // namespace store
