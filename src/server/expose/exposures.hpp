/// Ports of sessions made reachable: what is exposed, and the URLs.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "store/exposure_store.hpp"
#include "store/session_store.hpp"
#include "wire/exposure.hpp"

namespace server {

struct ExposureOptions {
  std::int64_t exposures_per_session = 32;
};

class Exposures {
 public:
  Exposures(store::ExposureStore& store, const base::Clock& clock, ExposureOptions options)
      : store_(store), clock_(clock), options_(options) {}

  struct Added {
    wire::Exposure exposure;
    bool created = false;
  };
  /// `base_url` is where clients reach us, without a slash at its end. The same again succeeds.
  /// Fails with conflict (not running; port or name in other use) or too_many.
  io::Task<base::Result<Added>> add(store::SessionRecord session, wire::NewExposure request,
                                    std::string base_url);
  /// Fails with not_found.
  io::Task<base::Result<void>> remove(wire::SessionId session, std::uint16_t port) {
    return store_.remove_exposure(std::move(session), port);
  }
  /// By port.
  [[nodiscard]] std::vector<wire::Exposure> list(const store::SessionRecord& session,
                                                 const std::string& base_url);
  [[nodiscard]] const ExposureOptions& options() const { return options_; }

 private:
  store::ExposureStore& store_;
  const base::Clock& clock_;
  ExposureOptions options_;
};

}  // namespace server
