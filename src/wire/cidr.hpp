/// IP addresses and networks as values: who may come in, and which peers are proxies of ours.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace wire {

/// An IPv4 or IPv6 address. An IPv4-mapped one (::ffff:192.0.2.1, RFC 4291 §2.5.5.2) is the IPv4 address.
class IpAddress {
 public:
  /// "192.0.2.1" or "2001:db8::1": no brackets, port or zone. Fails with invalid_argument.
  [[nodiscard]] static base::Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const { return v4_; }
  [[nodiscard]] std::string text() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class Cidr;

  [[nodiscard]] int bits() const { return v4_ ? 32 : 128; }
  /// The address with all bits behind the first `prefix` cleared.
  [[nodiscard]] IpAddress masked(int prefix) const;

  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};  // network order; IPv4 takes the first four
};

/// A network: an address and how many of its bits count.
class Cidr {
 public:
  /// "10.0.0.0/8", "2001:db8::/32", "::ffff:10.0.0.0/104" (which is the first one); an address alone is a
  /// network of one. Bits behind the prefix must be zero: a slip must not let in more than was meant.
  /// Fails with invalid_argument that quotes `text`.
  [[nodiscard]] static base::Result<Cidr> parse(std::string_view text);

  /// IPv4 networks hold IPv4 addresses only, IPv6 networks IPv6 ones: 0.0.0.0/0 and ::/0 are two halves.
  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// Always with its prefix length.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Cidr&, const Cidr&) = default;

 private:
  Cidr(IpAddress network, int prefix) : network_(network), prefix_(prefix) {}

  IpAddress network_;
  int prefix_;
};

/// Networks of which an address is in one, or in none.
class CidrSet {
 public:
  CidrSet() = default;
  explicit CidrSet(std::vector<Cidr> networks) : networks_(std::move(networks)) {}

  /// Networks with commas between them, blanks around them; "" is the empty set. Fails with invalid_argument.
  [[nodiscard]] static base::Result<CidrSet> parse(std::string_view list);

  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// False for what is no address, such as "unix".
  [[nodiscard]] bool contains(std::string_view address) const;
  [[nodiscard]] bool empty() const { return networks_.empty(); }
  [[nodiscard]] const std::vector<Cidr>& networks() const { return networks_; }

 private:
  std::vector<Cidr> networks_;
};

}  // namespace wire
