/// Structured log: events with fields, one line each on a sink. No sentences, no secrets.
///
///     log.info("session.started", {{"session", id}, {"took_ms", ms}});
///     {"time":"2026-…Z","level":"info","event":"session.started","program":"helix-api","session":"ses_…","took_ms":412}
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace base {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { json, text };

[[nodiscard]] Result<LogLevel> parse_log_level(std::string_view text);
[[nodiscard]] Result<LogFormat> parse_log_format(std::string_view text);

/// One key and its value. Values are copied when the line is written, so views need only live that long.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, bool flag) : key(name), value(flag) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}
  template <std::integral Number>
  LogField(std::string_view name, Number number) : key(name), value(static_cast<std::int64_t>(number)) {}

  std::string_view key;
  Value value;
};

/// Writes to standard error. Cheap to copy; `with` adds fields that every line of the copy carries.
/// Thread-safe: a line is one write(2).
class Log {
 public:
  using Fields = std::initializer_list<LogField>;
  using Sink = std::function<void(std::string_view line)>;  // line without newline

  Log(std::string program, LogLevel level, LogFormat format);
  Log(std::string program, LogLevel level, LogFormat format, Sink sink);

  [[nodiscard]] Log with(Fields fields) const;

  void debug(std::string_view event, Fields fields = {}) const { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) const { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) const { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) const { write(LogLevel::error, event, fields); }

 private:
  struct Shared {
    std::string program;
    LogLevel level;
    LogFormat format;
    Sink sink;
  };

  void write(LogLevel level, std::string_view event, Fields fields) const;

  std::shared_ptr<const Shared> shared_;
  std::vector<std::pair<std::string, std::string>>
      context_;  // key, value already rendered in shared_->format
};

}  // namespace base
