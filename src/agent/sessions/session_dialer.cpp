#include "agent/sessions/session_dialer.hpp"

#include <chrono>
#include <utility>

#include "agent/network/session_socket.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;

// For each address. Loopback answers at once or not at all; this bounds a full backlog. Three of them fit
// into the tunnel's 15 s for a target.
constexpr std::chrono::seconds kConnectLimit{4};

}  // namespace

io::Task<base::Result<io::StreamPtr>> SessionDialer::connect(wire::SessionId id, std::uint16_t port) {
  const auto place = co_await find(id);
  if (!place) co_return tl::unexpected(place.error());
  co_return co_await connect_in_session(place->process.pid, place->address, port, kConnectLimit);
}

io::Task<base::Result<SessionDialer::Place>> SessionDialer::find(wire::SessionId id) {
  const auto known = places_.find(id);
  if (known != places_.end() && nest::is_alive(known->second.process)) co_return known->second;
  std::erase_if(places_, [](const auto& place) { return !nest::is_alive(place.second.process); });

  const auto container = co_await sessions_.find_container(id);
  if (!container) co_return tl::unexpected(container.error());
  const auto process = nest::identify(container->pid);
  if (container->status != engine::ContainerStatus::running || !process)
    co_return fail(ErrorCode::conflict, "session " + id.text() + " does not run; start it first");
  Place place{*process, container->address};
  places_.insert_or_assign(id, place);
  co_return place;
}

}  // namespace agent
