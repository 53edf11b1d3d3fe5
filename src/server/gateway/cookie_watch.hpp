/// Sees that a browser is about to show a login of ours to a raw TCP port: browsers do not tell ports apart,
/// so they send the cookies of this host to whatever answers on any of them.
#pragma once

#include <string>
#include <string_view>

namespace server {

/// For one connection, in the client's direction.
class CookieWatch {
 public:
  /// False from the piece on that ends the name of a platform login cookie and the mark of its value: nothing
  /// of the secret has passed then, however the bytes were cut. Always true for what does not begin like an
  /// HTTP/1 request: a browser says nothing else in plain.
  [[nodiscard]] bool passes(std::string_view piece);

 private:
  /// Whether the connection may still be HTTP, from its first bytes.
  [[nodiscard]] bool may_be_http(std::string_view piece);

  enum class Kind { unknown, http, other };
  Kind kind_ = Kind::unknown;
  std::string tail_;  // of what passed
};

}  // namespace server
