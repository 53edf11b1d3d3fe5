/// Which TCP ports something in the session listens on, and what that is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/listening_sockets.hpp"
#include "io/task.hpp"

namespace bridge {

struct ListeningPort {
  std::uint16_t port = 0;
  std::string address;  // the widest of those that it listens on: "0.0.0.0" before "127.0.0.1"
  std::string process;  // "node", "container web"; "" where it cannot be known

  [[nodiscard]] bool operator==(const ListeningPort&) const = default;
};

/// Most entries of an answer. Chosen: more than a person reads.
inline constexpr std::size_t kMaxListeningPorts = 256;

/// Names of containers by the port that each publishes on the session.
using PublishedPorts = std::map<std::uint16_t, std::string>;

/// Finds them anew for each question; what it found out about a socket is kept as long as the socket listens,
/// so /proc and the engine are looked through only for new ones.
class PortFinder {
 public:
  using AskEngine = std::function<io::Task<PublishedPorts>()>;

  /// `proc` is where the proc file system lies; `ask_engine` is called when a new port of a container shows.
  PortFinder(std::filesystem::path proc, AskEngine ask_engine)
      : proc_(std::move(proc)), ask_engine_(std::move(ask_engine)) {}

  /// By port, one entry each, at most kMaxListeningPorts. Without what belongs to the session's own
  /// machinery: dockerd, containerd, the DNS forwarder, Docker's resolver on 127.0.0.11, and this program.
  io::Task<std::vector<ListeningPort>> find();

 private:
  struct Owner {
    std::string name;
    bool hidden = false;
  };

  io::Task<void> learn(std::vector<ListeningSocket> sockets);

  std::filesystem::path proc_;
  AskEngine ask_engine_;
  std::map<std::uint64_t, Owner> known_;  // by inode
};

/// {"ports":[{"port":8000,"address":"0.0.0.0","process":"node"}]}
[[nodiscard]] std::string encode(const std::vector<ListeningPort>& ports);

/// Reads the engine's GET /containers/json; {} for anything else.
[[nodiscard]] PublishedPorts read_published_ports(std::string_view containers_json);

}  // namespace bridge
