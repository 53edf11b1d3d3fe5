/// Which process holds a socket, as far as /proc shows it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bridge {

/// argv of the process that holds a socket, by the socket's inode.
using SocketOwners = std::map<std::uint64_t, std::vector<std::string>>;

/// Looks through <proc>/*/fd for the sockets asked for. What nobody shows has no entry: a process of another
/// user where we are not root, or one of a container's PID namespace that we do not see. Of several holders
/// the oldest counts, so a server rather than its workers; dockerd only where there is no other, because it
/// opens the sockets of its docker-proxy processes.
[[nodiscard]] SocketOwners find_socket_owners(const std::filesystem::path& proc,
                                              std::set<std::uint64_t> inodes);

/// A program's name as a person knows it: "node" for "/usr/bin/node server.js", "nginx" for "nginx: master
/// process"; at most 64 bytes.
[[nodiscard]] std::string program_name(const std::vector<std::string>& argv);

}  // namespace bridge
