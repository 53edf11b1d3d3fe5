/// Opens connections to servers inside sessions, and remembers where a session is while it lives.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "agent/sessions/session_service.hpp"
#include "base/error.hpp"
#include "io/stream.hpp"
#include "nest/process_identity.hpp"
#include "tunnel/target.hpp"
#include "wire/ids.hpp"

namespace agent {

/// One loop only.
class SessionDialer : public tunnel::TargetConnector {
 public:
  explicit SessionDialer(SessionService& sessions) : sessions_(sessions) {}

  /// Fails with not_found (no such session), conflict (it does not run), unavailable (nothing listens; says
  /// which of 127.0.0.1, ::1 and the container's address refused, and how).
  io::Task<base::Result<io::StreamPtr>> connect(wire::SessionId id, std::uint16_t port) override;

 private:
  struct Place {
    nest::ProcessIdentity process;  // PID 1 of the session
    std::string address;
  };
  io::Task<base::Result<Place>> find(wire::SessionId id);

  SessionService& sessions_;
  // A place is good while its process lives: the engine is asked again only then.
  std::map<wire::SessionId, Place> places_;
};

}  // namespace agent
