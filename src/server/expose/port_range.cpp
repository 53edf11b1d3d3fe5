#include "server/expose/port_range.hpp"

#include <charconv>

namespace server {

base::Result<std::optional<PortRange>> parse_port_range(std::string_view text) {
  if (text == "off") return std::nullopt;
  constexpr std::uint16_t kLeast = 1024;  // below it only root may listen
  const auto wrong = [] {
    return base::fail(base::ErrorCode::invalid_argument,
                      "must be two ports from 1024 to 65535, e.g. 30000-40000, or off");
  };
  PortRange range;
  const auto* end = text.data() + text.size();
  const auto [dash, first_error] = std::from_chars(text.data(), end, range.first);
  if (first_error != std::errc{} || dash == end || *dash != '-') return wrong();
  const auto [stopped, last_error] = std::from_chars(dash + 1, end, range.last);
  if (last_error != std::errc{} || stopped != end) return wrong();
  if (range.first < kLeast || range.first > range.last) return wrong();
  return range;
}

}  // namespace server
