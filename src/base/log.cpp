#include "base/log.hpp"

#include <cstdio>
#include <unistd.h>

#include "base/clock.hpp"

namespace base {
namespace {

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "info";
}

/// JSON string, RFC 8259 §7; bytes that are not UTF-8 pass as they are.
void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string render(const LogField::Value& value, LogFormat format) {
  std::string out;
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    const bool plain = format == LogFormat::text && text->find_first_of(" \"=\n\t") == std::string_view::npos;
    if (plain) out = *text;
    if (!plain) append_quoted(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out = std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    char buffer[32];
    out.assign(buffer, static_cast<std::size_t>(std::snprintf(buffer, sizeof buffer, "%.6g", *real)));
  } else {
    out = std::get<bool>(value) ? "true" : "false";
  }
  return out;
}

void append_field(std::string& line, std::string_view key, std::string_view rendered, LogFormat format) {
  if (format == LogFormat::json) {
    line.push_back(',');
    append_quoted(line, key);
    line.push_back(':');
  } else {
    line.push_back(' ');
    line += key;
    line.push_back('=');
  }
  line += rendered;
}

void write_to_stderr(std::string_view line) {
  std::string whole(line);
  whole.push_back('\n');
  // A log that cannot be written must not stop the program; there is nobody left to tell.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, whole.data(), whole.size());
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error})
    if (to_string(level) == text) return level;
  return fail(ErrorCode::invalid_argument, "log level must be debug, info, warn or error");
}

Result<LogFormat> parse_log_format(std::string_view text) {
  if (text == "json") return LogFormat::json;
  if (text == "text") return LogFormat::text;
  return fail(ErrorCode::invalid_argument, "log format must be json or text");
}

Log::Log(std::string program, LogLevel level, LogFormat format)
    : Log(std::move(program), level, format, write_to_stderr) {}

Log::Log(std::string program, LogLevel level, LogFormat format, Sink sink)
    : shared_(std::make_shared<const Shared>(Shared{std::move(program), level, format, std::move(sink)})) {}

Log Log::with(Fields fields) const {
  Log copy = *this;
  for (const auto& field : fields)
    copy.context_.emplace_back(std::string(field.key), render(field.value, shared_->format));
  return copy;
}

void Log::write(LogLevel level, std::string_view event, Fields fields) const {
  if (level < shared_->level) return;
  std::string line;
  const std::string time = to_rfc3339(SystemClock().now());
  if (shared_->format == LogFormat::json) {
    line = "{\"time\":\"" + time + "\",\"level\":\"";
    line += to_string(level);
    line += "\",\"event\":";
    append_quoted(line, event);
    line += ",\"program\":";
    append_quoted(line, shared_->program);
  } else {
    line = time + " " + std::string(to_string(level)) + " " + shared_->program + " " + std::string(event);
  }
  for (const auto& [key, rendered] : context_) append_field(line, key, rendered, shared_->format);
  for (const auto& field : fields)
    append_field(line, field.key, render(field.value, shared_->format), shared_->format);
  if (shared_->format == LogFormat::json) line.push_back('}');
  shared_->sink(line);
}

}  // namespace base
