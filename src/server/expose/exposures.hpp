/// Ports of sessions made reachable: what is exposed, the ports that were allocated for it, and the URLs.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "server/expose/exposure_urls.hpp"
#include "server/expose/port_registry.hpp"
#include "server/sessions/live_streams.hpp"
#include "store/exposure_store.hpp"
#include "store/session_store.hpp"
#include "wire/exposure.hpp"

namespace server {

struct ExposureOptions {
  std::int64_t exposures_per_session = 32;
  std::string dev_subdomain = "localhost";  // "": no host URLs
};

class Exposures {
 public:
  Exposures(store::ExposureStore& store, PortRegistry& ports, LiveStreams& streams, const base::Clock& clock,
            ExposureOptions options)
      : store_(store), ports_(ports), streams_(streams), clock_(clock), options_(std::move(options)) {}

  struct Added {
    wire::Exposure exposure;
    bool created = false;
  };
  /// `base_url` is where the client reaches us, without a slash at its end. The same again succeeds. A port
  /// is allocated where there is a free one; `tcp` fails with unavailable where there is none. Fails with
  /// conflict (not running; port or name in other use), too_many or not_found (deleted meanwhile).
  io::Task<base::Result<Added>> add(store::SessionRecord session, wire::NewExposure request,
                                    std::string base_url);
  /// Its allocated port is free again, its streams end. Fails with not_found.
  io::Task<base::Result<void>> remove(wire::SessionId session, std::uint16_t port);
  /// By port.
  [[nodiscard]] std::vector<wire::Exposure> list(const store::SessionRecord& session,
                                                 const std::string& base_url);
  [[nodiscard]] std::optional<store::ExposureRecord> find(const wire::SessionId& session,
                                                          std::uint16_t port) {
    return store_.find_exposure(session, port);
  }
  /// At the start of the program: takes up the allocated ports of its former life.
  void restore_ports();
  /// After `session` was deleted: its allocated ports are free again.
  void release_ports(const wire::SessionId& session);

  [[nodiscard]] UrlBase url_base(std::string base_url) const {
    return {std::move(base_url), options_.dev_subdomain};
  }
  [[nodiscard]] const ExposureOptions& options() const { return options_; }

 private:
  using Place = std::pair<wire::SessionId, std::uint16_t>;  // a session's port

  /// Sets the record's allocated port where it can have one. Fails with unavailable.
  [[nodiscard]] base::Result<void> reserve_port(store::ExposureRecord& record);
  /// Frees `allocated` if it is still what `place` holds.
  void release_port(const Place& place, std::uint16_t allocated);
  [[nodiscard]] wire::Exposure view(const store::ExposureRecord& record, wire::SessionState state,
                                    const std::string& base_url) const;

  store::ExposureStore& store_;
  PortRegistry& ports_;
  LiveStreams& streams_;
  const base::Clock& clock_;
  ExposureOptions options_;
  std::multimap<Place, std::uint16_t> held_;  // allocated ports, those of exposures in the making too
};

}  // namespace server
