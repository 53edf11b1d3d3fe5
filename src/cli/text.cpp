#include "cli/text.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace cli {
namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

/// Digits of fixed width, else -1.
int number_at(std::string_view text, std::size_t at, std::size_t size) {
  int value = -1;
  const auto* const end = text.data() + at + size;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc() || stop != end) return -1;
  return value;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 controls are C2 80 … C2 9F in UTF-8.
    const bool c1 = byte == 0xC2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
    if (c1) ++i;
    out.push_back(byte < 0x20U || byte == 0x7FU || c1 ? ' ' : text[i]);
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += starts_code_point(c) ? 1U : 0U;
  return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (width_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t seen = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (starts_code_point(text[end]) && seen++ == columns - 1) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string duration_text(std::chrono::seconds duration) {
  const auto seconds = duration.count() < 0 ? 0 : duration.count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 2L * 86400) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::chrono::seconds kMost = std::chrono::hours(24 * 3653);
  if (text.size() < 2) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return std::nullopt;
  }
  std::int64_t amount = 0;
  const char* end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, amount);
  if (error != std::errc() || stop != end || amount <= 0 || amount > kMost.count() / unit)
    return std::nullopt;
  return std::chrono::seconds(amount * unit);
}

std::string age_text(std::string_view rfc3339, base::Time now) {
  const auto time = parse_rfc3339(rfc3339);
  if (!time) return "-";
  return duration_text(std::chrono::duration_cast<std::chrono::seconds>(now - *time));
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array<const char*, 6> kUnits{"B", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000.0 && unit + 1 < kUnits.size(); ++unit) value /= 1000.0;
  std::array<char, 32> out{};
  const int digits = unit == 0 || value >= 100.0 ? 0 : 1;
  const int size = std::snprintf(out.data(), out.size(), "%.*f %s", digits, value, kUnits.at(unit));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::optional<base::Time> parse_rfc3339(std::string_view text) {
  // 2026-11-21T11:34:40[.123]Z
  constexpr std::size_t kLeast = 20;
  if (text.size() < kLeast || text.back() != 'Z' || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  const int hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2);
  const int second = number_at(text, 17, 2);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const bool valid =
      year >= 0 && month > 0 && day > 0 && hour >= 0 && minute >= 0 && second >= 0 && date.ok();
  if (!valid) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace cli
