/// One-time codes that carry a browser's login from the API's origin to an app's.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "store/user_store.hpp"
#include "wire/ids.hpp"

namespace server {

inline constexpr std::chrono::seconds kCodeTime{60};
inline constexpr std::size_t kCodesPerUser = 20;  // chosen; the oldest goes
inline constexpr std::size_t kMostCodes = 10000;  // chosen; the oldest goes

/// What a code is good for. In memory only: a restart within the minute means logging in again.
struct AppTicket {
  wire::SessionId session;
  std::uint16_t port = 0;
  std::string host;                  // at which it may be used
  std::uint16_t allocated_port = 0;  // 0: by host name
  std::string state;                 // of the browser that began
  wire::UserId user;
  store::TokenHash login;
};

/// One loop.
class AppCodes {
 public:
  AppCodes(const base::Clock& clock, base::Random& random) : clock_(clock), random_(random) {}

  [[nodiscard]] base::Secret issue(AppTicket ticket);
  /// Each code once, right or wrong the rest of the request may be; nothing after kCodeTime.
  [[nodiscard]] std::optional<AppTicket> redeem(const std::string& code);
  [[nodiscard]] std::size_t size() const { return issued_.size(); }

 private:
  struct Issued {
    AppTicket ticket;
    base::Time at;
    std::uint64_t number = 0;
  };
  void make_room(const wire::UserId& user);
  void drop_oldest(const wire::UserId* user);

  const base::Clock& clock_;
  base::Random& random_;
  std::uint64_t next_ = 0;
  std::map<std::string, Issued> issued_;  // by the code's hash: comparing tells nothing about codes
};

}  // namespace server
