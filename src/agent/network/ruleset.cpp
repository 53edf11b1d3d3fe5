#include "agent/network/ruleset.hpp"

#include <string_view>
#include <utility>

namespace agent {
namespace {

constexpr std::string_view kBridgeTable = R"(table bridge helix { }
delete table bridge helix
table bridge helix {
  set sources {
    type ifname . ether_addr . ipv4_addr
$SOURCES  }
  set foreign {
    type ifname
$FOREIGN  }
  chain prerouting {
    type filter hook prerouting priority -300; policy drop;
    iifname @foreign accept
    iifname . ether saddr . arp saddr ip @sources accept
    iifname . ether saddr . ip saddr @sources accept
  }
}
)";

constexpr std::string_view kInetTable = R"(table inet helix { }
delete table inet helix
table inet helix {
  chain input {
    type filter hook input priority -10; policy accept;
    iifname "$BRIDGE" jump from_sessions
    iifname != { "$BRIDGE", "lo" } ip daddr $ADDRESS drop
    iifname != { "$BRIDGE", "lo" } tcp dport { $REGISTRY, $READONLY } drop
  }
  chain from_sessions {
    ct state established,related accept
    meta nfproto ipv6 drop
    ip daddr $ADDRESS tcp dport { 53, $READONLY } accept
    ip daddr $ADDRESS udp dport 53 accept
    ip daddr $ADDRESS icmp type echo-request accept
    drop
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname "$BRIDGE" oifname "$BRIDGE" drop
    iifname "$BRIDGE" meta nfproto ipv6 drop
    oifname "$BRIDGE" ct state established,related accept
    oifname "$BRIDGE" drop
  }
}
)";

constexpr std::string_view kNatTable = R"(table ip helix { }
delete table ip helix
table ip helix {
  chain prerouting {
    type nat hook prerouting priority -110; policy accept;
    iifname "$BRIDGE" ip daddr $ADDRESS tcp dport $REGISTRY redirect to :$READONLY
  }
}
)";

std::string elements_of(const std::vector<std::string>& items) {
  if (items.empty()) return {};  // nft does not take an empty list
  std::string text = "    elements = { ";
  for (std::size_t i = 0; i < items.size(); ++i) text += (i == 0 ? "" : ", ") + items[i];
  return text + " }\n";
}

void replace_all(std::string& text, std::string_view name, std::string_view value) {
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
    text.replace(at, name.size(), value);
}

}  // namespace

std::string make_ruleset(const RulesetInput& input) {
  std::vector<std::string> sources;
  for (const auto& port : input.ports)
    sources.push_back("\"" + port.interface + "\" . " + port.mac + " . " + port.ipv4);
  std::vector<std::string> foreign;
  for (const auto& name : input.foreign_ports) foreign.push_back("\"" + name + "\"");

  std::string text(kBridgeTable);
  text += kInetTable;
  text += kNatTable;
  replace_all(text, "$SOURCES", elements_of(sources));
  replace_all(text, "$FOREIGN", elements_of(foreign));
  replace_all(text, "$BRIDGE", input.bridge);
  replace_all(text, "$ADDRESS", input.bridge_ip);
  replace_all(text, "$READONLY", std::to_string(kReadOnlyRegistryPort));
  replace_all(text, "$REGISTRY", std::to_string(kRegistryPort));
  return text;
}

}  // namespace agent
