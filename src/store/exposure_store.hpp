/// Ports of sessions that were made reachable; they survive restarts and stops and end with the session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "io/task.hpp"
#include "wire/ids.hpp"

namespace store {

struct ExposureRecord {
  wire::SessionId session;
  wire::UserId owner;
  std::uint16_t port = 0;
  std::string protocol;                  // "http", "h2c" or "tcp"
  std::string name;                      // "" when it has none
  std::string visibility;                // "private", "authenticated" or "public"
  std::string host_header = "original";  // "original", "localhost" or a name to send
  std::vector<std::string> allow_cidrs;  // none: every address may ask
  std::uint16_t allocated_port = 0;      // 0: none
  base::Time created_at;
};

class ExposureStore {
 public:
  virtual ~ExposureStore() = default;
  /// By port.
  [[nodiscard]] virtual std::vector<ExposureRecord> list_exposures(const wire::SessionId& session) = 0;

  [[nodiscard]] virtual std::optional<ExposureRecord> find_exposure(const wire::SessionId& session,
                                                                    std::uint16_t port) = 0;
  [[nodiscard]] virtual std::optional<ExposureRecord> find_exposure(const wire::SessionId& session,
                                                                    const std::string& name) = 0;
  [[nodiscard]] virtual std::optional<ExposureRecord> find_allocated(std::uint16_t allocated_port) = 0;
  /// Every exposure that has an allocated port.
  [[nodiscard]] virtual std::vector<ExposureRecord> list_allocated() = 0;

  struct Added {
    ExposureRecord exposure;
    bool created = false;  // false: it was there with the same values
  };
  /// Fails with conflict (the port has other values; the owner uses the name; another exposure has the
  /// allocated port), too_many (`most` reached) or not_found (no such session). The allocated port is no
  /// value of the caller's: it does not count in the comparison, and the one that is there stays.
  virtual io::Task<base::Result<Added>> add_exposure(ExposureRecord exposure, std::int64_t most) = 0;
  /// Fails with not_found.
  virtual io::Task<base::Result<void>> remove_exposure(wire::SessionId session, std::uint16_t port) = 0;
};

}  // namespace store
