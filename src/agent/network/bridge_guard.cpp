#include "agent/network/bridge_guard.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <ifaddrs.h>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "io/process.hpp"
#include "io/timeout.hpp"
#include "nest/bridge.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;
using io::Task;

constexpr std::chrono::seconds kLookEvery{5};     // chosen: half of the time in which the bridge must be back
constexpr std::chrono::milliseconds kSettle{20};  // one container's start is a burst of changes
constexpr std::chrono::seconds kCommandLimit{10};      // of one run of ip or nft
constexpr std::chrono::seconds kAttachmentsLimit{15};  // an engine that restarts answers within 2 s
constexpr int kRulesAnewEvery = 12;                    // looks; somebody may have flushed them

bool has_address(const std::string& interface, const std::string& ipv4) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return false;
  bool found = false;
  for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET || interface != entry->ifa_name)
      continue;
    std::string text(INET_ADDRSTRLEN, '\0');
    const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
    if (inet_ntop(AF_INET, &address->sin_addr, text.data(), INET_ADDRSTRLEN) == nullptr) continue;
    if (ipv4 == text.c_str()) found = true;
  }
  freeifaddrs(list);
  return found;
}

/// Link-local IPv6 would be a way from session to session.
void disable_ipv6(const std::string& interface) {
  std::ofstream("/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6") << "1";
}

std::optional<Link> find_link(const std::vector<Link>& links, const std::string& name) {
  const auto found =
      std::find_if(links.begin(), links.end(), [&](const Link& link) { return link.name == name; });
  if (found == links.end()) return std::nullopt;
  return *found;
}

/// Only the host ends of containers are ever moved: never eth*, lo, or what the operator made.
bool is_container_port(const Link& link) {
  return link.kind == "veth" && link.name.starts_with("veth") && link.peer_namespace.has_value();
}

Task<base::Result<void>> run_batch(std::vector<std::string> argv, std::string input) {
  const std::string program = argv.front();
  const auto result = co_await io::run_command(std::move(argv), kCommandLimit, std::move(input));
  if (!result) co_return fail(result.error().code(), program + ": " + result.error().message());
  if (result->status != 0) co_return fail(ErrorCode::internal, program + ": " + result->err.substr(0, 500));
  co_return base::Result<void>{};
}

}  // namespace

BridgeGuard::BridgeGuard(const boost::asio::any_io_executor& executor, std::string bridge, nest::Level level,
                         int mtu, Attachments attachments, base::Log log)
    : bridge_(std::move(bridge)),
      level_(level),
      mtu_(mtu),
      attachments_(std::move(attachments)),
      log_(std::move(log)),
      mutex_(executor),
      executor_(executor) {}

Task<void> BridgeGuard::run() {
  using namespace boost::asio::experimental::awaitable_operators;
  auto watcher = LinkWatcher::open(executor_);
  if (!watcher) log_.warn("bridge.not_watched", {{"error", watcher.error().message()}});
  for (int looks = 1;; ++looks) {
    if (looks % kRulesAnewEvery == 0) applied_rules_.clear();
    const auto ensured = co_await ensure();
    if (!ensured) log_.warn("bridge.not_ensured", {{"error", ensured.error().message()}});
    if (watcher) {
      auto change = watcher->next() || io::sleep_for(kLookEvery);
      co_await std::move(change);
      co_await io::sleep_for(kSettle);
    } else {
      co_await io::sleep_for(kLookEvery);
    }
  }
}

Task<base::Result<void>> BridgeGuard::ensure() {
  const auto guard = co_await mutex_.lock();
  auto ensured = co_await ensure_locked();
  problem_.clear();
  if (!ensured) problem_ = "sessions cannot be kept apart: " + ensured.error().message();
  co_return ensured;
}

Task<base::Result<void>> BridgeGuard::ensure_locked() {
  const auto index = co_await ensure_bridge_exists();
  if (!index) co_return tl::unexpected(index.error());
  auto links = read_links();
  if (!links) co_return tl::unexpected(links.error());
  co_await refresh_attachments();
  const auto ports = co_await ensure_ports(*links, *index);
  if (!ports) co_return ports;
  links = read_links();
  if (!links) co_return tl::unexpected(links.error());
  co_return co_await ensure_rules(*links, *index);
}

