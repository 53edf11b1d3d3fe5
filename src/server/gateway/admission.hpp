/// Who gets in at a port of a session: the one place that decides, whichever URL was used.
/// docs/decisions/0012-gateway.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/auth/principal.hpp"
#include "store/exposure_store.hpp"
#include "store/gateway_store.hpp"
#include "store/session_store.hpp"

namespace server {

/// A port of a session, as somebody asks for it.
struct Door {
  std::optional<store::SessionRecord> session;  // nothing: there is no such session or name
  store::ExposureRecord exposure;               // of a port that is not exposed: private, http
};

/// Who asks, and from where.
struct Visitor {
  Principal caller;
  std::optional<wire::ShareLinkId> share;  // of this door; instead of a caller
  std::optional<store::TokenHash> login;   // of the browser, where the caller came by one
  std::string address;                     // of the client, without port
};

/// What a visitor is to a door, from the least to the most.
enum class Standing { nobody, share_link, user, invited, owner };

enum class Verdict {
  let_in,
  log_in,        // nobody is known: 401, or a browser is sent to the login
  not_found,     // somebody is known who may not see it: 404
  wrong_address  // not one of allow_cidrs: 403
};

/// The table. An unknown visibility counts as private.
[[nodiscard]] Verdict admit(std::string_view visibility, Standing standing);

class Admission {
 public:
  struct Stores {
    store::SessionStore& sessions;
    store::ExposureStore& exposures;
    store::GatewayStore& gateway;
  };
  explicit Admission(Stores stores) : stores_(stores) {}

  [[nodiscard]] Door find(const wire::SessionId& session, std::uint16_t port);
  [[nodiscard]] Door find(const wire::SessionId& session, const std::string& name);
  [[nodiscard]] Door find_allocated(std::uint16_t allocated_port);

  [[nodiscard]] Standing standing_of(const Door& door, const Visitor& visitor);
  /// A door that is not there looks like a private one of somebody else.
  [[nodiscard]] Verdict check(const Door& door, const Visitor& visitor);

 private:
  [[nodiscard]] Door door_of(const wire::SessionId& session, std::optional<store::ExposureRecord> exposure);
  Stores stores_;
};

/// True when an address may ask at all: there are no networks, or it is in one of them.
[[nodiscard]] bool is_allowed_address(const std::vector<std::string>& allow_cidrs,
                                      const std::string& address);

}  // namespace server
