#include "wire/cidr.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace wire {
namespace {

using base::ErrorCode;

constexpr std::size_t kV4Bytes = 4;
/// An IPv4 address begins here in its mapped form, after ten zeros and two 0xff.
constexpr std::size_t kMappedAt = 12;
constexpr int kMappedBits = static_cast<int>(kMappedAt) * 8;

/// Copied with a NUL behind it, as inet_pton wants it; "" for what cannot be an address.
std::array<char, INET6_ADDRSTRLEN> as_c_text(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (text.size() >= out.size() || text.find(char{}) != std::string_view::npos) return out;
  std::copy(text.begin(), text.end(), out.begin());
  return out;
}

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto byte) { return byte == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

base::Result<IpAddress> IpAddress::parse(std::string_view text) {
  const auto c_text = as_c_text(text);
  IpAddress address;
  if (::inet_pton(AF_INET, c_text.data(), address.bytes_.data()) == 1) return address;
  if (::inet_pton(AF_INET6, c_text.data(), address.bytes_.data()) != 1)
    return base::fail(ErrorCode::invalid_argument,
                      "'" + std::string(text) + "' is not an IPv4 or IPv6 address");
  address.v4_ = false;
  if (is_mapped(address.bytes_)) {
    std::copy_n(address.bytes_.begin() + kMappedAt, kV4Bytes, address.bytes_.begin());
    std::fill(address.bytes_.begin() + kV4Bytes, address.bytes_.end(), 0);
    address.v4_ = true;
  }
  return address;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), out.data(), out.size());
  return out.data();
}

IpAddress IpAddress::masked(int prefix) const {
  IpAddress out = *this;
  for (std::size_t i = 0; i < out.bytes_.size(); ++i) {
    const int kept = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
    out.bytes_[i] &= static_cast<std::uint8_t>(0xff << (8 - kept));
  }
  return out;
}

base::Result<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto written = text.substr(0, slash);
  const auto address = IpAddress::parse(written);
  if (!address)
    return base::fail(
        ErrorCode::invalid_argument,
        "'" + std::string(text) + "' is not a network like 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1");
  if (slash == std::string_view::npos) return Cidr(*address, address->bits());

  // The length is that of the form it is written in: a mapped network counts from 96.
  const bool mapped = address->is_v4() && written.find(':') != std::string_view::npos;
  const int lowest = mapped ? kMappedBits : 0;
  const int highest = lowest + address->bits();
  const auto digits = text.substr(slash + 1);
  int prefix = -1;
  const auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (digits.empty() || digits.size() > 3 || error != std::errc{} ||
      stopped != digits.data() + digits.size() || digits.front() == '-' || prefix < lowest ||
      prefix > highest)
    return base::fail(ErrorCode::invalid_argument,
                      "'" + std::string(text) + "': the number after / must be " + std::to_string(lowest) +
                          " to " + std::to_string(highest));
  const Cidr network(address->masked(prefix - lowest), prefix - lowest);
  if (network.network_ != *address)
    return base::fail(
        ErrorCode::invalid_argument,
        "'" + std::string(text) + "' has bits set behind its prefix; the network is " + network.text());
  return network;
}

bool Cidr::contains(const IpAddress& address) const {
  return address.is_v4() == network_.is_v4() && address.masked(prefix_) == network_;
}

std::string Cidr::text() const { return network_.text() + "/" + std::to_string(prefix_); }

base::Result<CidrSet> CidrSet::parse(std::string_view list) {
  std::vector<Cidr> networks;
  if (trim(list).empty()) return CidrSet();
  while (true) {
    const auto comma = list.find(',');
    const auto network = Cidr::parse(trim(list.substr(0, comma)));
    if (!network) return tl::unexpected(network.error());
    networks.push_back(*network);
    if (comma == std::string_view::npos) return CidrSet(std::move(networks));
    list.remove_prefix(comma + 1);
  }
}

bool CidrSet::contains(const IpAddress& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Cidr& network) { return network.contains(address); });
}

bool CidrSet::contains(std::string_view address) const {
  const auto parsed = IpAddress::parse(address);
  return parsed && contains(*parsed);
}

}  // namespace wire
