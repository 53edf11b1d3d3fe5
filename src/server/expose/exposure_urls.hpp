/// The URLs of a port of a session: what is shown to people and programs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/exposure_store.hpp"

namespace server {

/// How the client that asks reaches us, and under which names it could.
struct UrlBase {
  std::string base_url;       // without a slash at its end: "https://helix.example", "http://[::1]:8080"
  std::string dev_subdomain;  // "": there are no host names
};

/// The best first: by host (the name's before the port's), by allocated port, by path. A `tcp` port has the
/// allocated one alone, and none without it. Names under "localhost" resolve where we run: they are left out
/// for a client that came by another name or address.
[[nodiscard]] std::vector<std::string> exposure_urls(const store::ExposureRecord& exposure,
                                                     const UrlBase& base);

/// Where a share link with this secret leads: by host and by allocated port. None for `tcp`.
[[nodiscard]] std::vector<std::string> share_urls(const store::ExposureRecord& exposure, const UrlBase& base,
                                                  std::string_view secret);

}  // namespace server
