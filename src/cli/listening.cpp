#include "cli/listening.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <sstream>

#include <arpa/inet.h>

namespace cli {
namespace {

constexpr std::string_view kListen = "0A";  // TCP_LISTEN, include/net/tcp_states.h

std::optional<std::uint32_t> hex_word(std::string_view text) {
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// 8 or 32 hex digits: 32-bit words whose bytes lie in memory as on the wire.
std::optional<std::string> address_text(std::string_view digits) {
  constexpr std::size_t kWordDigits = 8;
  const bool v6 = digits.size() == 4 * kWordDigits;
  if (!v6 && digits.size() != kWordDigits) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i * kWordDigits < digits.size(); ++i) {
    const auto word = hex_word(digits.substr(i * kWordDigits, kWordDigits));
    if (!word) return std::nullopt;
    words.at(i) = *word;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(v6 ? AF_INET6 : AF_INET, words.data(), text.data(), text.size()) == nullptr)
    return std::nullopt;
  std::string address(text.data());
  if (address.starts_with("::ffff:")) address.erase(0, 7);
  return address == "0.0.0.0" || address == "::" ? "all" : address;
}

void take_line(const std::string& line, ListeningPorts& ports) {
  std::istringstream words(line);
  std::string slot;
  std::string local;
  std::string remote;
  std::string state;
  words >> slot >> local >> remote >> state;
  const auto colon = local.find(':');
  if (state != kListen || colon == std::string::npos) return;
  const auto port = hex_word(std::string_view(local).substr(colon + 1));
  const auto address = address_text(std::string_view(local).substr(0, colon));
  if (!port || *port == 0 || *port > UINT16_MAX || !address || address == "127.0.0.11") return;
  ports[static_cast<std::uint16_t>(*port)].insert(*address);
}

}  // namespace

ListeningPorts parse_listening(std::string_view text) {
  ListeningPorts ports;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) take_line(line, ports);
  return ports;
}

}  // namespace cli
