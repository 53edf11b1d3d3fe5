#include "server/expose/exposures.hpp"

namespace server {
namespace {

wire::Exposure view(const store::ExposureRecord& record, wire::SessionState state,
                    const std::string& base_url) {
  wire::Exposure out;
  out.session = record.session;
  out.port = record.port;
  out.protocol = record.protocol;
  out.name = record.name;
  out.visibility = record.visibility;
  out.urls = {base_url + "/api/v1/sessions/" + record.session.text() + "/proxy/" +
              std::to_string(record.port) + "/"};
  out.status = state == wire::SessionState::running ? "active" : "inactive";
  return out;
}

}  // namespace

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
  record.created_at = clock_.now();
  const auto added = co_await store_.add_exposure(std::move(record), options_.exposures_per_session);
  if (!added) co_return tl::unexpected(added.error());
  co_return Added{view(added->exposure, session.state, base_url), added->created};
}

std::vector<wire::Exposure> Exposures::list(const store::SessionRecord& session,
                                            const std::string& base_url) {
  std::vector<wire::Exposure> out;
  for (const auto& record : store_.list_exposures(session.id))
    out.push_back(view(record, session.state, base_url));
  return out;
}

}  // namespace server
