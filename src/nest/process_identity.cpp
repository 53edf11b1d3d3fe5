#include "nest/process_identity.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "nest/text_file.hpp"

namespace nest {
namespace {

std::filesystem::path proc(pid_t pid) { return std::filesystem::path("/proc") / std::to_string(pid); }

/// The words after the program's name, which may itself hold spaces and brackets: state is the first,
/// field 3.
std::vector<std::string> stat_fields(std::string_view stat_line) {
  const std::size_t close = stat_line.rfind(')');
  if (close == std::string_view::npos) return {};
  std::istringstream words{std::string(stat_line.substr(close + 1))};
  std::vector<std::string> fields;
  for (std::string word; words >> word;) fields.push_back(word);
  return fields;
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    if (const auto pid = to_number<pid_t>(entry.path().filename().string())) pids.push_back(*pid);
  }
  return pids;
}

/// A process of a container below has one pid per level: "NSpid:\t41\t7".
bool is_in_our_pid_namespace(pid_t pid) {
  std::istringstream lines(read_text_file(proc(pid) / "status", 64 * 1024).value_or(""));
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream words(line.substr(6));
    std::string word;
    int count = 0;
    while (words >> word) ++count;
    return count == 1;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> parse_start_ticks(std::string_view stat_line) {
  const auto fields = stat_fields(stat_line);
  constexpr std::size_t kStartTime = 22 - 3;  // proc(5): field 22, counted from 1; ours start with field 3
  if (fields.size() <= kStartTime) return std::nullopt;
  return to_number<std::uint64_t>(fields[kStartTime]);
}

std::optional<ProcessIdentity> identify(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  const auto text = read_text_file(proc(pid) / "stat", 4096);
  if (!text) return std::nullopt;
  const auto fields = stat_fields(*text);
  const auto start = parse_start_ticks(*text);
  if (!start || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
  return ProcessIdentity{pid, *start};
}

bool is_alive(const ProcessIdentity& identity) {
  const auto now = identify(identity.pid);
  return now && now->start_ticks == identity.start_ticks;
}

base::Result<void> write_identity(const std::filesystem::path& path, const ProcessIdentity& identity) {
  return replace_text_file(path,
                           std::to_string(identity.pid) + " " + std::to_string(identity.start_ticks) + "\n");
}

std::optional<ProcessIdentity> read_live_identity(const std::filesystem::path& path) {
  std::istringstream words(read_text_file(path, 128).value_or(""));
  std::string pid;
  std::string start;
  words >> pid >> start;
  const auto number = to_number<pid_t>(pid);
  const auto ticks = to_number<std::uint64_t>(start);
  if (!number || !ticks) return std::nullopt;
  const ProcessIdentity identity{*number, *ticks};
  if (!is_alive(identity)) return std::nullopt;
  return identity;
}

std::vector<std::string> command_line(pid_t pid) {
  std::istringstream parts(read_text_file(proc(pid) / "cmdline", 128 * 1024).value_or(""));
  std::vector<std::string> arguments;
  for (std::string part; std::getline(parts, part, '\0');) arguments.push_back(part);
  return arguments;
}

std::vector<ProcessIdentity> find_processes(std::string_view program, std::string_view argument) {
  std::vector<ProcessIdentity> found;
  for (const pid_t pid : all_pids()) {
    const auto arguments = command_line(pid);
    if (arguments.empty() || std::filesystem::path(arguments[0]).filename() != program) continue;
    if (std::find(arguments.begin() + 1, arguments.end(), argument) == arguments.end()) continue;
    if (!is_in_our_pid_namespace(pid)) continue;
    if (const auto identity = identify(pid)) found.push_back(*identity);
  }
  return found;
}

std::vector<pid_t> descendants(pid_t pid) {
  std::vector<std::pair<pid_t, pid_t>> parents;  // child, parent
  for (const pid_t each : all_pids()) {
    const auto fields = stat_fields(read_text_file(proc(each) / "stat", 4096).value_or(""));
    if (fields.size() < 2) continue;
    if (const auto parent = to_number<pid_t>(fields[1])) parents.emplace_back(each, *parent);
  }
  std::vector<pid_t> order{pid};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const auto& [child, parent] : parents) {
      if (parent == order[i]) order.push_back(child);
    }
  }
  order.erase(order.begin());
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace nest
