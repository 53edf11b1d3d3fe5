#include "server/gateway/admission.hpp"

#include <algorithm>

#include "wire/cidr.hpp"

namespace server {

Verdict admit(std::string_view visibility, Standing standing) {
  if (visibility == "public") return Verdict::let_in;
  switch (standing) {
    case Standing::nobody: return Verdict::log_in;
    case Standing::user: return visibility == "authenticated" ? Verdict::let_in : Verdict::not_found;
    case Standing::share_link:
    case Standing::invited:
    case Standing::owner: return Verdict::let_in;
  }
  return Verdict::not_found;
}

bool is_allowed_address(const std::vector<std::string>& allow_cidrs, const std::string& address) {
  if (allow_cidrs.empty()) return true;
  const auto client = wire::IpAddress::parse(address);
  if (!client) return false;
  return std::any_of(allow_cidrs.begin(), allow_cidrs.end(), [&client](const std::string& text) {
    const auto network = wire::Cidr::parse(text);
    return network && network->contains(*client);
  });
}

Door Admission::door_of(const wire::SessionId& session, std::optional<store::ExposureRecord> exposure) {
  Door door;
  door.session = stores_.sessions.find(session);
  if (door.session && exposure) door.exposure = *std::move(exposure);
  return door;
}

Door Admission::find(const wire::SessionId& session, std::uint16_t port) {
  auto door = door_of(session, stores_.exposures.find_exposure(session, port));
  if (!door.exposure.session.none()) return door;
  door.exposure.session = session;
  door.exposure.port = port;
  door.exposure.protocol = "http";
  door.exposure.visibility = "private";
  return door;
}

Door Admission::find(const wire::SessionId& session, const std::string& name) {
  auto exposure = stores_.exposures.find_exposure(session, name);
  if (!exposure) return {};
  return door_of(session, std::move(exposure));
}

Door Admission::find_allocated(std::uint16_t allocated_port) {
  auto exposure = stores_.exposures.find_allocated(allocated_port);
  if (!exposure) return {};
  const auto session = exposure->session;
  return door_of(session, std::move(exposure));
}

Standing Admission::standing_of(const Door& door, const Visitor& visitor) {
  if (visitor.share) return Standing::share_link;
  const auto& caller = visitor.caller;
  switch (caller.kind) {
    case CallerKind::anonymous:
    case CallerKind::sandbox:
    case CallerKind::enrolment: return Standing::nobody;
    case CallerKind::session:
      // Its owner's other sessions are none of its business.
      return door.session && caller.session == door.session->id ? Standing::owner : Standing::user;
    case CallerKind::admin:  // looks after sessions, and has no business with what they serve
    case CallerKind::user: break;
  }
  if (!door.session || !caller.user) return Standing::user;
  if (caller.user->id == door.session->owner) return Standing::owner;
  const bool invited = stores_.gateway.is_invited(door.session->id, caller.user->id);
  return invited ? Standing::invited : Standing::user;
}

Verdict Admission::check(const Door& door, const Visitor& visitor) {
  const auto standing = standing_of(door, visitor);
  if (!door.session) return standing == Standing::nobody ? Verdict::log_in : Verdict::not_found;
  if (!is_allowed_address(door.exposure.allow_cidrs, visitor.address)) return Verdict::wrong_address;
  return admit(door.exposure.visibility, standing);
}

}  // namespace server
