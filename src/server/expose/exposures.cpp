#include "server/expose/exposures.hpp"

namespace server {

wire::Exposure Exposures::view(const store::ExposureRecord& record, wire::SessionState state,
                               const std::string& base_url) const {
  wire::Exposure out;
  out.session = record.session;
  out.port = record.port;
  out.protocol = record.protocol;
  out.name = record.name;
  out.visibility = record.visibility;
  out.host_header = record.host_header;
  out.allow_cidrs = record.allow_cidrs;
  out.allocated_port = record.allocated_port;
  out.urls = exposure_urls(record, url_base(base_url));
  out.status = state == wire::SessionState::running ? "active" : "inactive";
  const auto trouble = record.allocated_port != 0 ? ports_.trouble(record.allocated_port) : std::string();
  if (!trouble.empty()) out.status = trouble;
  return out;
}

base::Result<void> Exposures::reserve_port(store::ExposureRecord& record) {
  const auto reserved = ports_.reserve(record);
  // HTTP has other ways to be reached.
  if (!reserved && record.protocol != "tcp") return {};
  if (!reserved) return tl::unexpected(reserved.error());
  record.allocated_port = *reserved;
  held_.emplace(Place(record.session, record.port), *reserved);
  return {};
}

void Exposures::release_port(const Place& place, std::uint16_t allocated) {
  const auto [from, to] = held_.equal_range(place);
  for (auto at = from; at != to; ++at) {
    if (at->second != allocated) continue;
    held_.erase(at);
    ports_.release(allocated);
    return;
  }
}

io::Task<base::Result<Exposures::Added>> Exposures::add(store::SessionRecord session,
                                                        wire::NewExposure request, std::string base_url) {
  if (session.state != wire::SessionState::running) {
    co_return base::fail(base::ErrorCode::conflict,
                         "the session is " + std::string(wire::to_string(session.state)) + ", not running");
  }
  store::ExposureRecord record;
  record.session = session.id;
  record.owner = session.owner;
  record.port = request.port;
  record.protocol = request.protocol;
  record.name = request.name;
  record.visibility = request.visibility;
  record.host_header = request.host_header;
  record.allow_cidrs = request.allow_cidrs;
  record.created_at = clock_.now();
  // What is exposed already is compared by the store, and keeps the port that it has.
  if (!store_.find_exposure(session.id, record.port)) {
    const auto reserved = reserve_port(record);
    if (!reserved) co_return tl::unexpected(reserved.error());
  }
  const Place place(record.session, record.port);
  const auto allocated = record.allocated_port;
  const auto added = co_await store_.add_exposure(std::move(record), options_.exposures_per_session);
  if (!added || !added->created) release_port(place, allocated);
  if (!added) co_return tl::unexpected(added.error());
  if (added->exposure.protocol == "tcp" && added->exposure.allocated_port == 0) {
    // What was exposed a moment ago was taken back before this was written.
    const auto removed = co_await store_.remove_exposure(place.first, place.second);
    if (!removed) co_return tl::unexpected(removed.error());
    co_return base::fail(base::ErrorCode::conflict, "the port was just taken back: try again");
  }
  co_return Added{view(added->exposure, session.state, base_url), added->created};
}

io::Task<base::Result<void>> Exposures::remove(wire::SessionId session, std::uint16_t port) {
  const auto exposure = store_.find_exposure(session, port);
  const auto removed = co_await store_.remove_exposure(session, port);
  if (!removed) co_return tl::unexpected(removed.error());
  if (exposure) release_port(Place(session, port), exposure->allocated_port);
  streams_.end_port(session, port);
  co_return base::Result<void>();
}

std::vector<wire::Exposure> Exposures::list(const store::SessionRecord& session,
                                            const std::string& base_url) {
  std::vector<wire::Exposure> out;
  for (const auto& record : store_.list_exposures(session.id))
    out.push_back(view(record, session.state, base_url));
  return out;
}

void Exposures::restore_ports() {
  for (const auto& record : store_.list_allocated()) {
    held_.emplace(Place(record.session, record.port), record.allocated_port);
    ports_.restore(record);
  }
}

void Exposures::release_ports(const wire::SessionId& session) {
  for (auto at = held_.lower_bound(Place(session, 0)); at != held_.end() && at->first.first == session;) {
    ports_.release(at->second);
    at = held_.erase(at);
  }
}

}  // namespace server
