#include "bridge/listening_sockets.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <sstream>

#include <arpa/inet.h>

namespace bridge {
namespace {

constexpr std::string_view kListen = "0A";  // TCP_LISTEN, net/tcp_states.h
constexpr std::size_t kWordDigits = 8;

template <class T>
std::optional<T> number(std::string_view text, int base) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::string> address_of(std::string_view digits) {
  if (digits.size() != kWordDigits && digits.size() != 4 * kWordDigits) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i < digits.size() / kWordDigits; ++i) {
    const auto word = number<std::uint32_t>(digits.substr(i * kWordDigits, kWordDigits), 16);
    if (!word) return std::nullopt;
    words.at(i) = *word;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = digits.size() == kWordDigits ? AF_INET : AF_INET6;
  if (::inet_ntop(family, words.data(), text.data(), text.size()) == nullptr) return std::nullopt;
  constexpr std::string_view kMapped = "::ffff:";
  const std::string_view address(text.data());
  const bool mapped = address.starts_with(kMapped) && address.find('.') != std::string_view::npos;
  return std::string(mapped ? address.substr(kMapped.size()) : address);
}

std::optional<ListeningSocket> read_line(const std::string& line) {
  std::istringstream words(line);
  std::string skipped;
  std::string local;
  std::string state;
  std::string inode;
  words >> skipped >> local >> skipped >> state;
  const auto colon = local.find(':');
  if (state != kListen || colon == std::string::npos) return std::nullopt;
  words >> skipped >> skipped >> skipped >> skipped >> skipped >> inode;
  const auto address = address_of(std::string_view(local).substr(0, colon));
  const auto port = number<std::uint16_t>(std::string_view(local).substr(colon + 1), 16);
  if (!address || !port || *port == 0) return std::nullopt;
  return ListeningSocket{*port, *address, number<std::uint64_t>(inode, 10).value_or(0)};
}

}  // namespace

void add_listening_sockets(std::string_view proc_net_tcp, std::vector<ListeningSocket>& sockets) {
  std::istringstream lines{std::string(proc_net_tcp)};
  for (std::string line; std::getline(lines, line);) {
    if (auto socket = read_line(line)) sockets.push_back(std::move(*socket));
  }
}

}  // namespace bridge
