/// A browser's way to a login at an app's own host or port: from there to the API's origin, back with a
/// one-time code, and share links. docs/decisions/0012-gateway.md.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "server/auth/attempts.hpp"
#include "server/gateway/admission.hpp"
#include "server/gateway/app_codes.hpp"
#include "server/gateway/app_url.hpp"
#include "server/gateway/entry.hpp"
#include "server/gateway/notice_page.hpp"
#include "server/gateway/options.hpp"

namespace server {

struct AppLoginParts {
  Admission& admission;
  store::GatewayStore& store;
  Attempts& attempts;
  const base::Clock& clock;
  base::Random& random;
};

class AppLogin {
 public:
  /// `options` must outlive it.
  AppLogin(AppLoginParts parts, const GatewayOptions& options, base::Log log)
      : parts_(parts), options_(options), log_(std::move(log)), codes_(parts.clock, parts.random) {}

  /// Sends a navigation that was not let in to the API's origin.
  [[nodiscard]] io::http::Response begin(const wire::RequestHead& head, const Entry& entry);

  /// What the API knows of a browser that comes to authorise.
  struct Asked {
    const wire::RequestHead& head;
    Principal caller;
    std::string base_url;  // of the API, as this browser reaches it
    std::string client;    // its address
  };
  /// GET /api/v1/gateway/authorize: to the login, back to the app with a code, or no further.
  [[nodiscard]] io::http::Response authorise(const Asked& asked);

  /// True for paths that are ours on every host name and port, matched on raw bytes.
  [[nodiscard]] static bool owns(std::string_view path) {
    return path == "/.helix" || path.starts_with("/.helix/");
  }
  /// Answers those: `visitor` is who asks by the fields of the request.
  io::Task<io::http::Response> serve_own(const wire::RequestHead& head, const Entry& entry, const Door& door,
                                         const Visitor& visitor);

 private:
  /// Where an authorised browser goes back to.
  struct Return {
    Door door;
    std::string origin;  // "scheme://host:port"
    std::string host;
    std::uint16_t allocated_port = 0;
    std::string target;
  };
  /// Nothing for what is no app's URL.
  [[nodiscard]] std::optional<Return> find_return(const std::string& to, const std::string& base_url);
  [[nodiscard]] std::string api_origin(const Entry& entry) const;

  io::Task<io::http::Response> finish(const wire::RequestHead& head, const Entry& entry, const Door& door,
                                      const Visitor& visitor);
  /// The ticket of a callback that is this browser's, for this app.
  [[nodiscard]] std::optional<AppTicket> take_ticket(const wire::RequestHead& head, const Entry& entry,
                                                     const Door& door);
  io::Task<io::http::Response> open_share_link(const wire::RequestHead& head, const Entry& entry,
                                               const Door& door, std::string secret);
  /// Lets the browser in by a cookie and sends it to `location`.
  io::Task<io::http::Response> let_in(const wire::RequestHead& head, const Entry& entry,
                                      store::AppLoginRecord login, std::string location);
  [[nodiscard]] std::optional<io::http::Response> refuse_guessing(const wire::RequestHead& head,
                                                                  const std::string& client);

  AppLoginParts parts_;
  const GatewayOptions& options_;
  base::Log log_;
  AppCodes codes_;
};

/// The answer to a visitor who is not let in; `begin` makes that to a navigation that may log in.
[[nodiscard]] io::http::Response refusal(const wire::RequestHead& head, Verdict verdict);

}  // namespace server
