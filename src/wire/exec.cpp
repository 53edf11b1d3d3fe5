#include "wire/exec.hpp"

#include <array>
#include <csignal>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

namespace json = boost::json;

/// Linux: MAX_ARG_STRLEN. The counts are chosen.
constexpr std::size_t kMaxArgumentBytes = 128 * 1024;
constexpr std::size_t kMaxArguments = 16 * 1024;
constexpr std::size_t kMaxVariables = 1000;
constexpr std::size_t kMaxPathBytes = 4096;  // PATH_MAX
constexpr std::size_t kMaxMessageBytes = 4096;
constexpr int kMaxTerminalSide = 10000;
constexpr int kMaxStatus = 255;

constexpr std::array kSignals{
    std::pair{SIGHUP, std::string_view{"HUP"}},   std::pair{SIGINT, std::string_view{"INT"}},
    std::pair{SIGQUIT, std::string_view{"QUIT"}}, std::pair{SIGKILL, std::string_view{"KILL"}},
    std::pair{SIGUSR1, std::string_view{"USR1"}}, std::pair{SIGUSR2, std::string_view{"USR2"}},
    std::pair{SIGTERM, std::string_view{"TERM"}}, std::pair{SIGCONT, std::string_view{"CONT"}},
    std::pair{SIGSTOP, std::string_view{"STOP"}}, std::pair{SIGTSTP, std::string_view{"TSTP"}},
};

json::object to_object(const ExecStart& start) {
  json::object object{{"type", "start"}};
  object["argv"] = json::array(start.argv.begin(), start.argv.end());
  if (!start.env.empty()) {
    json::object env;
    for (const auto& [name, value] : start.env) env[name] = value;
    object["env"] = std::move(env);
  }
  if (!start.cwd.empty()) object["cwd"] = start.cwd;
  object["tty"] = start.tty;
  object["cols"] = start.cols;
  object["rows"] = start.rows;
  object["detach"] = start.detach;
  return object;
}

json::object to_object(const ExecStdinEof&) { return {{"type", "stdin_eof"}}; }
json::object to_object(const ExecResize& resize) {
  return {{"type", "resize"}, {"cols", resize.cols}, {"rows", resize.rows}};
}
json::object to_object(const ExecSignal& signal) {
  return {{"type", "signal"}, {"signal", signal_name(signal.number)}};
}
json::object to_object(const ExecStarted& started) { return {{"type", "started"}, {"pid", started.pid}}; }
json::object to_object(const ExecExit& exit) { return {{"type", "exit"}, {"status", exit.status}}; }
json::object to_object(const ExecFailed& failed) { return {{"type", "error"}, {"message", failed.message}}; }

template <class Message>
std::string encode_any(const Message& message) {
  return std::visit([](const auto& part) { return json::serialize(to_object(part)); }, message);
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

int side(ObjectReader& reader, std::string_view name, int otherwise) {
  return static_cast<int>(reader.integer(name, 1, kMaxTerminalSide).value_or(otherwise));
}

base::Result<ExecRequest> decode_start(ObjectReader& reader) {
  ExecStart start;
  auto argv = reader.texts("argv", kMaxArguments, kMaxArgumentBytes);
  reader.require(argv.has_value() && !argv->empty(), "argv");
  start.argv = std::move(argv).value_or(std::vector<std::string>());
  start.env =
      reader.text_map("env", kMaxVariables, kMaxArgumentBytes).value_or(std::map<std::string, std::string>());
  start.cwd = reader.text("cwd", kMaxPathBytes).value_or("");
  start.tty = reader.flag("tty").value_or(false);
  start.cols = side(reader, "cols", start.cols);
  start.rows = side(reader, "rows", start.rows);
  start.detach = reader.flag("detach").value_or(false);

  for (const auto& word : start.argv) {
    if (has_nul(word)) reader.refuse("argv", "must hold no NUL");
  }
  for (const auto& [name, value] : start.env) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value))
      reader.refuse("env", "names must be neither empty nor hold '='; nothing may hold a NUL");
  }
  if (has_nul(start.cwd)) reader.refuse("cwd", "must hold no NUL");
  if (const auto done = reader.finish(false); !done) return tl::unexpected(done.error());
  return start;
}

base::Result<ExecRequest> decode_resize(ObjectReader& reader) {
  const auto cols = reader.integer("cols", 1, kMaxTerminalSide);
  const auto rows = reader.integer("rows", 1, kMaxTerminalSide);
  reader.require(cols.has_value(), "cols");
  reader.require(rows.has_value(), "rows");
  if (const auto done = reader.finish(false); !done) return tl::unexpected(done.error());
  return ExecResize{static_cast<int>(*cols), static_cast<int>(*rows)};
}

base::Result<ExecEvent> decode_started(ObjectReader& reader) {
  const auto pid = reader.integer("pid", 0, INT64_MAX);
  reader.require(pid.has_value(), "pid");
  if (const auto done = reader.finish(false); !done) return tl::unexpected(done.error());
  return ExecStarted{*pid};
}

base::Result<ExecEvent> decode_exit(ObjectReader& reader) {
  const auto status = reader.integer("status", 0, kMaxStatus);
  reader.require(status.has_value(), "status");
  if (const auto done = reader.finish(false); !done) return tl::unexpected(done.error());
  return ExecExit{static_cast<int>(*status)};
}

}  // namespace

std::string encode(const ExecRequest& request) { return encode_any(request); }
std::string encode(const ExecEvent& event) { return encode_any(event); }

base::Result<ExecRequest> decode_exec_request(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return tl::unexpected(object.error());
  ObjectReader reader(*object);
  const auto type = reader.text("type", kMaxMessageBytes).value_or("");
  if (type == "start") return decode_start(reader);
  if (type == "stdin_eof") return ExecStdinEof{};
  if (type == "resize") return decode_resize(reader);
  if (type == "signal") {
    const auto number = parse_signal(reader.text("signal", kMaxMessageBytes).value_or(""));
    if (!number) return tl::unexpected(number.error());
    return ExecSignal{*number};
  }
  return base::fail_field("type", "must be start, stdin_eof, resize or signal");
}

base::Result<ExecEvent> decode_exec_event(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return tl::unexpected(object.error());
  ObjectReader reader(*object);
  const auto type = reader.text("type", kMaxMessageBytes).value_or("");
  if (type == "started") return decode_started(reader);
  if (type == "exit") return decode_exit(reader);
  if (type == "error") return ExecFailed{reader.text("message", kMaxMessageBytes).value_or("")};
  return base::fail_field("type", "must be started, exit or error");
}

base::Result<int> parse_signal(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (const auto& [number, spelling] : kSignals) {
    if (spelling == name) return number;
  }
  return base::fail_field("signal", "must be HUP, INT, QUIT, KILL, USR1, USR2, TERM, CONT, STOP or TSTP");
}

std::string_view signal_name(int number) {
  for (const auto& [known, spelling] : kSignals) {
    if (known == number) return spelling;
  }
  return {};
}

}  // namespace wire
