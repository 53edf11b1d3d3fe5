#include "bridge/socket_owners.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "nest/text_file.hpp"

namespace bridge {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCommandBytes =
    16 * 1024;                             // chosen; only the program and docker-proxy's words matter
constexpr std::size_t kMaxNameBytes = 64;  // chosen

std::vector<pid_t> processes(const fs::path& proc) {
  std::vector<pid_t> pids;
  std::error_code error;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr == name.data() + name.size())
      pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

/// "socket:[51234]" → 51234.
std::optional<std::uint64_t> socket_inode(const std::string& link) {
  constexpr std::string_view kPrefix = "socket:[";
  if (!link.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t inode = 0;
  const char* begin = link.data() + kPrefix.size();
  if (std::from_chars(begin, link.data() + link.size(), inode).ec != std::errc()) return std::nullopt;
  return inode;
}

/// Those of `wanted` that the process holds.
std::set<std::uint64_t> held_sockets(const fs::path& process, const std::set<std::uint64_t>& wanted) {
  std::set<std::uint64_t> held;
  std::error_code error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const auto inode = socket_inode(fs::read_symlink(entry->path(), gone).string());
    if (inode && wanted.contains(*inode)) held.insert(*inode);
  }
  return held;
}

std::vector<std::string> arguments_of(const fs::path& process) {
  std::string text = nest::read_text_file(process / "cmdline", kMaxCommandBytes).value_or("");
  if (text.empty()) text = nest::read_text_file(process / "comm", kMaxCommandBytes).value_or("");
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n')) text.pop_back();
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

SocketOwners find_socket_owners(const fs::path& proc, std::set<std::uint64_t> inodes) {
  SocketOwners owners;
  for (const pid_t pid : processes(proc)) {
    if (inodes.empty()) break;
    const fs::path process = proc / std::to_string(pid);
    const auto held = held_sockets(process, inodes);
    if (held.empty()) continue;
    const auto argv = arguments_of(process);
    const bool last_word = program_name(argv) != "dockerd";
    for (const auto inode : held) {
      owners[inode] = argv;
      if (last_word) inodes.erase(inode);
    }
  }
  return owners;
}

std::string program_name(const std::vector<std::string>& argv) {
  if (argv.empty()) return {};
  // A server that writes its title over its arguments leaves "name: what it does" as one word.
  std::string name = argv.front().substr(0, argv.front().find_first_of(" :"));
  name.erase(0, name.find_last_of('/') + 1);
  return name.substr(0, kMaxNameBytes);
}

}  // namespace bridge
