/// What two sides of a tunnel may agree on beyond what deployed peers speak.
///
///     GET /api/v1/revdial?runnerid=hydra-a HTTP/1.1        HTTP/1.1 101 Switching Protocols
///     X-Helix-Tunnel: raw, target                          X-Helix-Tunnel: raw, target
///
/// The runner names what it knows, the hub answers with what it will use; who sends nothing knows nothing. A
/// data connection is raw when both its own request and its own 101 say so.
#pragma once

#include "wire/http_head.hpp"

namespace tunnel {

struct Extensions {
  bool raw = false;     // data connections carry bytes without frames, with half-close
  bool target = false;  // a conn-ready may name a session and a port

  [[nodiscard]] static Extensions read(const wire::Fields& fields);
  /// Adds nothing where there is nothing to say.
  void write(wire::Fields& fields) const;
  [[nodiscard]] Extensions operator&(const Extensions& other) const {
    return {raw && other.raw, target && other.target};
  }
};

}  // namespace tunnel
