/// Says who asks at a host name or an allocated port, from the fields of the request.
#pragma once

#include <string>

#include "server/auth/authenticator.hpp"
#include "server/gateway/admission.hpp"
#include "server/gateway/entry.hpp"
#include "store/gateway_store.hpp"
#include "wire/http_head.hpp"

namespace server {

class Visitors {
 public:
  Visitors(Authenticator& authenticator, store::GatewayStore& gateway, Admission& admission,
           const base::Clock& clock, std::string dev_subdomain)
      : authenticator_(authenticator),
        gateway_(gateway),
        admission_(admission),
        clock_(clock),
        dev_subdomain_(std::move(dev_subdomain)) {}

  struct Found {
    Visitor visitor;
    std::optional<base::Time> until;  // of an app cookie: when it ends
  };
  /// By X-Helix-Authorization; without that field by the app cookie. A key that is none, two different valid
  /// cookies, and a cookie that another site's page sent along are nobody's.
  io::Task<Found> identify(const wire::RequestHead& head, const Entry& entry, const Door& door);

 private:
  void identify_by_cookie(const wire::RequestHead& head, const Entry& entry, const Door& door, Found& out);
  /// Whether a request with an app cookie may have been made by a page of somebody else.
  [[nodiscard]] bool is_foreign(const wire::RequestHead& head, const Entry& entry, const Door& door);
  /// The session whose page has this origin.
  [[nodiscard]] std::optional<wire::SessionId> session_of(std::string_view origin, const Entry& entry);

  Authenticator& authenticator_;
  store::GatewayStore& gateway_;
  Admission& admission_;
  const base::Clock& clock_;
  std::string dev_subdomain_;
};

}  // namespace server
