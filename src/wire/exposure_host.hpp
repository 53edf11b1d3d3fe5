/// Host names of exposed ports under DEV_SUBDOMAIN: made, and taken apart. docs/decisions/0012-gateway.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/ids.hpp"

namespace wire {

/// What a Host field asks for.
struct ExposureHost {
  enum class Kind {
    api,        // no host of ours: the API and the UI
    exposure,   // the port or the name of a session
    not_found,  // under the domain, looks like ours and is none
    invalid     // no host at all: 400
  };

  Kind kind = Kind::invalid;
  SessionId session;       // of an exposure, like the next two
  std::uint16_t port = 0;  // 0: by name
  std::string name;        // "" by port
  std::string host;        // lower case, without port and last dot; "" where invalid
};

/// `field` is the value of Host (or :authority) as it came; `domain` is DEV_SUBDOMAIN, of one label or more.
/// Case, a port and one dot at the end make no difference. Whether the session is there is not looked at.
[[nodiscard]] ExposureHost parse_exposure_host(std::string_view field, std::string_view domain);

/// "ses-<ulid>-<port>".
[[nodiscard]] std::string make_host_label(const SessionId& session, std::uint16_t port);
/// "<name>-ses-<ulid>"; at most 55 characters where the name is a valid one.
[[nodiscard]] std::string make_host_label(const SessionId& session, std::string_view name);

}  // namespace wire
