/// Ports of this machine that exposures are given, as the exposures see them; tests put their own in place.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "store/exposure_store.hpp"

namespace server {

/// One loop. Who implements it listens on the ports that it holds, and asks the store's find_allocated() whom
/// a connection is for: between reserve() and the store's write it is for nobody.
class PortRegistry {
 public:
  virtual ~PortRegistry() = default;

  /// Binds a free port of the range for `exposure`, whose allocated_port is not set yet; its protocol,
  /// visibility and allow_cidrs say where to listen. Fails with unavailable that names the range, or says
  /// that there is none.
  virtual base::Result<std::uint16_t> reserve(const store::ExposureRecord& exposure) = 0;
  /// Takes up `exposure`'s allocated_port, remembered from a former life. One that cannot be bound is tried
  /// again until it is released; meanwhile trouble() tells.
  virtual void restore(const store::ExposureRecord& exposure) = 0;
  /// Stops listening and forgets the port; connections that were accepted are not touched. Nothing where it
  /// is not held.
  virtual void release(std::uint16_t port) = 0;
  /// Why a held port cannot be reached, for people: "port 30001 is taken by another program; retrying".
  /// "" where nothing is wrong.
  [[nodiscard]] virtual std::string trouble(std::uint16_t port) const = 0;
};

/// Gives nobody a port: HELIX_PORT_RANGE is off.
class NoPorts : public PortRegistry {
 public:
  base::Result<std::uint16_t> reserve(const store::ExposureRecord&) override {
    return base::fail(base::ErrorCode::unavailable,
                      "this server allocates no ports: HELIX_PORT_RANGE is off");
  }
  void restore(const store::ExposureRecord&) override {}
  void release(std::uint16_t) override {}
  [[nodiscard]] std::string trouble(std::uint16_t port) const override {
    return "port " + std::to_string(port) + " is not served: HELIX_PORT_RANGE is off";
  }
};

}  // namespace server
