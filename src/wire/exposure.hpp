/// Exposures, ports of a session made reachable, as the API's clients see them (seed 2026-01-25).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/error.hpp"
#include "wire/ids.hpp"

namespace wire {

/// Body of POST /api/v1/sessions/{id}/expose.
struct NewExposure {
  std::uint16_t port = 0;
  std::string protocol = "http";
  std::string name;  // "" when none is given
  std::string visibility = "private";
  std::string host_header = "original";  // or "localhost", or a host with or without a port
  std::vector<std::string> allow_cidrs;  // as Cidr::text() spells them, each once; none: every address
};

/// Fails with malformed or invalid_argument naming field and rule.
[[nodiscard]] base::Result<NewExposure> decode_new_exposure(std::string_view body);

/// A port as text, e.g. from a path. Fails with invalid_argument, field "port".
[[nodiscard]] base::Result<std::uint16_t> parse_port(std::string_view text);

struct Exposure {
  SessionId session;
  std::uint16_t port = 0;
  std::string protocol;
  std::string name;
  std::string visibility;
  std::vector<std::string> urls;     // at least one
  std::uint16_t allocated_port = 0;  // 0: none
  std::string status;
  std::string host_header = "original";
  std::vector<std::string> allow_cidrs;
};

/// Answer of POST: with session_id, without url.
[[nodiscard]] boost::json::object to_json(const Exposure& exposure);
/// Item of exposed_ports: with url, without session_id.
[[nodiscard]] boost::json::object to_list_item(const Exposure& exposure);

}  // namespace wire
