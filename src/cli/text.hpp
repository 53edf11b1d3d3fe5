/// Small pieces of text for people: what a terminal may show, and how long ago something was.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace cli {

/// Replaces control characters, so that text from elsewhere cannot drive the terminal or break a table.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns that UTF-8 text takes, counting a code point as one.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// At most `columns` columns, the cut shown as "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);

/// "8 s", "5 min", "3 h", "12 d".
[[nodiscard]] std::string duration_text(std::chrono::seconds duration);

/// Reads "90s", "30m", "24h", "7d"; nullopt for anything else, zero, and more than ten years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// Age of an RFC 3339 time; "-" when it is none.
[[nodiscard]] std::string age_text(std::string_view rfc3339, base::Time now);

/// "17.2 GB"; powers of 1000.
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

/// Reads "2026-11-21T11:34:40.123Z"; fractions are dropped, the zone must be Z.
[[nodiscard]] std::optional<base::Time> parse_rfc3339(std::string_view text);

}  // namespace cli