Task<base::Result<int>> BridgeGuard::ensure_bridge_exists() {
  auto links = read_links();
  if (!links) co_return tl::unexpected(links.error());
  auto bridge = find_link(*links, bridge_);
  if (!bridge || !bridge->up || !has_address(bridge_, level_.bridge_ip())) {
    const auto made = co_await nest::ensure_bridge(bridge_, level_, mtu_);
    if (!made) co_return tl::unexpected(made.error());
    if (*made && bridge_index_ != 0) log_.warn("bridge.restored", {{"bridge", bridge_}});
    links = read_links();
    if (!links) co_return tl::unexpected(links.error());
    bridge = find_link(*links, bridge_);
    if (!bridge) co_return fail(ErrorCode::unavailable, bridge_ + " is gone again at once");
  }
  if (bridge->index != bridge_index_) {
    disable_ipv6(bridge_);
    isolated_.clear();
    bridge_index_ = bridge->index;
  }
  co_return bridge_index_;
}

Task<void> BridgeGuard::refresh_attachments() {
  auto asking = attachments_();
  auto now = co_await io::within(kAttachmentsLimit, std::move(asking));
  // While the engine is away the containers run on with the addresses they have.
  if (now) known_ = std::move(*now);
}

std::set<std::int32_t> BridgeGuard::session_namespaces() const {
  std::set<std::int32_t> ids;
  for (const auto& attachment : known_) {
    const auto id = find_namespace_id(attachment.pid);
    if (id) ids.insert(*id);
  }
  return ids;
}

Task<base::Result<void>> BridgeGuard::ensure_ports(const std::vector<Link>& links, int bridge_index) {
  const auto namespaces = session_namespaces();
  std::string commands;
  std::set<int> members;
  std::vector<int> newly;
  for (const auto& link : links) {
    if (!is_container_port(link)) continue;
    const bool orphan =
        link.master == 0 && (members_.contains(link.index) || namespaces.contains(*link.peer_namespace));
    if (link.master != bridge_index && !orphan) continue;
    members.insert(link.index);
    if (!orphan && isolated_.contains(link.index)) continue;
    if (orphan) {
      commands += "link set dev " + link.name + " master " + bridge_ + "\n";
      log_.warn("bridge.port_restored", {{"bridge", bridge_}, {"port", link.name}});
    }
    commands += "link set dev " + link.name + " type bridge_slave isolated on\n";
    newly.push_back(link.index);
  }
  members_ = std::move(members);
  std::erase_if(isolated_, [this](int index) { return !members_.contains(index); });
  if (commands.empty()) co_return base::Result<void>{};

  // -force: a port that went away meanwhile must not keep the others from being set.
  std::vector<std::string> argv{"ip", "-force", "-batch", "-"};
  const auto done = co_await run_batch(std::move(argv), std::move(commands));
  if (!done) co_return done;
  isolated_.insert(newly.begin(), newly.end());
  co_return base::Result<void>{};
}

Task<base::Result<void>> BridgeGuard::ensure_rules(const std::vector<Link>& links, int bridge_index) {
  RulesetInput input;
  input.bridge = bridge_;
  input.bridge_ip = level_.bridge_ip();
  for (const auto& link : links) {
    if (link.master != 0 && link.master != bridge_index) input.foreign_ports.insert(link.name);
  }
  for (const auto& attachment : known_) {
    const auto id = find_namespace_id(attachment.pid);
    if (!id) continue;
    for (const auto& link : links) {
      if (is_container_port(link) && link.master == bridge_index && link.peer_namespace == id)
        input.ports.insert({link.name, attachment.mac, attachment.ipv4});
    }
  }
  auto rules = make_ruleset(input);
  if (rules == applied_rules_) co_return base::Result<void>{};
  std::vector<std::string> argv{"nft", "-f", "-"};
  const auto applied = co_await run_batch(std::move(argv), rules);
  if (!applied) co_return applied;
  log_.debug("bridge.rules", {{"ports", input.ports.size()}});
  applied_rules_ = std::move(rules);
  co_return base::Result<void>{};
}

}  // namespace agent
